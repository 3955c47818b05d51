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
# Fiscal years of 52 or 53 weeks end on a day of the week: the last of a month, or the nearest to its end.
LAST_WEEK, FIRST_WEEK = 24, 7
# Shares of days that make a column one of ends of periods.
MOST, HALF = 0.8, 0.5
# A year that ends from here on bears its own number in every country's habit.
AUTUMN = 9
# Conditions on rows that say themselves that a row is of a whole year.
WHOLE = {"FY", "fy", "Annual", "annual", "12", "12M"}
# Fields that add up over a year, of which a December row that is no larger than a quarter's is a quarter's own.
FLOWS = ("sales", "rd", "interest")
FEWEST = 3
# The share of firm-years that shows single quarters; sales that were corrected after a report are a few in a hundred.
SOME = 0.2
LITTLE = 2 / 3
# Ends of years in one month, a year or more apart, that make a series; before a move one less, for there is no part among them.
SERIES = 3

INTERIM = "the end of a part of a year: the firm also has 31 December"
ALONE = "a single date that is no 31 December, in files with reports of parts of years"
UNTOLD = (
    "one of several dates a year of this firm, none of them 31 December: nothing says which ends its fiscal year; "
    "keep the rows of whole years, or add a column period that says FY for them"
)
STUB = "the part of a year between two fiscal years that end in different months"
MOVED = "fiscal years end in different months: was the year moved, or is a row of a part of a year? Years count as they stand"
OTHER_YEAR = "is not the year in which its period ends, by the column of dates: correct the one or the other"
UNDATED = "firms with dates of other months than December in some rows and none in others: are the dated rows of parts of a year?"
SINGLE = (
    "of 31 December is no larger, or little larger, than of the parts of the same year: rows of single quarters or half-years, not of the year to date? "
    "Write the figures of whole years"
)


def ends_of(
    years: pd.Series | None, dated: pd.Series | None = None, others: tuple[pd.Series, ...] = (), year: pd.Series | None = None
) -> pd.Series | float:
    """Return the months in which dates lie (year x 12 + month), missing for bare years; the first days of a month end the one before.

    Columns of days beside the years count where `years` has none: `dated`, by its name, if its days end months, and `others`, of
    any name, if they also are of the row's own `year`, which days of filings and of founding are not.
    """
    found = np.nan if years is None else _months(years)[0]
    if isinstance(found, pd.Series) and found.notna().any():
        return found
    for place, column in enumerate((dated, *others)):
        if column is None:
            continue
        months, days = _months(column)
        named = place == 0
        if not end_periods(days) or not (named or _of_own_year(months, year)):
            continue
        found = months if not isinstance(found, pd.Series) or found.isna().all() else found.fillna(months)
    return found


def end_periods(days: pd.Series) -> bool:
    """Return whether days of a month are of ends of periods: one that is not, or that fell on a last Friday, changes nothing."""
    known = days.dropna()
    near = (known >= LAST_WEEK) | (known <= FIRST_WEEK)
    return bool(len(known)) and bool(near.mean() >= MOST and (known >= LATE).mean() >= HALF)


