"""The exposure design, given to every other country as a placebo."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.pyplot import subplots

from analysis.exhibits.cells import in_order, labelled, select_rows
from analysis.exhibits.display import COLOURS, WIDTH


def draw(china_exposure: pd.DataFrame, outcomes: dict) -> Figure:
    """Return one panel per outcome: the estimate of each country as if it had been exposed, China marked."""
    names = in_order(china_exposure, outcomes)
    figure, axes = subplots(1, len(names), figsize=(WIDTH, 3.4), squeeze=False)
    for axis, name in zip(axes.flat, names, strict=True):
        own = china_exposure[china_exposure["outcome"] == name]
        placebo = select_rows(own, term="placebo")
        china = own[(own["term"] == "att") & (own["inference"] == "cluster")]
        both = pd.concat([placebo.assign(country=placebo["setting"]), china.assign(country="China")])
        both = both.sort_values("estimate").reset_index(drop=True)
        for exposed, colour, marker in ((False, "#888888", "o"), (True, COLOURS[1], "s")):
            part = both[(both["country"] == "China") == exposed]
            half = 1.96 * part["std_error"]
            axis.errorbar(part["estimate"], part.index, xerr=half, fmt=marker, color=colour, markersize=3.5, elinewidth=0.8, capsize=0)
        axis.axvline(0, color="black", linewidth=0.6)
        axis.set_yticks(range(len(both)), both["country"], fontsize=7)
        axis.grid(axis="y", visible=False)
        axis.set_title(labelled(outcomes, name), fontsize=8)
        axis.set_xlabel("Coefficient")
    return figure
