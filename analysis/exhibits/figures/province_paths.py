"""Raw paths: provinces with a confirmed first issue and provinces where none was found."""

import math
import textwrap

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.pyplot import subplots

from analysis.core.preparation import TRANSFORMS
from analysis.exhibits.cells import measured
from analysis.exhibits.display import COLOURS, WIDTH

BASE = 2017
GROUPS = (("no known issue", "#999999", "--"), ("confirmed first issue", COLOURS[0], "-"))


def draw(province_year: pd.DataFrame, outcomes: dict) -> Figure:
    """Return one panel per outcome: group means of the transformed outcome less its 2017 value, provinces faint."""
    shown = measured(province_year, outcomes)
    rows = math.ceil(len(shown) / 3)
    figure, axes = subplots(rows, 3, figsize=(WIDTH, 1.75 * rows + 0.4), squeeze=False)
    sample = province_year[province_year["certain"]]
    for axis, (_name, about) in zip(axes.flat, shown.items(), strict=False):
        values = TRANSFORMS[about["transform"]](sample[about["column"]].astype(float))
        wide = sample.assign(value=values).pivot(index="year", columns="province", values="value")
        wide = wide - wide.loc[BASE]
        own = sample.groupby("province")["cohort_midyear"].first().le(int(sample["year"].max())).fillna(False).astype(bool)
        for (label, colour, line), members in zip(GROUPS, (wide.columns[~own[wide.columns]], wide.columns[own[wide.columns]]), strict=True):
            axis.plot(wide.index.astype(int), wide[members], color=colour, linewidth=0.4, alpha=0.35)
            axis.plot(
                wide.index.astype(int),
                wide[members].mean(axis=1),
                color=colour if colour != "#999999" else "black",
                linewidth=1.8,
                linestyle=line,
                label=label,
            )
        axis.axvline(BASE + 0.5, color="#888888", linewidth=0.7, linestyle=":")
        low, high = wide.stack().quantile([0.01, 0.99])
        axis.set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))
        axis.set_title("\n".join(textwrap.wrap(about["label"], 22)), fontsize=7.5)
        axis.set_ylabel(about["unit"].capitalize(), fontsize=7)
    spare = list(axes.flat)[len(shown) :]
    for axis in spare:
        axis.set_axis_off()
    handles, labels = axes.flat[0].get_legend_handles_labels()
    # In an empty panel if there is one, else below: lines would cross it.
    if spare:
        spare[0].legend(handles, labels, fontsize=7, loc="center")
    else:
        figure.legend(handles, labels, fontsize=7, loc="outside lower center", ncols=2)
    sns.despine(figure)
    return figure
