"""Money that sponsors raised on royalties, before or after the first approval that the FDA's lists credit to them.

A drug that is neither an orphan drug nor a biologic is in no list, nor is one that a partner brought to market: a firm may have
sold before. Counting firms without a listed approval as before their first gives the most that was raised before; leaving
them out of what was raised before gives the least.
"""

from __future__ import annotations

import pandas as pd


def build(
    sponsor_events: pd.DataFrame, orphan_designations: pd.DataFrame, orphan_approvals: pd.DataFrame, biologic_licences: pd.DataFrame
) -> pd.DataFrame:
    """Return one row per dated event of a sponsor of designations: amount, its first listed approval, and whether the event came before."""
    days = pd.concat(
        [
            orphan_approvals[["sponsor", "approved"]].rename(columns={"approved": "day"}),
            biologic_licences[["sponsor", "licensed"]].rename(columns={"licensed": "day"}),
        ]
    )
    events = sponsor_events[sponsor_events["dated"] & sponsor_events["sponsor"].isin(orphan_designations["sponsor"])].copy()
    events["first_approval"] = events["sponsor"].map(days.groupby("sponsor")["day"].min()).astype("string")
    listed = events["first_approval"].notna()
    # Cash in dollars only: ceilings that may never be paid are not proceeds.
    events["paid_million"] = events["amount_million"].where((events["amount_basis"] == "upfront_or_issued") & (events["currency"] == "USD"))
    before = (events["event_day"] < events["first_approval"]).fillna(False)
    events["before"] = before.map({True: "before", False: "after"}).where(listed, "no listed approval")
    events["before_or_none"] = (before | ~listed).map({True: "yes", False: "no"})
    kept = ["event_id", "sponsor", "event_day", "first", "instrument", "paid_million", "first_approval", "before", "before_or_none"]
    return events[kept]
