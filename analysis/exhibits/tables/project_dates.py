"""Days of approval in one list of the FDA against days of first licence in another."""

import pandas as pd

from analysis.exhibits.cells import count
from analysis.exhibits.display import Table


def layout(orphan_approvals: pd.DataFrame, biologic_licences: pd.DataFrame) -> Table:
    """Return how many brands agree. The data are one row per brand: first orphan approval, first licence, days between."""
    brands = agreement(orphan_approvals, biologic_licences)
    days = brands["days_later"]
    steps = {
        "Brands with one biologic licence and an orphan approval": days.notna(),
        "approved on the day of the licence": days == 0,
        "within a week of it": (days != 0) & (days.abs() <= 7),
        "later: the orphan use was added to a licensed drug": days > 7,
        "earlier than the licence by more than a week": days < -7,
    }
    frame = pd.DataFrame([{"": words, "Brands": count(found.sum())} for words, found in steps.items()])
    return Table(frame, data=brands, rules=(1,), widths={"": "1fr"})


def agreement(orphan_approvals: pd.DataFrame, biologic_licences: pd.DataFrame) -> pd.DataFrame:
    """Return one row per brand that both lists print alike and that has one licence: both days and the days between."""
    ours = orphan_approvals.dropna(subset=["brand"]).assign(name=orphan_approvals["brand"].str.lower())
    theirs = biologic_licences.dropna(subset=["brand"]).assign(name=biologic_licences["brand"].str.lower())
    theirs = theirs[~theirs["name"].duplicated(keep=False)]
    first = ours.sort_values("approved").drop_duplicates("name")[["name", "brand", "approved"]]
    found = first.merge(theirs[["name", "licensed"]], on="name").drop(columns="name")
    between = pd.to_datetime(found["approved"]) - pd.to_datetime(found["licensed"])
    return found.assign(days_later=between.dt.days).sort_values("brand", ignore_index=True)
