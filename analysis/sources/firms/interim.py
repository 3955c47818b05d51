"""Rows dated by the day on which their period ends: which of them are of a whole year and which of a part of one.

A firm with one date a year closes its books then, be it in June; one with dates less than ten months apart has reports of
half-years or quarters, and of these 31 December is the year's end. Where none of them is in December nothing says which is.
"""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import pandas as pd

from analysis.sources.firms.dates import DAYS_OVER, dashed
from analysis.sources.firms.findings import Notebook
from analysis.sources.firms.grid import ROW, by_value

# The month, counted from the year 0, in which the period of a row ends; missing where the file gives years alone.
END = "(end)"
# Months between two ends of fiscal years are 12; a fiscal year that was moved may be shorter by two.
NEAR = 10
DECEMBER = 12
# The first of the days that end a month; those of filings are any.
LATE = 28
# Conditions on rows that say themselves that a row is of a whole year.
WHOLE = {"FY", "fy", "Annual", "annual", "12", "12M"}
# Fields that add up over a year, of which a December row that is no larger than a quarter's is a quarter's own.
FLOWS = ("sales", "rd", "interest")
FEWEST = 3

INTERIM = "the end of a part of a year: the firm also has 31 December"
ALONE = "a single date that is no 31 December, in files with reports of parts of years"
UNTOLD = (
    "one of several dates a year of this firm, none of them 31 December: nothing says which ends its fiscal year; "
    "keep the rows of whole years, or add a column period that says FY for them"
)
MOVED = "fiscal years end in different months: was the year moved, or is a row of a part of a year? Both count as they stand"
SINGLE = (
    "of 31 December is no larger than of the parts of the same year: rows of single quarters or half-years, not of the year to date? "
    "Write the figures of whole years"
)


def ends_of(years: pd.Series | None, dated: pd.Series | None) -> pd.Series | float:
    """Return the months in which dates lie (year x 12 + month), missing for bare years; the first days of a month end the one before.

    `dated`, a column that may also be of filings, counts where `years` has none and all of its days end months.
    """
    found = np.nan if years is None else _months(years)[0]
    if dated is None or (isinstance(found, pd.Series) and found.notna().any()):
        return found
    months, days = _months(dated)
    return months if (days.isna() | (days >= LATE)).all() else found


def _months(raw: pd.Series) -> tuple[pd.Series, pd.Series]:
    parts = by_value(raw.astype("string"), dashed).str.extract(r"^(\d{4})-(\d{2})-(\d{2})$", expand=True)
    year, month, day = (parts[place].astype("float64") for place in range(3))
    return year * 12 + month - (day <= DAYS_OVER), day


def states_whole_years(layout: dict, cells: pd.DataFrame) -> bool:
    """Return whether a column of the file says of each row that it is of a whole year."""
    return any(name in cells and WHOLE & set(map(str, how.get("in", []))) for name, how in layout.get("keep", {}).items())


def without_interim(rows: pd.DataFrame, book: Notebook) -> pd.DataFrame:
    """Return the rows of one layout without those of parts of a year, which are counted; where no year's end can be told they are refused."""
    if END not in rows or rows[END].isna().all():
        return rows
    rules = _parts(rows["firm_id"], rows[END])
    _doubt_single_quarters(rows, rules.eq(INTERIM), book)
    return _sorted_out(rows, rules, book)


def without_interim_of_others(parts: list[pd.DataFrame], books: list[Notebook]) -> list[pd.DataFrame]:
    """Return the rows of several layouts without those that the dates of another one show to be of a part of a year."""
    dated = [place for place, rows in enumerate(parts) if END in rows and rows[END].notna().any()]
    if len(dated) < 2:
        return parts
    both = pd.concat([parts[place][["firm_id", END]] for place in dated], keys=dated)
    rules = _parts(both["firm_id"], both[END])
    return [_sorted_out(rows, rules.loc[place], books[place]) if place in dated else rows for place, rows in enumerate(parts)]


