"""Orphan designations of the FDA to January 2022: where a project begins, and when it was first approved or withdrawn."""

from __future__ import annotations

import pandas as pd

from analysis.core.errors import DataError
from analysis.sources._sponsors import one_name

CLOSED = "2022-01-13"  # the day of the export: later designations are known only if they were approved


def clean(orphan_designation_list: pd.DataFrame, orphan_approval_list: pd.DataFrame, orphan_sponsor_list: pd.DataFrame) -> pd.DataFrame:
    """Return one row per designation; raise DataError where a bracket or the two lists contradict themselves."""
    listed = orphan_designation_list.reset_index(drop=True)
    _need_brackets(listed)
    _need_one_day(listed, orphan_approval_list)
    in_order = orphan_approval_list.sort_values("approved")
    first = in_order.drop_duplicates("designation_id").set_index("designation_id")["approved"]
    return listed.assign(
        printed_sponsor=listed["sponsor"],
        sponsor=one_name(listed["sponsor"], orphan_sponsor_list),
        first_approved=listed["designation_id"].map(first).astype("string"),
    )


def _need_brackets(listed: pd.DataFrame) -> None:
    after, by = listed["withdrawn_after"], listed["withdrawn_by"]
    for bad, rule in (
        (listed["designated"] > CLOSED, f"designations after {CLOSED} are known only if approved"),
        (after.isna() != by.isna(), "a withdrawal has both ends of its bracket, or none"),
        (after > by, "withdrawn_after lies after withdrawn_by"),
        (after < listed["designated"], "a designation was withdrawn before it was made"),
    ):
        if bad.fillna(False).any():
            row = listed[bad.fillna(False)].iloc[0]
            given = f"designated {row['designated']}, withdrawn_after {row['withdrawn_after']}, withdrawn_by {row['withdrawn_by']}"
            raise DataError(f"orphan_designation_list: designation {row['designation_id']} ({given}): {rule}")


def _need_one_day(listed: pd.DataFrame, approvals: pd.DataFrame) -> None:
    days = approvals["designation_id"].map(listed.set_index("designation_id")["designated"])
    wrong = approvals[(days.notna() & (days != approvals["designated"])).fillna(False)]
    if len(wrong):
        row = wrong.iloc[0]
        raise DataError(
            f"orphan_approval_list: designation {row['designation_id']}, approved {row['approved']}: designated {row['designated']} "
            f"is not the day in orphan_designation_list, {days[wrong.index[0]]}"
        )
