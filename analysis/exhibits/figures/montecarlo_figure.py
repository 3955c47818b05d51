"""SIMULATED. Coverage against bias of every method: what honest intervals look like, and what the others do."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from analysis.exhibits.display import COLOURS, MARKERS, WIDTH

LIMIT = 4.0


def draw(montecarlo: pd.DataFrame) -> Figure:
    """Return bias in standard deviations against coverage, and the size of tests, one mark per data-generating process and method."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.0), width_ratios=[1.3, 1])
    data = montecarlo.assign(
        ratio=(montecarlo["bias"].abs() / montecarlo["spread"]).clip(upper=LIMIT),
        meant=np.where(montecarlo["misused"], "misused", "as meant"),
    )
    marks = {"as meant": MARKERS[0], "misused": MARKERS[1]}
    colours = {"as meant": COLOURS[0], "misused": COLOURS[1]}
    shown = data.dropna(subset=["coverage", "ratio"])
    sns.scatterplot(shown, x="ratio", y="coverage", hue="meant", style="meant", markers=marks, palette=colours, ax=left, s=26, alpha=0.85)
    left.axhline(0.95, color="#555555", linewidth=0.8, linestyle=":")
    left.set(
        xlabel=f"Absolute bias in standard deviations (cut at {LIMIT:g})",
        ylabel="Coverage of nominal 95 % intervals",
        title="Bias and coverage",
    )
    left.legend(title=None, loc="lower left")
    sized = data.dropna(subset=["size"]).sort_values(["misused", "size", "data_generating_process", "method"], kind="stable")
    sized = sized.assign(rank=np.arange(1, len(sized) + 1))
    sns.scatterplot(
        sized, x="rank", y="size", hue="meant", style="meant", markers=marks, palette=colours, ax=right, s=26, alpha=0.85, legend=False
    )
    right.axhline(0.05, color="#555555", linewidth=0.8, linestyle=":")
    right.set(xlabel="Methods, ordered", ylabel="Rejections of a true null, nominal 5 %", title="Size")
    return figure
