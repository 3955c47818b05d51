"""Every case of the first cohort against its synthetic control."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.exhibits.cells import number, select_one, select_rows
from analysis.exhibits.display import COLOURS, WIDTH

SMALL = 0.1


def draw(firm_cases: pd.DataFrame, outcomes: dict) -> Figure:
    """Return gaps by years since the first issue, one line per case, and cases ordered by their mean gap with placebo p-values."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.0), width_ratios=[1.3, 1])
    gaps = select_rows(firm_cases, term="gap")
    for _, case in gaps.groupby("setting"):
        case = case.sort_values("event_time")
        left.plot(case["event_time"].astype(int), case["estimate"], color="#999999", linewidth=0.6, alpha=0.8)
    mean = gaps.groupby("event_time")["estimate"].mean()
    left.plot(mean.index.astype(int), mean, color=COLOURS[0], linewidth=2, label="mean of all cases")
    left.axvline(-0.5, color="#888888", linewidth=0.8, linestyle="--")
    left.axhline(0, color="black", linewidth=0.6)
    outcome = outcomes[firm_cases["outcome"].iloc[0]]
    left.set(xlabel="Years since first issue", ylabel=f"Gap, {outcome['unit']}", title=outcome["label"])
    left.legend(loc="upper left")
    cases = select_rows(firm_cases, term="case").sort_values(["estimate", "setting"]).reset_index(drop=True)
    for small, colour, label in ((True, COLOURS[1], f"placebo p up to {SMALL:g}"), (False, "#999999", "larger")):
        own = cases[(cases["p_value"] <= SMALL) == small]
        right.scatter(own["estimate"], own.index + 1, color=colour, s=14, label=label)
    right.axvline(0, color="black", linewidth=0.6)
    right.set(
        xlabel="Mean gap after the first issue",
        ylabel="Cases, ordered",
        title=f"{len(cases)} cases, mean {number(select_one(firm_cases, term='att')['estimate'], 2)}",
    )
    right.yaxis.set_major_locator(MaxNLocator(integer=True))
    # Beside the marks a legend would read as more cases.
    figure.legend(*right.get_legend_handles_labels(), loc="outside lower right", ncols=2, title="Each case", title_fontsize=7.5)
    return figure
