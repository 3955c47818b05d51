"""Deals by year: the register's counts, and the published value of the Chinese market."""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.pyplot import subplots

from analysis.exhibits.display import COLOURS, MARKERS, WIDTH


def draw(issuances: pd.DataFrame, market_series: pd.DataFrame) -> Figure:
    """Return counts by year outside China and in China (new pools and refinancings), and annual values by provider."""
    deals = issuances[issuances["securitization"] & issuances["year"].notna()]
    figure, axes = subplots(1, 3, figsize=(WIDTH, 2.4), width_ratios=[1.5, 1, 1])
    for axis, market, title in ((axes[0], "World", "Register, outside China"), (axes[1], "China", "Register, China")):
        own = deals[deals["market"] == market]
        years = range(int(own["year"].min()), int(own["year"].max()) + 1)
        counts = pd.crosstab(own["year"].astype(int), own["pool_order"] > 1).reindex(years, fill_value=0)
        new, again = counts.get(False, pd.Series(0, index=counts.index)), counts.get(True, pd.Series(0, index=counts.index))
        axis.bar(counts.index, new, color=COLOURS[0], label="new pool", width=0.8)
        axis.bar(
            counts.index,
            again,
            bottom=new,
            color="white",
            edgecolor=COLOURS[0],
            hatch="////",
            linewidth=0.5,
            label="same pool again",
            width=0.8,
        )
        axis.set_title(title, fontsize=8)
        axis.set_ylabel("Deals")
        axis.grid(axis="x", visible=False)
        axis.xaxis.get_major_locator().set_params(integer=True)
    axes[0].legend(loc="upper left")
    axes[0].set_ylim(top=1.2 * axes[0].get_ylim()[1])
    _values(axes[2], market_series)
    sns.despine(figure)
    return figure


def _values(axis: Axes, market_series: pd.DataFrame) -> None:
    """Draw the annual national values, one marker a provider; providers define the market differently."""
    annual = market_series[
        (market_series["basis"] == "annual") & (market_series["scope"] == "national") & market_series["value_cny_billion"].notna()
    ]
    for (provider, own), colour, marker in zip(annual.groupby("provider"), COLOURS, MARKERS, strict=False):
        axis.plot(
            own["first_year"].astype(int),
            own["value_cny_billion"],
            marker=marker,
            color=colour,
            linestyle="-" if len(own) > 1 else "",
            label=provider.replace(", unnamed", "").replace(" Credit Rating", ""),
        )
    axis.set_title("China, as published", fontsize=8)
    axis.set_ylabel("Billion yuan a year")
    axis.set_ylim(0, 13)
    axis.set_xlim(2021.5, 2025.5)
    axis.set_xticks([2022, 2023, 2024, 2025])
    axis.legend(loc="lower right", fontsize=7)
