"""Events of the register whose firms have accounts: royalty monetisation and royalty notes of listed biopharma firms."""

from __future__ import annotations

import pandas as pd

from analysis.sources.firm_events import clean as firm_events

KEPT = (
    "event_id", "ticker", "company", "event_date", "event_end", "instrument", "instrument_class", "amount_million", "currency",
    "amount_basis", "confidence", "dated",
)  # fmt: skip


def clean(ip_financing_events: pd.DataFrame, sec_accounts_firms: pd.DataFrame) -> pd.DataFrame:
    """Return one row per event of a firm with accounts, dated or not.

    `event_end` is the last day that a date known to the month or the year may mean: a firm counts as treated from then on.
    """
    about = ip_financing_events[["event_id", "amount_basis"]]
    events = firm_events(ip_financing_events).merge(about, on="event_id", validate="one_to_one")
    found = events.merge(sec_accounts_firms.dropna(subset=["company"])[["company", "ticker"]], on="company", validate="many_to_one")
    found["event_end"] = pd.array([_last_day(date) for date in found["event_date"]], dtype="string")
    return found[list(KEPT)]


def _last_day(date: object) -> object:
    """Return the last day, YYYY-MM-DD, of a date known to the day, the month or the year; missing where it is."""
    if pd.isna(date):
        return pd.NA
    text = str(date)
    frequency = {4: "Y", 7: "M", 10: "D"}[len(text)]
    return pd.Period(text, frequency).end_time.strftime("%Y-%m-%d")
