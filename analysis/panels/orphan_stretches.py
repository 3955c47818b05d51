"""Orphan projects split at their sponsor's event, and before and after it: exposure begins when the event comes.

Every project is here three times. Followed to the last list, a withdrawn one counts as what it is, never approved. For hazards it
leaves on the day of its withdrawal, of which only a bracket is known: the first possible day, and the last.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from analysis.panels.orphan_projects import NEAR

TO_THE_END, FIRST_DAY, LAST_DAY = "to the last list", "to the first possible withdrawal", "to the last possible withdrawal"
# Months from the event at which stretches are cut: a placebo, a year to either side, the lags of exposure.
PLACEBO, ONE_YEAR, TWO_YEARS = -36.0, 12.0, 24.0
CUTS = (PLACEBO, -NEAR, 0.0, ONE_YEAR, TWO_YEARS)
KEPT = [
    "designation_id", "sponsor", "cell", "entered", "event_in_cell", "event_firm", "trend", "trend_squared", "designated_month", "event_month",
    "ever_exposed", "designated_after", "near_event",
]  # fmt: skip


def build(orphan_projects: pd.DataFrame) -> pd.DataFrame:
    """Return one row per stretch of a project: start and stop in months, exposure, and whether it ends in the first approval."""
    projects = orphan_projects[orphan_projects["months"] > 0]
    withdrawn = projects["withdrawn_to"].notna()
    stops = {
        TO_THE_END: projects["months"],
        FIRST_DAY: projects["withdrawn_from"].where(withdrawn, projects["months"]),
        LAST_DAY: projects["withdrawn_to"].where(withdrawn, projects["months"]),
    }
    parts = [_stretches(projects, stop).assign(followed=followed) for followed, stop in stops.items()]
    return pd.concat(parts, ignore_index=True)


def _stretches(projects: pd.DataFrame, stop: pd.Series) -> pd.DataFrame:
    """Return the stretches of projects that are followed until `stop`, approved there or not."""
    event = projects["months_to_event"].fillna(np.inf)
    bounds = [pd.Series(0.0, projects.index), *((event + cut).clip(lower=0) for cut in CUTS), pd.Series(np.inf, projects.index)]
    rows = []
    for start, end in pairwise(bounds):
        last = np.minimum(end, stop)
        exposures = {
            "exposed": start >= event,
            "exposed_one_year_on": start >= event + ONE_YEAR,
            "exposed_two_years_on": start >= event + TWO_YEARS,
            "exposed_placebo": start >= event + PLACEBO,
        }
        row = projects[[*KEPT, "in_sample", "in_sample_of_all_years"]].assign(
            start=start,
            stop=last,
            ended=((projects["approved"] == 1) & (stop <= end)).astype("int64"),
            before_event=end <= event,
            around_event=(start >= event - NEAR) & (start < event + NEAR),
            **{name: exposed.astype("int64") for name, exposed in exposures.items()},
        )
        rows.append(row[last > start])
    return pd.concat(rows)
