"""Text cells of one file + its column map → rows of a canonical table, and what was found on the way.

A map (config/sources/firms/<adapter>.yaml) says which column fills which field and how:
  from: column; sum: columns that are added; pad: width of a code that lost its zeros; take: year of a date, or fiscal_year,
  which counts the first days of January to the year before; scale: factor to million;
  values: how the file spells the contract's words; constant: a value for every row.
`keep` lists conditions a row must meet; rows that do not are filtered, and counted.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.sources.firms.formats import FILE, ROW

TRUE = ("1", "true", "yes", "y", "是")
FALSE = ("0", "false", "no", "n", "否")
DAYS_OVER = 10  # days of January into which a fiscal year of weeks may run


@dataclass(frozen=True)
class Finding:
    """One line of the notes: what was found where, and what was done. `kind` as in config/tables/firm_notes.yaml."""

    table: str
    kind: str
    file: str
    rule: str
    row: int | None = None
    column: str | None = None
    value: str | None = None
    count: int = 1

    def __str__(self) -> str:
        parts = [self.file]
        parts += [f"row {self.row}"] if self.row is not None else []
        parts += [f"column '{self.column}'"] if self.column else []
        parts += [f"value '{self.value}'"] if self.value is not None else []
        return ", ".join(parts) + f": {self.rule}"


@dataclass
class Translated:
    """Rows of one file in canonical columns (missing where the file has none) with ROW, and findings."""

    rows: pd.DataFrame
    findings: list[Finding] = field(default_factory=list)


def translate(cells: pd.DataFrame, layout: dict, contract: dict, table: str, file: str) -> Translated:
    """Return `cells` in the columns of `contract`; rows that break a rule are left out and reported as refused."""
    findings: list[Finding] = []
    cells = _without_labels(cells, layout, table, file, findings)
    cells = _kept(cells, layout.get("keep", {}), table, file, findings)
    if "long" in layout:
        cells = _widened(cells, layout, contract, table, file, findings)
        if cells.empty:
            rule = "no fact under a tag that is read; a report in another taxonomy (ifrs-full, say) is not read"
            findings.append(Finding(table, "absent", file, rule, column=layout["long"]["name"]))
    rows, bad = pd.DataFrame({name: cells[name] for name in (ROW, FILE) if name in cells}), pd.Series(False, index=cells.index)
    for name, rule in contract["columns"].items():
        how = layout["columns"].get(name)
        if how is None:
            continue
        missing = [column for column in how.get("sum", [how.get("from", "")]) if column and column not in cells]
        if missing and "long" not in layout:
            findings.append(Finding(table, "absent", file, f"no such column: '{name}' stays blank", column="+".join(missing)))
        values, mask = _ruled(cells, how, rule, table, file, findings)
        bad |= mask
        rows[name] = values
    return Translated(rows[~bad].reset_index(drop=True), findings)


def _without_labels(cells: pd.DataFrame, layout: dict, table: str, file: str, findings: list[Finding]) -> pd.DataFrame:
    """Return the records without the lines of labels that an export may print below its header.

    A line of labels has words where records have a code or a date; an export without them loses no record.
    """
    code = layout["columns"]["firm_id"].get("from", "")
    if not layout.get("label_rows") or code not in cells:
        return cells
    of = cells[FILE] if FILE in cells else pd.Series(file, index=cells.index)
    leading = of.groupby(of).cumcount() < layout["label_rows"]
    labels = leading & ~cells[code].astype("string").str.contains(r"\d", regex=True).fillna(False)
    if labels.any():
        findings.append(Finding(table, "filtered", file, "lines of labels below the header", column=code, count=int(labels.sum())))
    return cells[~labels]


def _named(cells: pd.DataFrame, position: object, file: str) -> str:
    """Return the file of one record, where several are read as one."""
    return str(cells.loc[position, FILE]) if FILE in cells else file


def _ruled(cells: pd.DataFrame, how: dict, rule: dict, table: str, file: str, findings: list[Finding]) -> tuple[pd.Series, pd.Series]:
    """Return a field's values and which rows break its rule; each of these is a finding with its own row."""
    column = how.get("from", "+".join(how["sum"]) if "sum" in how else "")
    values, wrong, expected = _field(cells, how, rule)
    bad = pd.Series(False, index=cells.index)
    for mask, text in _broken(values, rule, wrong, expected):
        for position in mask[mask].index:
            value = cells.loc[position, column] if column in cells else ""
            shown = "" if pd.isna(value) else str(value)
            findings.append(Finding(table, "refused", _named(cells, position, file), text, int(cells.loc[position, ROW]), column, shown))
        bad |= mask
    return values, bad


