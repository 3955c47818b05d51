"""Orphan projects of firms with an event, by calendar year: a yearly hazard with effects of age and of the calendar."""

from __future__ import annotations

import pandas as pd

LAST_YEAR = 2025  # the last whole year of approvals


def build(orphan_projects: pd.DataFrame) -> pd.DataFrame:
    """Return one row per project and year at risk: from the year after its designation to approval, withdrawal or 2025.

    The year of designation is not at risk whole. A withdrawal counts on its last possible day. Exposed are years after that of
    the event, which is marked.
    """
    projects = orphan_projects[orphan_projects["in_sample"] & (orphan_projects["event_firm"] == 1)]
    designated = pd.to_datetime(projects["designated"])
    # Of what was withdrawn, months to approval are months to the last list; it was at risk to its withdrawal only.
    months = projects["withdrawn_to"].fillna(projects["months"])
    last = (designated + pd.to_timedelta(months * 30.4375, unit="D")).dt.year
    rows = projects.assign(
        first_year=designated.dt.year + 1,
        last_year=last.clip(upper=LAST_YEAR),
        approval_year=last.where((projects["approved"] == 1) & projects["withdrawn_to"].isna()),
        event_year=projects["event_day"].str[:4].astype(int),
    )
    rows = rows.assign(year=[range(a, b + 1) for a, b in zip(rows["first_year"], rows["last_year"], strict=True)]).explode("year")
    rows = rows.dropna(subset=["year"])
    year = rows["year"].astype("int64")
    return rows.assign(
        year=year,
        age=year - rows["designated_year"].astype("int64"),
        approved=(year == rows["approval_year"]).astype("int64"),
        exposed=(year > rows["event_year"]).astype("int64"),
        year_of_event=year == rows["event_year"],
    )[COLUMNS]


COLUMNS = ["designation_id", "sponsor", "year", "age", "approved", "exposed", "year_of_event"]
