"""How much one province moves the estimate."""

import textwrap

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.pyplot import subplots

from analysis.exhibits.cells import in_order, select_one, select_rows
from analysis.exhibits.display import COLOURS, WIDTH

# Treated provinces have a randomization interval, the others a point.
INTERVALS = (("randomization_t", "without a treated province", COLOURS[1]), ("analytic", "without another", COLOURS[0]))


def draw(province_leave_one_out_att: pd.DataFrame, outcomes: dict) -> Figure:
    """Return one panel per outcome: the estimate without each province, sorted, the full one as a line."""
    names = in_order(province_leave_one_out_att, outcomes)
    figure, axes = subplots(1, len(names), figsize=(WIDTH, 4.8), squeeze=False)
    for axis, name in zip(axes.flat, names, strict=True):
        own = province_leave_one_out_att[province_leave_one_out_att["outcome"] == name]
        full = select_one(own, term="att", inference="analytic")["estimate"]
        _panel(axis, select_rows(own, term="att_without"))
        axis.axvline(full, color="black", linewidth=0.8, linestyle="--")
        axis.axvline(0, color="black", linewidth=0.6)
        axis.set_title("\n".join(textwrap.wrap(outcomes[name]["label"], 20)), fontsize=8)
        axis.set_xlabel(f"Effect ({outcomes[name]['unit']})", fontsize=7)
    handles, labels = axes.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=7)
    sns.despine(figure)
    return figure


def _panel(axis: Axes, rows: pd.DataFrame) -> None:
    """Draw one line per province, ordered by its estimate, with an interval where randomization gives one."""
    # A province has an analytic row always and a randomization row if it is treated, which goes first.
    rows = rows.sort_values("inference", ascending=False).drop_duplicates("setting").sort_values("estimate").reset_index(drop=True)
    for inference, label, colour in INTERVALS:
        own = rows[rows["inference"] == inference]
        axis.scatter(own["estimate"], own.index, color=colour, s=14, linewidth=0, zorder=3, label=label)
        if inference == "randomization_t":
            axis.hlines(own.index, own["ci_low"], own["ci_high"], color=colour, linewidth=1)
    axis.set_yticks(rows.index, rows["setting"], fontsize=7)
