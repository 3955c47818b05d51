"""Orphan drugs: the time ratio by comparison, from the study's kind to the placebo, beside what the claim says."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.exhibits.cells import select_one
from analysis.exhibits.display import COLOURS, MARKERS, WIDTH

KINDS = ("approved only", "every project", "timing questioned", "placebo")


def draw(
    projects_completed: pd.DataFrame,
    projects_completed_did: pd.DataFrame,
    projects_cycle: pd.DataFrame,
    projects_cycle_lognormal: pd.DataFrame,
    projects_aft: pd.DataFrame,
    projects_under_way: pd.DataFrame,
    projects_lag_1: pd.DataFrame,
    projects_lag_2: pd.DataFrame,
    projects_without_near: pd.DataFrame,
    projects_firms_only: pd.DataFrame,
    projects_placebo: pd.DataFrame,
    claims: dict,
) -> Figure:
    """Return time ratios with 95 % intervals on a log scale; the band is the region of the claim."""
    lines = [
        ("Approved only, after against before", projects_completed, "designated_after", 0),
        ("Approved only, difference-in-differences", projects_completed_did, "designated_after", 0),
        ("Mixture cure, Weibull (primary)", projects_cycle, "exposed", 1),
        ("Mixture cure, log-normal", projects_cycle_lognormal, "exposed", 1),
        ("Weibull, all approved at some time", projects_aft, "exposed", 1),
        ("Designated before the event only", projects_under_way, "exposed", 2),
        ("Exposed from a year after", projects_lag_1, "exposed_one_year_on", 2),
        ("Exposed from two years after", projects_lag_2, "exposed_two_years_on", 2),
        ("Without approvals near the event", projects_without_near, "exposed", 2),
        ("Sponsors with an event only", projects_firms_only, "exposed", 2),
        ("Placebo, three years before", projects_placebo, "exposed_placebo", 3),
    ]
    region = claims["Q1"]["firms"][0]["region"]
    figure, axis = plt.subplots(figsize=(WIDTH, 3.0))
    axis.axvspan(np.exp(region["low"]), np.exp(region["high"]), color=COLOURS[2], alpha=0.2, linewidth=0, label="the claim")
    axis.axvline(1.0, color="black", linewidth=0.8)
    seen: set[int] = set()
    for place, (_, table, term, kind) in enumerate(lines):
        row = select_one(table, term=term, inference="cluster")
        if pd.isna(row["estimate"]):
            continue
        middle, low, high = np.exp(np.array([row["estimate"], row["ci_low"], row["ci_high"]], dtype=float))
        label = KINDS[kind] if kind not in seen else None
        seen.add(kind)
        colour = COLOURS[(0, 1, 3, 6)[kind]]
        axis.errorbar(middle, place, xerr=[[middle - low], [high - middle]], fmt=MARKERS[kind], color=colour, capsize=2, label=label)
    axis.set_xscale("log")
    ticks = [0.1, 0.2, 0.5, 1.0, 2.0]
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.minorticks_off()
    axis.set_yticks(range(len(lines)), [words for words, *_ in lines])
    axis.invert_yaxis()
    axis.set(xlabel="Time ratio (below 1: faster)")
    axis.legend(loc="lower left", bbox_to_anchor=(-0.35, 1), ncols=5, handletextpad=0.4, columnspacing=1.0)
    return figure