def _kept(cells: pd.DataFrame, keep: dict, table: str, file: str, findings: list[Finding]) -> pd.DataFrame:
    for column, condition in keep.items():
        if column not in cells:
            continue  # an older layout of the file without the column
        text = cells[column].astype("string").fillna("")
        if "ends" in condition:
            meets, words = _dashed(text).str.endswith(condition["ends"]), f"'{column}' ends in {condition['ends']}"
        elif condition.get("blank"):
            meets, words = text == "", f"'{column}' is blank"
        else:
            meets, words = text.isin([str(value) for value in condition["in"]]), f"'{column}' is {', '.join(map(str, condition['in']))}"
        if condition.get("strict"):
            # A closed list: what is neither wanted nor known to be unwanted is a mistake, not a choice.
            known = meets | text.isin([str(value) for value in condition["strict"]])
            for position in known[~known].index:
                rule = f"is neither {', '.join(map(str, condition['in']))} nor {', '.join(map(str, condition['strict']))}"
                row = int(cells.loc[position, ROW])
                findings.append(Finding(table, "refused", _named(cells, position, file), rule, row, column, text[position]))
        if (~meets).any():
            findings.append(Finding(table, "filtered", file, f"rows count only where {words}", column=column, count=int((~meets).sum())))
        cells = cells[meets]
    return cells


def _dashed(text: pd.Series) -> pd.Series:
    """Return dates written 2020/12/31, 2020.12.31 or 20201231, midnight added or not, with dashes."""
    text = text.str.replace(r"[ T]00:00(:00(\.0+)?)?$", "", regex=True)
    return text.str.replace(r"[/.]", "-", regex=True).str.replace(r"^(\d{4})(\d{2})(\d{2})$", r"\1-\2-\3", regex=True)


def _widened(cells: pd.DataFrame, layout: dict, contract: dict, table: str, file: str, findings: list[Finding]) -> pd.DataFrame:
    """Return one row per firm and period from one row per fact; among facts of the same period the latest filing counts.

    A period is where `by` (firm code and end date) agree; `long.names` maps a field to the tags that fill it, best first,
    `flows` are fields of a whole year (`quarters` = 4), others are balances (`quarters` = 0).
    """
    long = layout["long"]
    by, tag, value, quarters = long["by"], long["name"], long["value"], long["quarters"]
    wanted = {t: (name, rank) for name, tags in long["names"].items() for rank, t in enumerate(tags)}
    facts = cells[cells[tag].isin(list(wanted))].copy()
    facts["_field"] = [wanted[t][0] for t in facts[tag]]
    facts["_rank"] = [wanted[t][1] for t in facts[tag]]
    # Dates first: a fact whose period cannot be read would pass for one of another length.
    undated = pd.Series(False, index=facts.index)
    for field_name in ("firm_id", "year"):
        undated |= _ruled(facts, layout["columns"][field_name], contract["columns"][field_name], table, file, findings)[1]
    facts = facts[~undated]
    spans = facts["_field"].isin(long["flows"]).map({True: "4", False: "0"})
    other = facts[quarters].astype("string") != spans
    if other.any():
        rule = "facts count only for a whole year (flows) or at its end (balances)"
        findings.append(Finding(table, "filtered", file, rule, column=quarters, count=int(other.sum())))
    facts = _checked(facts[~other].copy(), layout, contract, table, file, findings)
    facts["_filed"] = facts[long["filed"]].fillna("") if long.get("filed") in facts else ""
    facts = facts.sort_values(["_rank", "_filed", ROW], ascending=[False, True, True], kind="stable")
    facts = _unambiguous(facts, [*by, "_field", "_rank", "_filed"], tag, value, table, file, findings)
    again = facts.duplicated([*by, "_field"], keep="last")
    if again.any():
        rule = "the latest filing, and the best tag, of a period counts"
        findings.append(Finding(table, "restated", file, rule, column=tag, count=int(again.sum())))
    facts = facts[~again]
    if facts.empty:
        return pd.DataFrame({ROW: pd.Series(dtype="int64"), **{name: pd.Series(dtype="string") for name in [*by, *long["names"]]}})
    wide = facts.pivot(index=by, columns="_field", values=value).reset_index()
    rest = facts.groupby(by, as_index=False).agg({ROW: "min", **{name: "last" for name in (*long.get("also", []), FILE) if name in facts}})
    # A period without revenue and assets is a detail of a longer report, not a firm-year.
    whole = wide[[name for name in long["anchors"] if name in wide]].notna().any(axis=1)
    return wide[whole].merge(rest, on=by, how="left")


