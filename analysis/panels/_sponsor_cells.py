"""Comparable sponsors: as many designations in their first years, the same country group and period of entry."""

from __future__ import annotations

import pandas as pd

EARLY_YEARS = 3
# Upper end of each class → its name.
SIZES = {1: "one designation", 2: "two", 5: "three to five", 10_000: "more"}
ENTRIES = {1999: "entered before 2000", 2004: "2000 to 2004", 2009: "2005 to 2009", 2014: "2010 to 2014", 9999: "since 2015"}


def cells(orphan_designations: pd.DataFrame, sponsor_events: pd.DataFrame) -> pd.DataFrame:
    """Return sponsor, period of entry (`entered`), cell, and whether the cell holds a sponsor with a dated event.

    Size is counted over the three years from a sponsor's first designation; the event of some comes within them (projects_balance counts these).
    """
    listed = orphan_designations.dropna(subset=["sponsor"]).sort_values(["designated", "designation_id"])
    found = listed.drop_duplicates("sponsor").reset_index(drop=True)
    day = pd.to_datetime(listed["designated"], format="%Y-%m-%d")
    entry = pd.Series(day.to_numpy(), listed["sponsor"].to_numpy()).groupby(level=0).first()
    early = day < listed["sponsor"].map(entry) + pd.DateOffset(years=EARLY_YEARS)
    size = found["sponsor"].map(listed.loc[early, "sponsor"].value_counts())
    country = (found["country"] == "United States").fillna(False).map({True: "US", False: "elsewhere"})
    entered = _class(found["designated"].str[:4].astype(int), ENTRIES)
    cell = _class(size, SIZES) + ", " + country + ", " + entered
    treated = found["sponsor"].isin(sponsor_events.loc[sponsor_events["first"], "sponsor"])
    return pd.DataFrame({"sponsor": found["sponsor"], "entered": entered, "cell": cell, "event_in_cell": cell.isin(cell[treated])})


def _class(values: pd.Series, ends: dict[int, str]) -> pd.Series:
    return pd.cut(values, [0, *ends], labels=list(ends.values())).astype("string")
