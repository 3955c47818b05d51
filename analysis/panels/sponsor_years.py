"""Sponsors by year: first approvals of orphan designations and first biologic licences, before and after the first event."""

from __future__ import annotations

import pandas as pd

from analysis.panels.orphan_projects import first_events

FIRST_YEAR, LAST_YEAR = 2000, 2025
# Years around the event that stand alone; earlier and later ones are one group each, the year before is the base.
LEADS, LAGS = (4, 3, 2), (0, 1, 2, 3, 4)
EARLIEST, LATEST = 5, 5


def build(
    orphan_designations: pd.DataFrame, orphan_approvals: pd.DataFrame, biologic_licences: pd.DataFrame, sponsor_events: pd.DataFrame
) -> pd.DataFrame:
    """Return one row per sponsor of a designation and year from its first designation on (2000 to 2025).

    Sponsors with an event of unknown date are left out. Exposed are years after that of the event, which is marked.
    """
    undated = set(sponsor_events["sponsor"]) - set(sponsor_events.loc[sponsor_events["dated"], "sponsor"])
    listed = orphan_designations.dropna(subset=["sponsor"])
    listed = listed[~listed["sponsor"].isin(undated)].sort_values("designated").drop_duplicates("sponsor")
    rows = pd.DataFrame({"sponsor": listed["sponsor"], "entry": listed["designated"].str[:4].astype(int).clip(lower=FIRST_YEAR)})
    rows = rows.assign(year=[range(first, LAST_YEAR + 1) for first in rows["entry"]]).explode("year").astype({"year": "int64"})
    first = orphan_approvals[orphan_approvals["first"]]
    rows = rows.merge(_counts(first["sponsor"], first["approved"], "orphan_approvals"), on=["sponsor", "year"], how="left")
    rows = rows.merge(_counts(biologic_licences["sponsor"], biologic_licences["licensed"], "licences"), on=["sponsor", "year"], how="left")
    rows = rows.merge(first_events(sponsor_events), on="sponsor", how="left").fillna({"orphan_approvals": 0, "licences": 0})
    since = rows["year"] - pd.to_numeric(rows["event_day"].str[:4])
    leads = {f"before_{k}": since == -k for k in LEADS} | {f"before_{EARLIEST}": since <= -EARLIEST}
    lags = {f"after_{k}": since == k for k in LAGS} | {f"after_{LATEST}": since >= LATEST}
    marks = {name: mark.fillna(False).astype("int64") for name, mark in (leads | lags).items()}
    rows = rows.assign(
        exposed=(since > 0).fillna(False).astype("int64"),
        year_of_event=(since == 0).fillna(False).astype(bool),
        cohort=pd.to_numeric(rows["event_day"].str[:4]).astype("Int64"),
        event_firm=rows["event_day"].notna().astype("int64"),
        **marks,
    )
    return rows.drop(columns=["entry", "event_day"]).astype({"orphan_approvals": "int64", "licences": "int64"})


def _counts(sponsor: pd.Series, day: pd.Series, name: str) -> pd.DataFrame:
    year = day.str[:4].astype("int64").rename("year")
    return pd.DataFrame({"sponsor": sponsor, "year": year}).groupby(["sponsor", "year"]).size().rename(name).reset_index()