def _checked(facts: pd.DataFrame, layout: dict, contract: dict, table: str, file: str, findings: list[Finding]) -> pd.DataFrame:
    """Return the facts whose value keeps the rules of the contract; the others are findings with their row."""
    long, columns = layout["long"], layout["columns"]
    bad = pd.Series(False, index=facts.index)
    for name in facts["_field"].unique():
        own = facts[facts["_field"] == name]
        how = {"from": long["value"], "scale": columns[name].get("scale", 1)}
        rule = {**contract["columns"][name], "required": True}
        bad.loc[own.index] |= _ruled(own, how, rule, table, file, findings)[1]
    return facts[~bad].copy()


def _unambiguous(facts: pd.DataFrame, key: list[str], tag: str, value: str, table: str, file: str, findings: list[Finding]) -> pd.DataFrame:
    """Return the facts without those that one filing states twice with different values."""
    differ = facts.groupby(key, dropna=False)[value].transform("nunique") > 1
    for position in differ[differ].index:
        rule = f"another value of {facts.loc[position, tag]} for the same period in the same filing"
        row = int(facts.loc[position, ROW])
        findings.append(Finding(table, "refused", _named(facts, position, file), rule, row, value, str(facts.loc[position, value])))
    return facts[~differ]


def _field(cells: pd.DataFrame, how: dict, rule: dict) -> tuple[pd.Series, pd.Series, str]:
    """Return the values in the contract's type, which cells are not of that type, and what was expected."""
    none = pd.Series(False, index=cells.index)
    if "constant" in how:
        return pd.Series(how["constant"], index=cells.index, dtype="string"), none, ""
    if "sum" in how:
        return _sum(cells, how, rule)
    if how["from"] not in cells:
        empty = np.nan if rule["type"] == "number" else pd.NA
        return pd.Series(empty, index=cells.index, dtype=_dtype(rule["type"])), none, ""
    raw = cells[how["from"]]
    if "values" in how:
        spelt = {str(key): str(value) for key, value in how["values"].items()}
        raw = raw.astype("string")
        if how.get("fold"):
            spelt = {key.casefold(): value for key, value in spelt.items()}
            raw = raw.str.strip().str.casefold()
        strange = raw.notna() & ~raw.isin(list(spelt)) if how.get("closed", True) else none
        raw = raw.map(lambda text: spelt.get(text, text), na_action="ignore").mask(strange)
        if strange.any():
            return raw, strange, f"one of {', '.join(dict.fromkeys(spelt.values()) if how.get('fold') else spelt)}"
    return _typed(raw, how, rule["type"])


def _sum(cells: pd.DataFrame, how: dict, rule: dict) -> tuple[pd.Series, pd.Series, str]:
    """Return the sum of several columns, missing where a part is, and which rows have a part that is no number."""
    total, wrong = pd.Series(0.0, index=cells.index), pd.Series(False, index=cells.index)
    for name in how["sum"]:
        part, bad, _ = _field(cells, {"from": name, "scale": how.get("scale", 1)}, rule)
        # A negative part may hide in a positive sum.
        total, wrong = total + part, wrong | bad | (part < rule.get("minimum", -np.inf)).fillna(False)
    return total, wrong, "a number in the field's range in each of its parts"


