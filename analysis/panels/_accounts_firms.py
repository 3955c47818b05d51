"""Firms with accounts and their first royalty monetisation: the period that holds it, and why a firm cannot be compared."""

from __future__ import annotations

import pandas as pd

NOTES = "royalty notes"


def first_events(accounts: pd.DataFrame, events: pd.DataFrame, period: str) -> pd.DataFrame:
    """Return one row per event firm, indexed by ticker: cohort (of `period`), instrument_class, vehicle and undated_before.

    The cohort is the first period that ends on or after the last day that the date may mean. `vehicle`: the first event is the
    issue of royalty notes, through a vehicle. Firms without a dated event have no cohort; none of them is ever a control.
    """
    dated = events[events["dated"]].sort_values(["event_end", "event_id"]).drop_duplicates("ticker").set_index("ticker")
    firms = pd.DataFrame(index=pd.Index(sorted(events["ticker"].unique()), name="ticker"))
    cohorts = {ticker: _period(accounts[accounts["ticker"] == ticker], row.event_end, period) for ticker, row in dated.iterrows()}
    firms["cohort"] = pd.Series(cohorts, dtype="Int64").reindex(firms.index)
    firms["instrument_class"] = dated["instrument_class"].reindex(firms.index)
    firms["vehicle"] = dated["instrument"].reindex(firms.index).eq(NOTES).fillna(False).astype(bool)
    unknown = events[(events["confidence"] != "unsourced") & events["event_date"].isna()]
    firms["undated_before"] = firms.index.isin(unknown["ticker"])
    return firms


def _period(accounts: pd.DataFrame, event_end: str, period: str) -> object:
    """Return the period of the first accounts that end on or after a day, or nothing."""
    after = accounts[accounts["period_end"] >= event_end].sort_values("period_end")
    return after[period].iloc[0] if len(after) else pd.NA


def runway(accounts: pd.DataFrame) -> pd.Series:
    """Return the years that cash and tagged short-term investments last at the year's cash outflow; endless where there is none."""
    liquid = accounts["cash"] + accounts["short_term_investments"].fillna(0)
    burned = -accounts["operating_cash_flow"]
    return (liquid / burned).where(burned > 0, float("inf")).where(liquid.notna() & burned.notna())
