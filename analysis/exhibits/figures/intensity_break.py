"""Why the published R&D intensity is no outcome: it changes its GDP in the year of the first treatment."""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.pyplot import subplots

from analysis.exhibits.display import COLOURS, WIDTH

CENSUSES = {2018.5: "fourth census enters", 2023.5: "fifth census enters"}
LABELLED = 6


def draw(province_statistics: pd.DataFrame, province_onset: pd.DataFrame) -> Figure:
    """Return published intensity less intensity on one vintage, a line per province; treated provinces in colour."""
    data = province_statistics.assign(
        gap=province_statistics["rd_intensity_published_pct"] - province_statistics["rd_intensity_revised_pct"]
    )
    wide = data.pivot(index="year", columns="province", values="gap").dropna(how="all")
    treated = set(province_onset.loc[province_onset["status"] == "treated", "province"])
    figure, axis = subplots(figsize=(WIDTH, 3.3))
    for province in wide:
        own = province in treated
        axis.plot(
            wide.index.astype(int),
            wide[province],
            color=COLOURS[0] if own else "#AAAAAA",
            linewidth=1.2 if own else 0.7,
            zorder=2 if own else 1,
        )
    axis.plot([], [], color=COLOURS[0], label="provinces with a confirmed first issue")
    axis.plot([], [], color="#AAAAAA", label="other provinces")
    bottom = float(wide.min().min())
    for year, text in CENSUSES.items():
        axis.axvline(year, color="black", linestyle="--", linewidth=0.8)
        side, shift = ("left", 0.08) if year < 2020 else ("right", -0.08)
        axis.text(year + shift, bottom, text, rotation=90, ha=side, va="bottom", fontsize=7)
    axis.axvspan(2017.6, 2018.4, color=COLOURS[4], alpha=0.25, linewidth=0)
    axis.text(2018, bottom, "first issues", rotation=90, ha="center", va="bottom", fontsize=7)
    _label(axis, wide)
    axis.axhline(0, color="black", linewidth=0.6)
    axis.set_xlim(2009.6, 2024.2)
    axis.set_xticks(range(2011, 2025, 2))
    axis.set_ylabel("Published less one vintage\n(percentage points of GDP)")
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncol=2)
    sns.despine(figure)
    return figure


def _label(axis: Axes, wide: pd.DataFrame) -> None:
    """Name the provinces with the largest gaps in the last year before the break, each where its line begins."""
    start, first = wide.iloc[0], int(wide.index.min())
    names = wide.loc[2018].dropna().abs().nlargest(LABELLED).index
    at = None
    for province in start[names].sort_values(ascending=False).index:
        at = start[province] if at is None else min(start[province], at - 0.13)
        axis.annotate(
            province,
            (first, start[province]),
            xytext=(first - 0.25, at),
            fontsize=7.5,
            ha="right",
            va="center",
            arrowprops={"arrowstyle": "-", "linewidth": 0.4, "color": "#888888", "shrinkA": 0, "shrinkB": 0},
        )