def _typed(raw: pd.Series, how: dict, kind: str) -> tuple[pd.Series, pd.Series, str]:
    if kind in ("number", "integer"):
        text = raw
        if not pd.api.types.is_numeric_dtype(raw) or ("take" in how and raw.astype("Float64").max() > 9999):
            text = raw.astype("string")
            text = (
                _year(text, how["take"] == "fiscal_year") if "take" in how else text.str.replace(r"(?<=\d),(?=\d{3}(\D|$))", "", regex=True)
            )
        values = pd.to_numeric(text, errors="coerce").astype("float64")
        wrong = values.isna() & raw.notna() | values.abs().eq(float("inf"))
        values = values * how.get("scale", 1)
        if kind == "integer":
            wrong |= values.notna() & (values % 1 != 0)
            return values.mask(wrong).astype("Int64"), wrong, "a date" if "take" in how else "a whole number"
        return values.mask(wrong), wrong, "a number"
    if kind == "boolean":
        if pd.api.types.is_bool_dtype(raw):
            return raw.astype("boolean"), raw.isna() & False, ""
        text = raw.astype("string").str.lower()
        values = text.map({**dict.fromkeys(TRUE, True), **dict.fromkeys(FALSE, False)}).astype("boolean")
        return values, values.isna() & raw.notna(), "yes or no"
    text = raw.astype("string")
    if kind == "date":
        days = pd.to_datetime(_dashed(text).str.slice(0, 10), format="%Y-%m-%d", errors="coerce")
        return days.dt.strftime("%Y-%m-%d").astype("string"), days.isna() & text.notna(), "a date YYYY-MM-DD"
    if "pad" in how:
        # A spreadsheet drops the zeros of a code and may add '.0'; more digits than the code has is another code.
        text = text.str.replace(r"\.0$", "", regex=True).str.zfill(how["pad"])
        return text, text.notna() & ~text.str.fullmatch(rf"\d{{{how['pad']}}}").fillna(True), f"a code of {how['pad']} digits"
    return text, text.isna() & False, ""


def _year(text: pd.Series, fiscal: bool) -> pd.Series:
    """Return the year of dates written 2020-12-31, 2020/12/31, 20201231 or of a bare year; others are not dates.

    A fiscal year of 52 or 53 weeks may end in the first days of January: it belongs to the year before.
    """
    known = text.str.extract(r"^(\d{4})(?:[-/.]?(0[1-9]|1[0-2])[-/.]?(0[1-9]|[12]\d|3[01]))?(?: 00:00:00)?$", expand=True)
    if not fiscal:
        return known[0]
    early = (known[1] == "01") & (known[2].astype("Float64") <= DAYS_OVER)
    return known[0].astype("Float64").sub(early.fillna(False).astype(int)).astype("string")


def _broken(values: pd.Series, rule: dict, wrong: pd.Series, expected: str) -> list[tuple[pd.Series, str]]:
    """Return (which cells, rule) for every rule of the contract that some cells break."""
    checks = [(wrong, f"is not {expected}")]
    if rule.get("required"):
        checks.append((values.isna() & ~wrong, "may not be blank"))
    number = rule["type"] in ("number", "integer")
    for key, broken, words in (
        ("minimum", lambda limit: values < limit, "must be at least {}"),
        ("maximum", lambda limit: values > limit, "must be at most {}"),
        ("above", lambda limit: values <= limit, "must be above {}"),
    ):
        if key in rule and number:
            checks.append((broken(rule[key]), words.format(rule[key])))
    if "allowed" in rule:
        checks.append((values.notna() & ~values.isin(rule["allowed"]), f"must be one of {', '.join(map(str, rule['allowed']))}"))
    if "pattern" in rule:
        checks.append(
            (values.notna() & ~values.astype("string").str.fullmatch(rule["pattern"]).fillna(False), f"must match {rule['pattern']}")
        )
    found = [(mask.fillna(False).astype(bool), text) for mask, text in checks]
    return [(mask, text) for mask, text in found if mask.any()]


def _dtype(kind: str) -> str:
    return {"number": "float64", "integer": "Int64", "boolean": "boolean"}.get(kind, "string")
