"""Drugs of sponsors: designations of one drug by one sponsor taken together, from the first of them to the first approval of any."""

from __future__ import annotations

import pandas as pd

from analysis.panels.orphan_projects import build as projects_of
from analysis.panels.orphan_projects import timed
from analysis.panels.orphan_stretches import TO_THE_END
from analysis.panels.orphan_stretches import build as stretches_of

COLUMNS = ["designation_id", "sponsor", "in_sample", "event_firm", "trend", "trend_squared", "start", "stop", "ended", "exposed"]


def build(orphan_designations: pd.DataFrame, sponsor_events: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """Return one row per stretch of a drug, split around the event and followed to the last list; durations in months.

    A drug is in the sample where all its designations are: with another it began, or was approved, elsewhere.
    """
    projects = projects_of(orphan_designations, sponsor_events, settings)
    listed = projects.merge(orphan_designations[["designation_id", "first_approved"]], on="designation_id", validate="1:1")
    drugs = listed.dropna(subset=["sponsor"]).assign(drug=listed["drug"].str.lower()).sort_values(["designated", "designation_id"])
    found = drugs.groupby(["sponsor", "drug"], as_index=False).agg(
        designation_id=("designation_id", "first"),
        designated=("designated", "min"),
        first_approved=("first_approved", "min"),
        event_day=("event_day", "first"),
        cell=("cell", "first"),
        entered=("entered", "first"),
        event_in_cell=("event_in_cell", "first"),
        reason=("reason", "first"),
    )
    # A drug is followed to the last list, so that withdrawals of single designations of it say nothing.
    whole = stretches_of(timed(found.assign(withdrawn_after=pd.NA, withdrawn_by=pd.NA)))
    return whole.loc[whole["followed"] == TO_THE_END, COLUMNS].rename(columns={"designation_id": "drug_id"})
