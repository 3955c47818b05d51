"""The issues of an instrument, and the first one of each firm."""

from __future__ import annotations

import pandas as pd


def issues_of(financing_events: pd.DataFrame, instrument: str) -> pd.DataFrame:
    """Return the events of the `instrument`."""
    return financing_events[(financing_events["instrument"] == instrument).fillna(False)]


def first_issues(financing_events: pd.DataFrame, instrument: str) -> pd.DataFrame:
    """Return firm_id, first_issue (date) and cohort (its year) of firms with an issue of the `instrument`."""
    events = issues_of(financing_events, instrument)
    first = events.groupby("firm_id", as_index=False)["date"].min().rename(columns={"date": "first_issue"})
    first["cohort"] = first["first_issue"].str.slice(0, 4).astype("Int64")
    return first
