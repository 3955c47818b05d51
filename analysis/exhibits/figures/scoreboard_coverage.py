"""What the R&D Scoreboard covers: firms by place, total R&D, and the R&D it takes to be listed."""

import seaborn as sns
from matplotlib.pyplot import subplots

from analysis.exhibits.display import COLOURS, MARKERS, WIDTH

PLACES = {"US": "US", "China": "China", "Japan": "Japan"}


def draw(scoreboard, scoreboard_checks):
    """Return three panels over fiscal years; the missing year is left open."""
    data = scoreboard.assign(place=scoreboard["country"].map(PLACES).fillna("Other"), year=scoreboard["fiscal_year"].astype(int))
    counts = data.groupby(["year", "place"]).size().unstack().reindex(range(data["year"].min(), data["year"].max() + 1))
    figure, axes = subplots(1, 3, figsize=(WIDTH, 2.3))
    for place, colour, marker in zip(("US", "China", "Japan", "Other"), COLOURS, MARKERS, strict=False):
        axes[0].plot(counts.index, counts[place], color=colour, marker=marker, label=place)
    axes[0].set_title("Firms listed", fontsize=8)
    axes[0].legend(ncol=2, handlelength=1.4, columnspacing=0.8)
    axes[0].set_ylim(0, 1300)
    checks = scoreboard_checks.set_index(scoreboard_checks["fiscal_year"].astype(int)).reindex(counts.index)
    axes[1].plot(checks.index, checks["rd_billion"], color=COLOURS[0], marker="o", label="as read")
    axes[1].plot(checks.index, checks["published_rd_billion"], "x", color="black", markersize=6, label="as published")
    axes[1].set_title("Total R&D (bn euro)", fontsize=8)
    axes[1].set_ylim(bottom=0)
    axes[1].legend()
    thresholds = data[data["rank"] <= 2000].groupby("year")["rd"].min().reindex(counts.index)
    axes[2].plot(thresholds.index, thresholds, color=COLOURS[2], marker="^")
    axes[2].set_title("R&D at rank 2,000 (m euro)", fontsize=8)
    axes[2].set_ylim(bottom=0)
    for axis in axes:
        axis.set_xticks([2013, 2016, 2019, 2022])
        axis.set_xlabel("Fiscal year")
    sns.despine(figure)
    return figure