def _of_own_year(months: pd.Series, year: pd.Series | None) -> bool:
    both = pd.DataFrame({"end": (months - 1) // 12, "year": year}).astype("Float64").dropna()
    return bool(len(both)) and bool((both["end"] == both["year"]).mean() >= MOST)


def doubt_other_years(rows: pd.DataFrame, dated: pd.Series | None, book: Notebook) -> None:
    """Refuse years that most ends of periods contradict, and ask about a few: only a year that ends before autumn may bear the last one's number."""
    if dated is None or "year" not in rows:
        return
    months, days = _months(dated)
    both = pd.DataFrame({"end": months, "year": rows["year"]}).astype("Float64").dropna()
    if both.empty or not end_periods(days):
        return
    later = (both["end"] - 1) // 12 - both["year"]
    month = (both["end"] - 1) % 12 + 1
    apart = (later != 0) & ~((later == 1) & (month < AUTUMN))
    if not apart.any():
        return
    first = apart[apart].index[0]
    shown = f"{int(both['year'][first])}, {dated[first]}"
    kind = "refused" if apart.mean() >= HALF else "doubtful"
    book.note(kind, OTHER_YEAR, column="year", value=shown, count=int(apart.sum()))


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
    if rules.eq(INTERIM).any():
        doubt_single_quarters(rows, book)
    _doubt_undated(rows["firm_id"], rows[END], rules, book)
    return _sorted_out(rows, rules, book)


def _doubt_undated(firms: pd.Series, ends: pd.Series, rules: pd.Series, book: Notebook) -> None:
    """Ask about firms of which rows without a date, which may be of December, are many beside dated rows that are not."""
    counts = pd.DataFrame({"blank": ends.isna(), "known": ends.notna(), "december": ends % 12 == DECEMBER % 12}).groupby(firms).sum()
    odd = (counts["blank"] * 2 >= counts["known"]) & (counts["blank"] > 0) & (counts["known"] > 0) & (counts["december"] == 0)
    odd &= (rules.eq("") & ends.notna()).groupby(firms).any()
    if odd.any():
        book.note("doubtful", UNDATED, column="year", value=str(odd[odd].index[0]), count=int(odd.sum()))


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
    for rule in (INTERIM, ALONE, STUB):
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
    """Return for each row the rule by which it is no whole year, MOVED, or ''."""
    known = pd.DataFrame({"firm": firms.astype("string"), "end": ends}).dropna()
    each = known.drop_duplicates().sort_values(["firm", "end"], ignore_index=True)
    each["rule"] = _labels(each)
    told = known.merge(each, on=["firm", "end"], how="left")["rule"].set_axis(known.index)
    return told.reindex(firms.index).fillna("").astype(object)


def _labels(each: pd.DataFrame) -> pd.Series:
    """Return the rule of each end of a firm (`firm`, `end`, in order): those of a firm that moved its year stay, but for the part between."""
    firm, month = each["firm"], each["end"] % 12
    december = month == DECEMBER % 12
    yearly, stub, near = _runs(each)
    in_parts = bool(near.any())
    near = near.groupby(firm).transform("any")
    closes, moved = december.groupby(firm).transform("any"), yearly.groupby(firm).transform("any")
    own = each.groupby("firm")["end"].transform("size")
    # As many years in one month, and nothing between them, are years whatever the other firms of the file report.
    steady = each.groupby(["firm", month])["end"].transform("size") >= SERIES
    told = pd.Series("", index=each.index, dtype=object)
    told[(moved | ~near) & (month.groupby(firm).transform("nunique") > 1)] = MOVED
    loose = ~december & ~yearly
    told[loose & closes & (near | (~moved & in_parts & ~steady))] = INTERIM
    told[loose & ~closes & near] = UNTOLD
    told[loose & ~near & ~closes & in_parts & (own == 1)] = ALONE
    told[stub] = STUB
    return told


def _runs(each: pd.DataFrame) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Return which ends are of a series before or after a move of the fiscal year, which end the part between, and which are near for another reason.

    A run goes on until an end is near the one before it. Where a run of years in one month follows one in another, the year was moved.
    """
    gap = each.groupby("firm")["end"].diff()
    near = (gap < NEAR).fillna(False)
    run = (near | gap.isna()).cumsum()
    runs = pd.DataFrame({"run": run, "firm": each["firm"], "month": each["end"] % 12}).groupby("run")
    about = runs.agg(firm=("firm", "first"), month=("month", "last"), length=("month", "size"))
    before = about.shift()
    follows = (about["firm"] == before["firm"]) & (about["month"] != before["month"])
    whole = (before["length"] >= SERIES - 1) | (before["month"] == DECEMBER % 12)
    after = (follows & whole & (about["length"] >= SERIES)).fillna(False).astype(bool)
    yearly = after | after.shift(-1, fill_value=False)
    stub = near & run.map(after)
    return run.map(yearly), stub, near & ~stub


def doubt_single_quarters(rows: pd.DataFrame, book: Notebook) -> None:
    """Ask whether the rows of December (of `rows` with firm_id, END and flows) are of a quarter alone; refuse where firms show that they are.

    A year to date is no smaller than a part of it. Where it is larger, but by less than LITTLE of what evenly spread sales show, a
    season may be the reason, and nothing decides.
    """
    end = rows[END]
    for name in (one for one in FLOWS if one in rows):
        table = pd.DataFrame({"firm": rows["firm_id"], "year": (end - 1) // 12, "month": (end - 1) % 12 + 1, "value": rows[name]})
        table = table[table["value"] > 0].dropna().sort_values("month")
        early = (
            table[table["month"] < DECEMBER]
            .groupby(["firm", "year"])
            .agg(month=("month", "first"), value=("value", "first"), most=("value", "max"))
        )
        pairs = early.join(table[table["month"] == DECEMBER].groupby(["firm", "year"])["value"].last().rename("whole"), how="inner")
        if pairs.empty:
            continue
        below = int((pairs["whole"] <= pairs["most"]).sum())
        if below >= FEWEST and below >= SOME * len(pairs):
            book.note("refused", f"'{name}' {SINGLE}", column=name, count=below)
        elif below or (pairs["whole"] / pairs["value"] / (DECEMBER / pairs["month"]) ** LITTLE).median() < 1:
            book.note("doubtful", f"'{name}' {SINGLE}", column=name, count=len(pairs))
        return


def _shown(firm: Hashable, end: float) -> str:
    return f"{firm}, {int(end - 1) // 12}-{int(end - 1) % 12 + 1:02d}"
