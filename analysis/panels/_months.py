"""Months between dates."""

from __future__ import annotations

import pandas as pd

DAYS = 30.4375  # a month of the Gregorian calendar, on average


def months_between(start: pd.Series, end: pd.Series) -> pd.Series:
    """Return the months from `start` to `end` (dates YYYY-MM-DD; missing where either is)."""
    first, last = (pd.to_datetime(dates.astype("string"), format="%Y-%m-%d", errors="coerce") for dates in (start, end))
    return (last - first).dt.days / DAYS
