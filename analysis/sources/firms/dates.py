"""Dates and years as exports write them → YYYY-MM-DD and years. What could be two dates is neither."""

from __future__ import annotations

import pandas as pd

from analysis.sources.firms.grid import by_value, narrow

MONTHS = {m: f"{i:02d}" for i, m in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)}
# Days of January into which a fiscal year of 52 or 53 weeks may run.
DAYS_OVER = 10
# Fiscal years of weeks end on a Friday, Saturday or Sunday.
FRIDAY = 4
# A year in words that say it is a whole one.
WHOLE_YEAR = r"(?:FY|CY|fy|cy)?\s?(\d{4})(?:年|年度|年报|年年报|A)?"
# Day and month, or month and day.
EITHER_ORDER = r"^\s*\d{1,2}[/.\-]\d{1,2}[/.\-]\d{4}"
AMBIGUOUS = "a date that can be read in one way (day or month first?): write YYYY-MM-DD"


def dashed(text: pd.Series) -> pd.Series:
    """Return dates written 2020/12/31, 2020.12.31, 20201231, 2020年12月31日, 31dec2020, 31-Dec-20, 12/31/2020 as 2020-12-31.

    A time may stand behind; one of Greenwich only if it is midnight, for it may be the next day where it was written. Day and month are told apart by the other dates of the column; where they cannot be, the text
    stays as it is, as does whatever is no date.
    """
    bare = (
        narrow(text.astype("string"))
        .str.strip()
        .str.replace(r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?|[ T]00:00(?::00(?:\.0+)?)?Z)$", "", regex=True)
    )
    made = bare.str.replace(r"^(\d{4})年(\d{1,2})月(\d{1,2})日?$", r"\1-\2-\3", regex=True)
    made = made.str.replace(r"^(\d{4})[/.](\d{1,2})[/.](\d{1,2})$", r"\1-\2-\3", regex=True)
    made = made.str.replace(r"^(\d{4})(\d{2})(\d{2})(\.0+)?$", r"\1-\2-\3", regex=True)
    made = _worded(made)
    made = _american(made)
    parts = made.str.extract(r"^(\d{4})-(\d{1,2})-(\d{1,2})$", expand=True)
    padded = parts[0] + "-" + parts[1].str.zfill(2) + "-" + parts[2].str.zfill(2)
    return padded.fillna(bare)


def _worded(text: pd.Series) -> pd.Series:
    """Turn 31dec2020, 31-Dec-2020 and Dec 31, 2020 into 2020-12-31."""
    if not text.str.contains(r"[A-Za-z]{3}", regex=True).fillna(False).any():
        return text
    low = text.str.lower()
    first = low.str.extract(r"^(?P<day>\d{1,2})[ \-./]?(?P<month>[a-z]{3})[a-z]*[ \-./,]*(?P<year>\d{4})$", expand=True)
    other = low.str.extract(r"^(?P<month>[a-z]{3})[a-z]*[ \-./]*(?P<day>\d{1,2})(?:st|nd|rd|th)?[ ,\-./]+(?P<year>\d{4})$", expand=True)
    parts = first.fillna(other)
    month = parts["month"].map(MONTHS).astype("string")
    return (parts["year"] + "-" + month + "-" + parts["day"]).fillna(text)


def _american(text: pd.Series) -> pd.Series:
    """Turn 12/31/2020 or 31/12/2020 into 2020-12-31 where the column shows which part is the month."""
    parts = text.str.extract(r"^(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})$", expand=True)
    if parts[0].isna().all():
        return text
    first, second = parts[0].astype("Float64"), parts[1].astype("Float64")
    days_first, months_first = bool((first > 12).any()), bool((second > 12).any())
    if days_first == months_first:
        # 5/5/2020 is one date either way.
        same = (first == second) & (first <= 12)
        return (parts[2] + "-" + parts[0] + "-" + parts[1]).where(same.fillna(False).astype(bool)).fillna(text)
    month, day = (parts[1], parts[0]) if days_first else (parts[0], parts[1])
    return (parts[2] + "-" + month + "-" + day).fillna(text)


def days_of(text: pd.Series) -> tuple[pd.Series, pd.Series, str]:
    """Return dates as YYYY-MM-DD, which cells are none, and what was expected."""
    known = by_value(text, dashed)
    days = pd.to_datetime(known, format="%Y-%m-%d", errors="coerce")
    wrong = (days.isna() & text.notna()).astype(bool)
    unclear = known[wrong].str.fullmatch(r"\d{1,2}[/.\-]\d{1,2}[/.\-]\d{4}").fillna(False).any()
    return days.dt.strftime("%Y-%m-%d").astype("string"), wrong, AMBIGUOUS if unclear else "a date YYYY-MM-DD"


def years_of(text: pd.Series, how: dict) -> pd.Series:
    """Return the years (as text; missing where there is none) of dates and of bare years: 2019, FY2019, 2019年, 2019A.

    `take: fiscal_year` counts the first days of January to the year before, because a fiscal year of 52 or 53 weeks may end
    in them, but for 1 January where it stands for the year itself (`new_year: own`); `months_over: 5` counts the months January to May so (S&P, Compustat User's Guide: fiscal year-ends of January
    to May belong to the year before).
    """
    bare = narrow(text.astype("string")).str.strip().str.replace(r"\.0+$", "", regex=True)
    year = bare.str.extract(rf"^{WHOLE_YEAR}$", expand=False)
    dates = dashed(text.mask(year.notna()))
    parts = dates.str.extract(r"^(\d{4})-(\d{2})-(\d{2})$", expand=True)
    real = pd.to_datetime(dates, format="%Y-%m-%d", errors="coerce").notna()
    own = parts[0].where(real).astype("Float64")
    if how.get("take") == "fiscal_year":
        early = (parts[1] == "01") & (parts[2].astype("Float64") <= DAYS_OVER)
        if how.get("new_year") == "own":
            early &= ~_years_as_dates(dates)
        if how.get("months_over"):
            early = parts[1].astype("Float64") <= how["months_over"]
        own = own - early.fillna(False).astype("int64")
    return year.fillna(own.astype("Int64").astype("string"))


def _years_as_dates(dates: pd.Series) -> pd.Series:
    """Return which dates are 1 January because a program wrote years so: none of another day, or one on which no week of accounts ends."""
    first = dates.str.endswith("-01-01").fillna(False).astype(bool)
    days = pd.to_datetime(dates[first], format="%Y-%m-%d", errors="coerce")
    others = pd.to_datetime(dates[~first], format="%Y-%m-%d", errors="coerce").notna().any()
    return first & bool(not others or (days.dt.weekday < FRIDAY).any())
