"""Facts, one a row (SEC) → one row a firm and year, the best tag of each item, the latest filing of each fact."""

from __future__ import annotations

import pandas as pd

from analysis.sources.firms.dates import dashed
from analysis.sources.firms.findings import Notebook
from analysis.sources.firms.grid import FILE, ROW, by_value
from analysis.sources.firms.policies import BLANK, DONE, REFUSE, Policies
from analysis.sources.firms.values import broken, field_of, typed

CURRENCY_CODE = r"[A-Z]{3}"


def widened(cells: pd.DataFrame, layout: dict, contract: dict, book: Notebook, policies: Policies) -> pd.DataFrame:
    """Return one row per `long.by` (a firm and the end of its year) with a column per item.

    `long.names` maps an item to the tags that fill it, best first; `flows` are items of a whole year (`quarters` = 4), others
    are balances (`quarters` = 0); `derive` computes fields from items.
    """
    long = layout["long"]
    by, quarters = long["by"], long["quarters"]
    facts = _items(cells, long)
    facts = _dated(facts, layout, contract, book)
    facts = _in_one_currency(facts, long, book)
    spans = facts["_field"].isin(long["flows"]).map({True: "4", False: "0"})
    other = (facts[quarters].astype("string") != spans).fillna(True).astype(bool)
    if other.any():
        rule = "facts count only for a whole year (flows) or at its end (balances)"
        book.note("filtered", rule, column=quarters, count=int(other.sum()))
        book.leave_out(rule, other)
    facts = _checked(facts[~other].copy(), layout, contract, book, policies)
    facts = _latest(facts, long, book)
    if facts.empty:
        return pd.DataFrame({ROW: pd.Series(dtype="int64"), **{name: pd.Series(dtype="string") for name in [*by, *long["names"]]}})
    wide = facts.pivot(index=by, columns="_field", values="_value").reset_index()
    extra = [name for name in (*long.get("also", []), long.get("unit"), FILE) if name and name in facts and name not in by]
    rest = facts.groupby(by, as_index=False).agg({ROW: "min", **dict.fromkeys(extra, "last")})
    # A period without revenue and assets is a detail of a longer report, not a firm-year.
    whole = wide[[name for name in long["anchors"] if name in wide]].notna().any(axis=1)
    made = wide[whole].merge(rest, on=by, how="left")
    return _derived(made, long, book)


def _items(cells: pd.DataFrame, long: dict) -> pd.DataFrame:
    wanted = {tag: (name, rank) for name, tags in long["names"].items() for rank, tag in enumerate(tags)}
    facts = cells[cells[long["name"]].isin(list(wanted))].copy()
    facts["_field"] = [wanted[tag][0] for tag in facts[long["name"]]]
    facts["_rank"] = [wanted[tag][1] for tag in facts[long["name"]]]
    return facts


def _dated(facts: pd.DataFrame, layout: dict, contract: dict, book: Notebook) -> pd.DataFrame:
    """Return the facts with a firm and a date: one whose period cannot be read would pass for one of another length."""
    undated = pd.Series(False, index=facts.index)
    for name in ("firm_id", "year"):
        how, rule = layout["columns"][name], contract["columns"][name]
        values, wrong, expected = field_of(facts, how, rule)
        for mask, text, _ in broken(values, rule, wrong, expected):
            book.place("refused", text, (mask & ~undated)[mask & ~undated].index, facts[ROW], how["from"], facts[how["from"]])
            undated |= mask
    return facts[~undated].copy()


def _in_one_currency(facts: pd.DataFrame, long: dict, book: Notebook) -> pd.DataFrame:
    """Return the facts in the currency in which each firm reports most; convenience translations beside it are left out."""
    unit = long.get("unit")
    if not unit or facts.empty:
        return facts
    money = facts[unit].astype("string").str.fullmatch(CURRENCY_CODE).fillna(False).astype(bool)
    _left(facts, ~money, "facts count only in units of a currency", unit, book)
    facts = facts[money]
    firm = long["by"][0]
    counts = facts.groupby([firm, unit], observed=True).size().reset_index(name="n").sort_values("n", kind="stable")
    own = counts.drop_duplicates(firm, keep="last").set_index(firm)[unit]
    other = (facts[unit].astype("string") != facts[firm].map(own).astype("string")).fillna(False).astype(bool)
    _left(facts, other, "a translation into another currency than that in which the firm reports most", unit, book)
    return facts[~other].copy()


def _left(facts: pd.DataFrame, mask: pd.Series, rule: str, column: str, book: Notebook) -> None:
    if mask.any():
        book.note("filtered", rule, column=column, count=int(mask.sum()))
        book.leave_out(rule, mask)


