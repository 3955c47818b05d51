"""Cells of one layout + its column map → rows of a canonical table, and what was found on the way.

A map (config/sources/firms/<adapter>.yaml) says which column fills which field and how; docs/extend.md is its reference.
`keep` lists conditions a row must meet; rows that do not are filtered, and counted.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from analysis.sources.firms.dates import WHOLE_YEAR, dashed
from analysis.sources.firms.findings import Finding, Notebook
from analysis.sources.firms.grid import DATES, EMPLOYEES, FILE, ROW, by_value, narrow
from analysis.sources.firms.in_force import factors
from analysis.sources.firms.interim import END, FLOWS, doubt_other_years, doubt_single_quarters, ends_of, states_whole_years
from analysis.sources.firms.layouts import columns_of
from analysis.sources.firms.policies import BLANK, DONE, DROP, REFUSE, Policies
from analysis.sources.firms.strays import without_strays
from analysis.sources.firms.values import balanced, broken, field_of, first_of, typed
from analysis.sources.firms.widening import widened

# A long code that a spreadsheet took for a number has lost its last digits.
SCIENTIFIC = r"\d(?:\.\d+)?[eE]\+?\d+"
CODE_AS_TEXT = "a code: it was rounded to a number and its last digits are lost; export it as text"
LOST_LETTER = "\N{REPLACEMENT CHARACTER}"
WITH_LETTERS = "a code with all of its letters: some were lost when the text was read in a wrong encoding; export it anew as UTF-8"
# What stands for a missing value in many files; as often as this, and so much more often than its neighbours, it is one.
CODES = (99, 999, 9999, 99999, 999999)
FEWEST, OFTEN = 3, 5
KINDS = {REFUSE: "refused", BLANK: "blanked", DROP: "dropped"}


@dataclass
class Translated:
    """Rows of one layout in canonical columns (missing where the files have none) with ROW, findings, and rows left out by file and rule."""

    rows: pd.DataFrame
    findings: list[Finding] = field(default_factory=list)
    left: dict[str, dict[str, int]] = field(default_factory=dict)


def translate(
    cells: pd.DataFrame,
    layout: dict,
    contract: dict,
    table: str,
    file: str,
    policies: Policies | None = None,
    scales: dict[str, float] | None = None,
    currencies: dict[str, str] | None = None,
) -> Translated:
    """Return `cells` in the columns of `contract`; what breaks a rule is left out, or blank, as its policy says, and reported.

    `scales` (to million) and `currencies` are what headers say of their columns, in the layout's names.
    """
    policies, scales = policies or Policies(), scales or {}
    book = Notebook(table, file, cells.get(FILE, None))
    cells = without_strays(cells, layout, book, scales, factors(layout, cells.columns, scales, contract))
    cells = _kept(cells, layout, book)
    if "long" in layout:
        cells = widened(cells, layout, contract, book, policies)
        if cells.empty:
            rule = "no figure of a whole year under a tag that is read"
            book.note("absent", rule, column=layout["long"]["name"])
    carried = [name for name in (ROW, FILE, *layout.get("prefer", {})) if name in cells]
    rows = cells[carried].rename(columns={name: f"(prefer) {name}" for name in layout.get("prefer", {})})
    if layout.get("employees") in cells:
        rows[EMPLOYEES] = typed(cells[layout["employees"]], {}, "number")[0]
    bad = pd.Series(False, index=cells.index)
    for name, rule in contract["columns"].items():
        how = layout["columns"].get(name)
        if how is None:
            continue
        _note_absent(name, how, cells, layout, book)
        rows[name], mask = ruled(cells, name, how, rule, book, policies, bad, scales)
        bad |= mask
    if "currency" in rows and currencies and "currency" not in cells:
        # A header (amount (USD thousand)) says what no column does.
        named = [currencies[one] for how in layout["columns"].values() for one in columns_of(how) if one in currencies]
        rows["currency"] = rows["currency"].fillna(named[0]) if named else rows["currency"]
    if "long" not in layout and not states_whole_years(layout, cells):
        dated = cells.get(layout.get("dated"))
        others = tuple(cells[name] for name in cells if name.startswith(DATES))
        rows[END] = ends_of(first_of(cells, layout["columns"].get("year", {}).get("from", [])), dated, others, rows.get("year"))
        doubt_other_years(rows, dated, book)
    bad |= _other_currency(cells, rows, layout, contract, currencies or {}, bad, book)
    return Translated(rows[~bad].reset_index(drop=True), book.findings, book.left)


def _other_currency(
    cells: pd.DataFrame, rows: pd.DataFrame, layout: dict, contract: dict, said: dict[str, str], gone: pd.Series, book: Notebook
) -> pd.Series:
    """Return which rows give a currency other than the one a header names for a figure of theirs; each is a finding."""
    bad = pd.Series(False, index=cells.index)
    for name, how in layout["columns"].items():
        if contract["columns"].get(name, {}).get("unit") != "million" or name not in rows or "currency" not in rows:
            continue
        for column in (one for one in columns_of(how) if one in said and one in cells):
            differ = cells[column].notna() & (rows["currency"] != said[column]).fillna(False) & ~gone & ~bad
            rule = f"the header says {said[column]}, the row another currency"
            if differ.any():
                book.place("refused", rule, differ[differ].index, cells[ROW], column, rows["currency"])
                book.leave_out(rule, differ)
            bad |= differ
    return bad.astype(bool)


def _note_absent(name: str, how: dict, cells: pd.DataFrame, layout: dict, book: Notebook) -> None:
    """Note a field that no column of the file fills, and parts of sums that it lacks."""
    wanted = columns_of({key: how[key] for key in ("from", "sum") if key in how})
    held = [column for column in wanted if column in cells]
    if "long" in layout or not wanted or (held and ("from" in how or len(held) == len(wanted))):
        return
    lacks = "+".join(column for column in wanted if column not in cells)
    if held and how.get("blank") == "zero":
        book.note("absent", f"no such column: '{name}' is the sum without it", column=lacks)
    else:
        book.note("absent", f"no such column: '{name}' stays blank", column=lacks)


def ruled(
    cells: pd.DataFrame,
    name: str,
    how: dict,
    rule: dict,
    book: Notebook,
    policies: Policies,
    gone: pd.Series,
    scales: dict[str, float] | None = None,
) -> tuple[pd.Series, pd.Series]:
    """Return a field's values and which rows its rules leave out; each broken cell is a finding with its own row.

    `gone` are rows that an earlier field left out: nothing more is said of them.
    """
    named = columns_of({key: how[key] for key in ("from", "sum") if key in how})
    column = "+".join(named) if "sum" in how else next((one for one in named if one in cells), named[0] if named else "")
    scale = next(((scales or {})[one] for one in named if one in (scales or {})), None)
    values, wrong, expected = field_of(cells, how, rule, scale)
    if name.endswith("_id") and rule["type"] == "text":
        lost = values.astype("string").str.fullmatch(SCIENTIFIC).fillna(False).astype(bool)
        letterless = values.astype("string").str.contains(LOST_LETTER, regex=False).fillna(False).astype(bool)
        wrong, expected = wrong | lost | letterless, CODE_AS_TEXT if lost.any() else WITH_LETTERS if letterless.any() else expected
    if rule["type"] == "number" and "sum" not in how:
        _note_codes(values / ((scale if scale is not None else abs(how.get("scale", 1))) or 1), column, name, book)
    if how.get("blank") == "zero":
        _note_zeros(cells, named, values, column, name, book)
        _note_unbalanced(cells, how, named, column, name, book)
    bad = pd.Series(False, index=cells.index)
    for mask, text, kind in broken(values, rule, wrong, expected):
        policy = policies.of(book.table, name, rule, kind, how)
        said = text + DONE[policy]
        where = mask & ~gone & ~bad
        shown = cells[column] if column in cells else _joined(cells, named)
        book.place(KINDS[policy], said, where[where].index, cells[ROW], column, shown, f"{book.table}.{name}")
        if policy == BLANK:
            values = values.mask(mask)
        else:
            bad |= mask
            book.leave_out(text, where)
    return values, bad


def _note_codes(values: pd.Series, column: str, name: str, book: Notebook) -> None:
    """Warn of -999 and the like where they come back and their neighbours do not: codes for what is missing, not figures."""
    known = values.abs().round(6)
    for code in CODES:
        own = int((known == code).sum())
        if own >= FEWEST and own > OFTEN * int(((known - code).abs() == 1).sum()):
            sign = "-" if (values[known == code] < 0).all() else ""
            rule = f"'{name}' is {sign}{code} again and again, as codes for a missing value are: leave those cells blank"
            book.note("doubtful", rule, column=column, value=f"{sign}{code}", count=own)


def _joined(cells: pd.DataFrame, named: list[str]) -> pd.Series | None:
    return pd.Series("", index=cells.index) if named else None


def _note_zeros(cells: pd.DataFrame, named: list[str], values: pd.Series, column: str, name: str, book: Notebook) -> None:
    held = [one for one in named if one in cells]
    filled = int(cells.loc[values.notna(), held].isna().sum().sum())
    if filled:
        rule = f"'{name}' counts blank parts as zero: statements print no line for what a firm does not have"
        book.note("repaired", rule, column=column, count=filled)


def _note_unbalanced(cells: pd.DataFrame, how: dict, named: list[str], column: str, name: str, book: Notebook) -> None:
    held = [one for one in named if one in cells]
    apart = balanced(cells, how).eq(False).fillna(False) & cells[held].notna().any(axis=1)
    if apart.any():
        rule = f"the sides of the statement disagree: '{name}' stays blank"
        book.note("doubtful", rule, column=column, count=int(apart.sum()))


def _kept(cells: pd.DataFrame, layout: dict, book: Notebook) -> pd.DataFrame:
    for column, condition in layout.get("keep", {}).items():
        if column not in cells:
            continue  # an older layout of the file without the column
        raw = cells[column].astype("string")
        text = raw.fillna("")
        if "ends" in condition:
            days = by_value(text, dashed)
            # A bare year is a whole year.
            whole = by_value(text, lambda values: narrow(values).str.strip().str.fullmatch(rf"{WHOLE_YEAR}(?:\.0+)?"))
            readable = days.str.fullmatch(r"\d{4}-\d{2}-\d{2}") | whole
            _refuse_undated(cells, column, ~readable.fillna(False).astype(bool), raw, book)
            if "long" not in layout:
                # The other parts of the year, which show whether figures are of the year to date, go with this condition.
                doubt_single_quarters(_flows_of(cells, raw, layout), book)
            meets = days.str.endswith(condition["ends"]) | whole
            said = f"'{column}' ends in {condition['ends']}"
        elif condition.get("blank"):
            meets, said = text == "", f"'{column}' is blank"
        elif "like" in condition:
            meets, said = text.str.fullmatch(condition["like"]), f"'{column}' is like {condition['like']}"
        else:
            bare = text.str.replace(r"\.0$", "", regex=True)
            meets, said = bare.isin([str(value) for value in condition["in"]]), f"'{column}' is {', '.join(map(str, condition['in']))}"
        meets = meets.fillna(False).astype(bool)
        if condition.get("strict"):
            _refuse_unknown(cells, column, meets, text, condition, book)
        if (~meets).any():
            rule = f"rows count only where {said}"
            book.note("filtered", rule, column=column, count=int((~meets).sum()))
            book.leave_out(rule, ~meets)
        cells = cells[meets]
    return cells


def _flows_of(cells: pd.DataFrame, dates: pd.Series, layout: dict) -> pd.DataFrame:
    """Return the firms, the ends of periods and the flows of a file as it has them."""
    held = {name: first_of(cells, columns_of(layout["columns"].get(name, {}))) for name in ("firm_id", *FLOWS)}
    flows = {name: typed(raw, {}, "number")[0] for name, raw in held.items() if raw is not None and name != "firm_id"}
    return pd.DataFrame({"firm_id": held["firm_id"], END: ends_of(dates), **flows}, index=cells.index)


def _refuse_undated(cells: pd.DataFrame, column: str, mask: pd.Series, raw: pd.Series, book: Notebook) -> None:
    if mask.any():
        book.place("refused", "is not a date that can be read in one way (YYYY-MM-DD)", mask[mask].index, cells[ROW], column, raw)


def _refuse_unknown(cells: pd.DataFrame, column: str, meets: pd.Series, text: pd.Series, condition: dict, book: Notebook) -> None:
    """Refuse what is neither wanted nor known to be unwanted: in a closed list that is a mistake, not a choice."""
    unknown = ~(meets | text.isin([str(value) for value in condition["strict"]]))
    if unknown.any():
        rule = f"is neither {', '.join(map(str, condition['in']))} nor {', '.join(map(str, condition['strict']))}"
        book.place("refused", rule, unknown[unknown].index, cells[ROW], column, text)
