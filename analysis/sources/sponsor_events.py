"""Royalty monetisations of companies that sponsor orphan drugs, each on the last day that its date allows.

An event known by month or year counts from the end of that: months before it must never pass for exposed ones.
"""

from __future__ import annotations

import pandas as pd

from analysis.sources._sponsors import need_companies


def clean(ip_financing_events: pd.DataFrame, orphan_sponsor_list: pd.DataFrame) -> pd.DataFrame:
    """Return one row per event of a company with a name in the sponsor list; raise DataError for a company without any event."""
    need_companies(orphan_sponsor_list, ip_financing_events["company"])
    events = ip_financing_events[ip_financing_events["company"].isin(orphan_sponsor_list["company"])].rename(columns={"company": "sponsor"})
    events = events.assign(event_day=last_days(events["event_date"]))
    events["dated"] = events["confidence"].isin(["high", "medium"]) & events["event_day"].notna()
    in_order = events[events["dated"]].sort_values(["event_day", "event_id"])
    first = events["event_id"].isin(in_order.drop_duplicates("sponsor")["event_id"])
    kept = ["event_id", "sponsor", "event_day", "event_date", "instrument", "amount_million", "currency", "amount_basis", "confidence"]
    return events[[*kept, "dated"]].assign(first=first)


def last_days(dates: pd.Series) -> pd.Series:
    """Return the last day of each date YYYY, YYYY-MM or YYYY-MM-DD as text; missing where there is none."""
    text = dates.astype("string")
    year, month = (pd.to_datetime(text.where(text.str.len() == n), format=f) for n, f in ((4, "%Y"), (7, "%Y-%m")))
    ends = (year + pd.offsets.YearEnd(0)).fillna(month + pd.offsets.MonthEnd(0))
    return text.where(text.str.len() == 10, ends.dt.strftime("%Y-%m-%d"))
