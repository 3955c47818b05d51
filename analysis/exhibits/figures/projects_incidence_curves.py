"""Orphan drugs: share approved by age, by whether the sponsor's event came first, and share withdrawn between its bounds."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from analysis.exhibits.cells import select_rows
from analysis.exhibits.display import COLOURS, MARKERS, WIDTH

GROUPS = ("after the event", "before the event", "no known event")
# Where the panel ends, so that the name of a curve has room behind it, and how far up in points a name stands from the end of its curve.
LABELLED, SHIFTS = 185, (-5, 5, 0)


def draw(projects_incidence: pd.DataFrame, projects_withdrawn_early: pd.DataFrame, projects_withdrawn_late: pd.DataFrame) -> Figure:
    """Return two panels: cumulative incidence of approval by group, and of withdrawal with its bounds, with 95 % intervals."""
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 2.5), sharey=True)
    for i, group in enumerate(GROUPS):
        own = _by_age(projects_incidence, f"incidence:1[{group}]")
        axes[0].plot(own["months"], own["estimate"], color=COLOURS[i], marker=MARKERS[i])
        last = own.iloc[-1]
        axes[0].annotate(
            group, (last["months"], last["estimate"]), xytext=(5, SHIFTS[i]), textcoords="offset points", color=COLOURS[i], va="center"
        )
        axes[0].fill_between(own["months"], own["ci_low"].clip(0), own["ci_high"].clip(upper=1), color=COLOURS[i], alpha=0.15, linewidth=0)
    axes[0].set(title="Approved, by day of designation", xlabel="Months since designation", ylabel="Cumulative incidence")
    axes[0].set_ylim(0, 0.58)
    axes[0].set_xlim(right=LABELLED)
    axes[0].set_xticks(range(0, int(last["months"]) + 1, 24))  # nothing is drawn behind: the room is for names
    early, late = (_by_age(table, "incidence:2") for table in (projects_withdrawn_early, projects_withdrawn_late))
    axes[1].fill_between(
        early["months"], early["estimate"], late["estimate"], color=COLOURS[3], alpha=0.25, linewidth=0, label="between the two"
    )
    axes[1].plot(early["months"], early["estimate"], color=COLOURS[3], marker=MARKERS[0], label="first possible day")
    axes[1].plot(late["months"], late["estimate"], color=COLOURS[4], marker=MARKERS[1], label="last possible day")
    axes[1].set(title="Withdrawn, all sponsors", xlabel="Months since designation")
    axes[1].legend(loc="upper left")
    return figure


def _by_age(table: pd.DataFrame, term: str) -> pd.DataFrame:
    own = select_rows(table, term=term)
    return own.assign(months=own["setting"].astype(float)).sort_values("months")