def _sorted_out(rows: pd.DataFrame, rules: pd.Series, book: Notebook) -> pd.DataFrame:
    """Return the rows that count; what each rule leaves out, refuses or doubts is a finding."""
    for rule in (INTERIM, ALONE):
        mask = rules.eq(rule)
        if mask.any():
            first = rows.loc[mask].iloc[0]
            book.note("filtered", rule, column="year", value=_shown(first["firm_id"], first[END]), count=int(mask.sum()))
            book.leave_out(rule, mask)
    untold = rules.eq(UNTOLD)
    if untold.any():
        shown = pd.Series([_shown(*pair) for pair in zip(rows["firm_id"], rows[END], strict=True)], index=rows.index)
        book.place("refused", UNTOLD, untold[untold].index, rows[ROW], "year", shown)
        book.leave_out(UNTOLD, untold)
    moved = rules.eq(MOVED)
    if moved.any():
        firms = rows.loc[moved, "firm_id"]
        book.note("doubtful", MOVED, column="year", value=str(firms.iloc[0]), count=firms.nunique())
    return rows[rules.isin(["", MOVED])]


def _parts(firms: pd.Series, ends: pd.Series) -> pd.Series:
    """Return for each row the rule by which it is no whole year, or ''."""
    rule = pd.Series("", index=firms.index, dtype=object)
    known = ends.notna()
    firm, end = pd.factorize(firms[known])[0], ends[known].to_numpy()
    order = np.lexsort((end, firm))
    same = np.diff(firm[order]) == 0
    gap = np.diff(end[order])
    count = firm.max() + 1 if len(firm) else 0
    near = np.zeros(count, dtype=bool)
    near[firm[order][1:][same & (gap > 0) & (gap < NEAR)]] = True
    december = end % 12 == DECEMBER % 12
    closes = np.zeros(count, dtype=bool)
    closes[firm[december]] = True
    first, last = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(first, firm, end % 12)
    np.maximum.at(last, firm, end % 12)
    seen = pd.Series(end).groupby(firm).nunique().to_numpy()
    in_parts = bool(near.any())
    told = np.full(len(firm), "", dtype=object)
    told[~near[firm] & (first != last)[firm]] = MOVED
    told[(near | in_parts)[firm] & closes[firm] & ~december] = INTERIM
    told[near[firm] & ~closes[firm]] = UNTOLD
    told[in_parts & ~near[firm] & ~closes[firm] & (seen[firm] == 1)] = ALONE
    rule[known] = told
    return rule


def _doubt_single_quarters(rows: pd.DataFrame, interim: pd.Series, book: Notebook) -> None:
    """Ask, or refuse where enough firms show it, whether the rows of December are of a quarter alone.

    To date, December has 12/m times what month m has, alone as much: the line is drawn at the geometric mean of the two.
    """
    if not interim.any():
        return
    year = (rows[END] - 1) // 12
    for name in (one for one in FLOWS if one in rows):
        table = pd.DataFrame(
            {"firm": rows["firm_id"], "year": year, "month": (rows[END] - 1) % 12 + 1, "value": rows[name].where(rows[name] > 0)}
        )
        early = table[interim].dropna().sort_values("month").drop_duplicates(["firm", "year"])
        whole = table[~interim & table["month"].eq(DECEMBER)].dropna()
        pairs = early.merge(whole, on=["firm", "year"], suffixes=("", "_whole"))
        if pairs.empty:
            continue
        above = pairs["value_whole"] / pairs["value"] / np.sqrt(DECEMBER / pairs["month"])
        if above.median() < 1:
            book.note("refused" if len(pairs) >= FEWEST else "doubtful", f"'{name}' {SINGLE}", column=name, count=len(pairs))
        return


def _shown(firm: Hashable, end: float) -> str:
    return f"{firm}, {int(end - 1) // 12}-{int(end - 1) % 12 + 1:02d}"
