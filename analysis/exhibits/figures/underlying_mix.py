"""What the deals rest on, over time, and when each class first appears."""

import itertools

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.pyplot import subplots

from analysis.exhibits.display import COLOURS, WIDTH

CLASSES = ("copyright", "trademark", "patent", "mixed", "not stated")
HATCHES = ("", "////", "....", "xxxx", "")
SHADES = (COLOURS[4], COLOURS[5], COLOURS[0], COLOURS[2], "#DDDDDD")
PERIODS = {"World": [1997, 2002, 2007, 2012, 2017, 2022, 2027], "China": [2018, 2020, 2021, 2022, 2023, 2024, 2027]}


def draw(issuances: pd.DataFrame) -> Figure:
    """Return stacked shares of deals by class and period, with the first year of each class in the legend."""
    figure, axes = subplots(1, 2, figsize=(WIDTH, 2.9))
    for axis, (market, edges) in zip(axes, PERIODS.items(), strict=True):
        deals = issuances[(issuances["market"] == market) & issuances["securitization"] & issuances["year"].notna()]
        _stack(axis, deals.assign(year=deals["year"].astype(int)), edges)
        axis.set_title("Outside China" if market == "World" else "China", fontsize=8)
    axes[0].set_ylabel("Share of deals")
    sns.despine(figure)
    return figure


def _stack(axis: Axes, deals: pd.DataFrame, edges: list[int]) -> None:
    labels = [str(a) if b == a + 1 else f"{a}\n–{str(min(b - 1, 2026))[2:]}" for a, b in itertools.pairwise(edges)]
    period = pd.cut(deals["year"], edges, right=False, labels=labels)
    counts = pd.crosstab(period, deals["underlying"]).reindex(index=labels, columns=list(CLASSES), fill_value=0)
    share = counts.div(counts.sum(axis=1), axis=0)
    bottom = pd.Series(0.0, index=share.index)
    for name, hatch, shade in zip(CLASSES, HATCHES, SHADES, strict=True):
        first = deals.loc[deals["underlying"] == name, "year"]
        label = name if first.empty or name == "not stated" else f"{name} (first {first.min()})"
        if counts[name].sum():
            axis.bar(share.index, share[name], bottom=bottom, color=shade, hatch=hatch, edgecolor="white", linewidth=0.4, label=label)
        bottom += share[name]
    for position, total in enumerate(counts.sum(axis=1)):
        axis.text(position, 1.01, f"{total}", ha="center", va="bottom", fontsize=7)
    axis.set_ylim(0, 1.08)
    axis.grid(axis="x", visible=False)
    axis.tick_params(axis="x", labelsize=7)
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.17), ncol=2, fontsize=7)
