"""How unevenly Chinese deals spread over provinces."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.pyplot import subplots

from analysis.exhibits.cells import select_one
from analysis.exhibits.display import COLOURS, WIDTH


def draw(
    issuances: pd.DataFrame,
    regional_shares: pd.DataFrame,
    concentration_register: pd.DataFrame,
    guangdong_share: pd.DataFrame,
    province_onset: pd.DataFrame,
) -> Figure:
    """Return the Lorenz curve of the register over all provinces, and the shares and indices with intervals."""
    figure, axes = subplots(1, 2, figsize=(WIDTH, 3.0))
    deals = issuances[issuances["market"] == "China"]
    counts = deals["province"].value_counts().reindex(province_onset["province"], fill_value=0).sort_values()
    lorenz = np.concatenate([[0], counts.cumsum() / counts.sum()])
    axes[0].plot(np.linspace(0, 1, len(lorenz)), lorenz, color=COLOURS[0], label="deals in the register")
    axes[0].plot([0, 1], [0, 1], color="#888888", linestyle="--", linewidth=0.8, label="equal shares")
    share = float(regional_shares["deals_place"].iloc[0] / regional_shares["deals_all"].iloc[0])
    axes[0].plot([1 - 1 / len(counts)], [1 - share], "s", color=COLOURS[1], label="exchange count, all provinces but Guangdong")
    axes[0].set_title("Lorenz curve", fontsize=8)
    axes[1].set_title("Shares and indices", fontsize=8)
    axes[0].set_xlabel("Cumulative share of provinces")
    axes[0].set_ylabel("Cumulative share of deals")
    axes[0].legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), fontsize=7)
    lines = [("Guangdong's share of\nexchange deals to 2021", select_one(guangdong_share, term="share"))]
    lines += [
        (label, select_one(concentration_register, term=term))
        for label, term in (
            ("Largest province's\nshare, register", "top_share"),
            ("Herfindahl index,\nregister", "hhi"),
            ("Gini coefficient,\nregister", "gini"),
        )
    ]
    _dots(axes[1], lines, float(regional_shares["benchmark"].iloc[0]))
    sns.despine(figure)
    return figure


def _dots(axis: Axes, lines: list[tuple[str, pd.Series]], benchmark: float) -> None:
    for position, (_, row) in enumerate(reversed(lines)):
        axis.errorbar(
            row["estimate"],
            position,
            xerr=[[row["estimate"] - row["ci_low"]], [row["ci_high"] - row["estimate"]]],
            fmt="o",
            color=COLOURS[0],
            capsize=2,
        )
    axis.plot([benchmark], [len(lines) - 1], "^", color=COLOURS[2])
    axis.annotate(
        "its share of inventions", (benchmark, len(lines) - 1), xytext=(-4, -11), textcoords="offset points", fontsize=7, ha="left"
    )
    axis.set_yticks(range(len(lines)), [label for label, _ in reversed(lines)], fontsize=7)
    axis.set_xlim(0, 1)
    axis.set_ylim(-0.6, len(lines) - 0.4)
    axis.set_xlabel("Share or index, 95 % interval")
