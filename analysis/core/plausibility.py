"""What a raw table must hold beyond its single cells: how columns and neighbouring periods stand to each other, and orders of size.

A slip of units keeps every type and every minimum; it shows beside another column of the row, beside the year before, or in the middle
of the column. Rules stand under `plausible` in config/sources/, each with the reason for its bounds (`why`). They are wide on purpose,
to tell a factor of a thousand and not a surprise; sizes are compared, whatever their sign, and zero says nothing of a unit.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis.core.errors import unknown, violation

# Values below which a middle says nothing.
FEWEST = 3


def implausible(table: pd.DataFrame, contract: dict, where: object, first_row: int = 2) -> list[str]:
    """Return a line for every breach of the rules under `plausible`, with row, column and value where single cells break one.

    `table` has the contract's types and rows in the order of the file; `first_row` is the line of the first.
    """
    return [
        line
        for rule in contract.get("plausible", ())
        for column in rule["columns"]
        for line in _breaches(table, rule, column, contract["key"], where, first_row)
    ]


def check_names(name: str, contract: dict) -> None:
    """Raise UnknownName for a column that a rule of raw file `name` names and the file has not."""
    for rule in contract.get("plausible", ()):
        named = [*rule["columns"], *rule.get("of", ()), *rule.get("where", {}), *rule.get("within", ())]
        for column in (*named, *(rule[word] for word in ("per", "by") if word in rule)):
            if column not in contract["columns"]:
                raise unknown(column, contract["columns"], f"config/sources/{name}.yaml: plausible", "column")


def _breaches(table: pd.DataFrame, rule: dict, column: str, key: list[str], where: object, first_row: int) -> Iterator[str]:
    applies = _applies(table, rule, key)
    values = _number(table, column) / _divisor(table, rule)
    values = values.where(applies)
    said = f" {_named(rule)}" if "of" in rule else ""
    if "each" in rule:
        low, high = rule["each"]
        bad = values.notna() & values.ne(0) & ~values.abs().between(low, high)
        yield from _cells(table, bad, column, f"must{said} lie from {low:g} to {high:g}: {rule['why']}", where, first_row)
    if "median" in rule:
        low, high = rule["median"]
        for group, middle in _middles(table, values, rule).items():
            if not low <= middle <= high:
                yield violation(
                    where, f"its middle{said}{group} is {middle:.3g} and must lie from {low:g} to {high:g}: {rule['why']}", column=column
                )
    if "total" in rule:
        low, high = rule["total"]
        if not low <= (total := float(values.sum())) <= high:
            yield violation(where, f"adds up to {total:.6g} and must lie from {low:g} to {high:g}: {rule['why']}", column=column)
    if "step" in rule:
        bad = _steps(table, values, rule) > np.log(rule["step"])
        said = f"jumps by a factor above {rule['step']:g} from '{rule['by']}' to the next: {rule['why']}"
        yield from _cells(table, bad, column, said, where, first_row)


def _cells(table: pd.DataFrame, bad: pd.Series, column: str, said: str, where: object, first_row: int) -> Iterator[str]:
    for position in np.flatnonzero(bad.to_numpy(bool)):
        yield violation(where, said, row=int(position) + first_row, column=column, value=table[column].iloc[position])


def _number(table: pd.DataFrame, column: str) -> pd.Series:
    return table[column].astype("float64")


def _divisor(table: pd.DataFrame, rule: dict) -> pd.Series:
    """Return what each value is divided by (rows,): ones, columns added, or a quotient; missing where not positive or below `floor`."""
    if "of" not in rule:
        return pd.Series(1.0, index=table.index)
    whole = sum((_number(table, name) for name in rule["of"]), start=pd.Series(0.0, index=table.index))
    if "per" in rule:
        whole = whole / _number(table, rule["per"]).where(lambda below: below > 0)
    return whole.where(whole > max(rule.get("floor", 0), 0))


def _named(rule: dict) -> str:
    return f"over '{' + '.join(rule['of'])}'" + (f" per '{rule['per']}'" if "per" in rule else "")


def _applies(table: pd.DataFrame, rule: dict, key: list[str]) -> np.ndarray:
    """Return which rows (rows,) a rule speaks of: those of its `where`, but for rows that are `known` to break it."""
    rows = np.ones(len(table), dtype=bool)
    for column, value in rule.get("where", {}).items():
        rows &= table[column].isin(value if isinstance(value, list) else [value]).to_numpy(bool)
    if "known" in rule:
        known = {tuple(map(str, names)) for names in rule["known"]}
        rows &= ~np.array([names in known for names in table[key].astype(str).itertuples(index=False, name=None)], dtype=bool)
    return rows


def _middles(table: pd.DataFrame, values: pd.Series, rule: dict) -> dict[str, float]:
    """Return the middle size of all values that are not zero, by '' or, with `within`, by what names a group; of FEWEST or more."""
    sizes = values.abs()[values.ne(0) & values.notna()]
    if "within" not in rule:
        return {"": float(sizes.median())} if len(sizes) >= FEWEST else {}
    groups = sizes.groupby([table[name] for name in rule["within"]])
    found = groups.median()[groups.size() >= FEWEST]
    return {f" in {', '.join(map(str, np.atleast_1d(group)))}": float(middle) for group, middle in found.items()}


def _steps(table: pd.DataFrame, values: pd.Series, rule: dict) -> pd.Series:
    """Return by how much (rows,), in logarithms, the size of a value differs from the one before it of its unit; zeros are passed over."""
    size = np.log(values.abs().where(values != 0))
    order = table[[*rule["within"], rule["by"]]].assign(size=size).dropna(subset=["size"]).sort_values([*rule["within"], rule["by"]])
    step = (order.groupby(rule["within"], sort=False)["size"] if rule["within"] else order["size"]).diff().abs()
    return step.reindex(table.index).fillna(0)
