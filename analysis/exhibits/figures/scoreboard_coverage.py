"""What the R&D Scoreboard covers: firms by place, total R&D, and the R&D it takes to be listed."""

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.pyplot import subplots

from analysis.exhibits.display import COLOURS, MARKERS, WIDTH

ORDER = ["US", "China", "Japan", "Other"]
PLACES = {"US": "US", "China": "China", "Japan": "Japan"}


def draw(scoreboard: pd.DataFrame, scoreboard_checks: pd.DataFrame) -> Figure:
    """Return three panels over fiscal years; the missing year is left open."""
    data = scoreboard.assign(place=scoreboard["country"].map(PLACES).fillna("Other"), year=scoreboard["fiscal_year"].astype(int))
    counts = data.groupby(["year", "place"]).size().unstack().reindex(range(data["year"].min(), data["year"].max() + 1))
    figure, axes = subplots(1, 3, figsize=(WIDTH, 2.3))
    # Unconnected runs of years: a line across the missing year would invent it.
    long = counts.melt(ignore_index=False, value_name="firms").reset_index()
    long["run"] = long["year"].map(counts.isna().all(axis=1).cumsum())
    sns.lineplot(
        long.dropna(), x="year", y="firms", hue="place", style="place", hue_order=ORDER, style_order=ORDER, dashes=False,
        markers=MARKERS[:4], palette=COLOURS[:4], markersize=5, units="run", estimator=None, ax=axes[0],
    )  # fmt: skip
    axes[0].set_title("Firms listed", fontsize=8)
    axes[0].legend(ncol=2, handlelength=1.4, columnspacing=0.8, loc="upper center")
    axes[0].set_ylim(0, 1.4 * long["firms"].max())
    checks = scoreboard_checks.set_index(scoreboard_checks["fiscal_year"].astype(int)).reindex(counts.index)
    axes[1].plot(checks.index, checks["rd_billion"], color=COLOURS[0], marker="o", label="as read")
    axes[1].plot(checks.index, checks["published_rd_billion"], "x", color="black", markersize=6, label="as published")
    axes[1].set_title("Total R&D", fontsize=8)
    axes[1].set_ylim(bottom=0)
    axes[1].legend()
    thresholds = data[data["rank"] <= 2000].groupby("year")["rd"].min().reindex(counts.index)
    axes[2].plot(thresholds.index, thresholds, color=COLOURS[2], marker="^")
    axes[2].set_title("R&D at rank 2,000", fontsize=8)
    axes[2].set_ylim(bottom=0)
    for axis, unit in zip(axes, ("Firms", "Billion euro", "Million euro"), strict=True):
        axis.set_ylabel(unit)
        axis.set_xticks([2013, 2016, 2019, 2022])
        axis.set_xlabel("Fiscal year")
    sns.despine(figure)
    return figure
