"""Orphan drugs: sponsors with an event beside the other sponsors, by what is known of them early on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.exhibits.cells import count, number
from analysis.exhibits.display import Table
from analysis.exhibits.tables._balance import compared, spread

EARLY = pd.DateOffset(years=3)
EPOCH = 2000
GROUPS = ("Event", "Others")
LIKE = ", like"


def layout(orphan_projects: pd.DataFrame, orphan_designations: pd.DataFrame) -> Table:
    """Return one row per trait of sponsors: means, normalized difference and overlap, then against others of the same cells.

    Early: within three years of a sponsor's first designation. Like sponsors: those of the same cell
    (early designations, country, period of entry), weighted to the cells of the sponsors with an event; over the same spread.
    """
    sponsors = (
        orphan_projects[orphan_projects["in_sample"]]
        .groupby("sponsor")
        .agg(projects=("designation_id", "size"), event_day=("event_day", "first"), cell=("cell", "first"))
    )
    early = _early(orphan_designations).reindex(sponsors.index)
    event = sponsors["event_day"].notna()
    weights = _weights(sponsors["cell"], event)
    traits = {
        f"Years from {EPOCH} to the first designation": early["entry"].dt.year - EPOCH,
        "Of the United States": early["home"],
        "Designations, early, log": np.log(early["designations"]),
        "More than one designation, early": early["designations"] > 1,
        "Approvals, early": early["approvals"],
        "Any approval, early": early["approvals"] > 0,
        "Projects in the sample, log": np.log(sponsors["projects"]),
    }
    rows = []
    for label, given in traits.items():
        values = given.astype(float)
        like = np.average(values[~event], weights=weights[~event])
        met = values[event & (weights > 0)].mean()
        cells = {f"Others{LIKE}": number(like, 2), f"Difference{LIKE}": number((met - like) / spread(values, event), 2)}
        rows.append({"Trait": label} | compared(values, event, GROUPS) | cells)
    soon = pd.to_datetime(sponsors["event_day"]) < early["entry"] + EARLY
    rows += [
        {
            "Trait": "Sponsors",
            "Event": count(event.sum()),
            "Others": count((~event).sum()),
            f"Others{LIKE}": count((weights[~event] > 0).sum()),
        },
        {"Trait": "of these with like sponsors", "Event": count((weights[event] > 0).sum())},
        {"Trait": "whose event comes within the early years", "Event": count(soon.sum())},
    ]
    return Table(pd.DataFrame(rows).fillna(""), data=sponsors.join(early).reset_index(), widths={"Trait": "1fr"}, rules=(len(traits),))


def _early(designations: pd.DataFrame) -> pd.DataFrame:
    """Return by sponsor the day of its first designation, whether it is of the United States, and designations and approvals early on."""
    listed = designations.dropna(subset=["sponsor"]).sort_values(["designated", "designation_id"])
    listed = listed.assign(day=pd.to_datetime(listed["designated"]), approved=pd.to_datetime(listed["first_approved"]))
    entry = listed.groupby("sponsor")["day"].transform("min")
    listed = listed.assign(made=listed["day"] < entry + EARLY, met=listed["approved"] < entry + EARLY)
    found = listed.groupby("sponsor").agg(
        entry=("day", "min"), country=("country", "first"), designations=("made", "sum"), approvals=("met", "sum")
    )
    return found.assign(home=(found.pop("country") == "United States").fillna(False))


def _weights(cell: pd.Series, event: pd.Series) -> pd.Series:
    """Return weights that give the others of each cell together as much as it holds sponsors with an event; 0 where a side is missing."""
    ours, others = (cell[side].value_counts() for side in (event, ~event))
    own = cell.map(ours).fillna(0.0) / cell.map(others)
    return own.where(~event, cell.isin(others.index).astype(float)).fillna(0.0)