def _checked(facts: pd.DataFrame, layout: dict, contract: dict, book: Notebook, policies: Policies) -> pd.DataFrame:
    """Return the facts whose value keeps the rules of the contract; the others are findings with their row, tag and firm."""
    long, columns = layout["long"], layout["columns"]
    tag, value, firm = long["name"], long["value"], long["by"][0]
    facts["_value"] = typed(facts[value], {}, "number")[0]
    bad = pd.Series(False, index=facts.index)
    for item in facts["_field"].unique():
        own = facts[facts["_field"] == item]
        rule = {**contract["columns"].get(_field_of(item, long), {"type": "number"}), "required": True}
        values, wrong, expected = typed(own[value], {"scale": columns.get(item, {}).get("scale", 1)}, "number")
        for mask, text, kind in broken(values, rule, wrong, expected):
            policy = policies.of(book.table, item, rule | {"required": False}, kind, columns.get(item, {}))
            for position in mask[mask].index:
                said = f"{text} ({own.loc[position, tag]} of firm {own.loc[position, firm]}, {own.loc[position, long['by'][1]]}){DONE[policy].replace('cell is left blank', 'fact is left out').replace('row', 'fact')}"
                kind_of = "refused" if policy == REFUSE else "blanked" if policy == BLANK else "dropped"
                book.place(kind_of, said, [position], own[ROW], value, own[value], f"{book.table}.{item}")
            book.leave_out(text, mask)
            bad.loc[own.index] |= mask
    return facts[~bad].copy()


def _field_of(item: str, long: dict) -> str:
    """Return the field whose rules an item keeps: its own name's, or that of the field that is computed by adding it."""
    adds = (
        name
        for name, formulas in long.get("derive", {}).items()
        for formula in formulas
        for one in formula["add"]
        if one.removesuffix("?") == item
    )
    return next(adds, item)


def _latest(facts: pd.DataFrame, long: dict, book: Notebook) -> pd.DataFrame:
    """Return one fact per firm, date and item: the best tag, of it the latest filing."""
    by, tag = long["by"], long["name"]
    facts["_filed"] = facts[long["filed"]].astype("string").fillna("") if long.get("filed") in facts else ""
    facts[by[1]] = by_value(facts[by[1]], dashed)
    facts = facts.sort_values(["_rank", "_filed", ROW], ascending=[False, True, True], kind="stable")
    facts = _unambiguous(facts, [*by, "_field", "_rank", "_filed"], long, book)
    again = facts.duplicated([*by, "_field"], keep="last")
    if again.any():
        rule = "the latest filing, and the best tag, of a period counts"
        book.note("restated", rule, column=tag, count=int(again.sum()))
        book.leave_out(rule, again)
    return facts[~again]


def _unambiguous(facts: pd.DataFrame, key: list[str], long: dict, book: Notebook) -> pd.DataFrame:
    """Return the facts without those that one filing states twice with different values."""
    tag, value, firm = long["name"], long["value"], long["by"][0]
    differ = facts.groupby(key, dropna=False)["_value"].transform("nunique") > 1
    for position in differ[differ].index:
        rule = f"another value of {facts.loc[position, tag]} of firm {facts.loc[position, firm]} for the same period in the same filing"
        book.place("refused", rule, [position], facts[ROW], value, facts[value])
    book.leave_out("two values for the same period in the same filing", differ)
    return facts[~differ]


def _derived(made: pd.DataFrame, long: dict, book: Notebook) -> pd.DataFrame:
    """Return the rows with the fields of `derive`: for each the first formula whose items are known.

    `add` and `less` name items (a '?' behind one: blank counts as zero); a result below an item of `not_below` is not the
    whole that it should be, and the next formula is tried.
    """
    for name, formulas in long.get("derive", {}).items():
        result = pd.Series(float("nan"), index=made.index)
        for number, formula in enumerate(formulas):
            value = _formula(made, formula)
            take = result.isna() & value.notna()
            if take.any() and number:
                parts = " + ".join(formula.get("add", [])) + "".join(f" - {one}" for one in formula.get("less", []))
                book.note(
                    "repaired",
                    f"'{name}' is {parts.replace('?', '')} where no better tag is known",
                    column=long["name"],
                    count=int(take.sum()),
                )
            result = result.where(~take, value)
        made[name] = result
    return made


def _formula(made: pd.DataFrame, formula: dict) -> pd.Series:
    total, some = pd.Series(0.0, index=made.index), pd.Series(False, index=made.index)
    for sign, items in ((1, formula.get("add", [])), (-1, formula.get("less", []))):
        for item in items:
            part = _item(made, item.removesuffix("?"))
            some |= part.notna() if sign > 0 else False
            total = total + sign * (part.fillna(0.0) if item.endswith("?") else part)
    total = total.where(some)
    for item in formula.get("not_below", []):
        total = total.mask((total < _item(made, item)).fillna(False))
    return total


def _item(made: pd.DataFrame, name: str) -> pd.Series:
    return made[name].astype("float64") if name in made else pd.Series(float("nan"), index=made.index)
