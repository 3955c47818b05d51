"""Approvals of orphan designations, credited to the sponsor of the designation and not to whoever holds the drug today."""

from __future__ import annotations

import pandas as pd

from analysis.sources._sponsors import one_name


def clean(orphan_approval_list: pd.DataFrame, orphan_designation_list: pd.DataFrame, orphan_sponsor_list: pd.DataFrame) -> pd.DataFrame:
    """Return one row per approval. Designations after January 2022 have no earlier sponsor on record: their holder stands in."""
    listed = orphan_approval_list.reset_index(drop=True)
    sponsor = listed["designation_id"].map(orphan_designation_list.set_index("designation_id")["sponsor"])
    in_order = listed.sort_values(["designation_id", "approved"])
    first = listed.index.isin(in_order.drop_duplicates("designation_id").index)
    return listed.drop(columns="listed").assign(sponsor=one_name(sponsor.fillna(listed["holder"]), orphan_sponsor_list), first=first)
