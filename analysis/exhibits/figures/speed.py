"""Seconds against rows, one panel per task."""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from analysis.exhibits.display import COLOURS, MARKERS, WIDTH

OURS = "this project"


def draw(speed: pd.DataFrame) -> Figure:
    """Return small multiples on logarithmic axes, for tasks with more than one implementation."""
    data = speed.dropna(subset=["seconds"]).copy()
    data["implementation"] = data["implementation"].str.replace(" (diff-diff)", "", regex=False)
    tasks = [task for task, part in data.groupby("task", sort=False) if part["implementation"].nunique() > 1]
    names = [OURS, *sorted(set(data.loc[data["task"].isin(tasks), "implementation"]) - {OURS})]
    style = {"palette": dict(zip(names, COLOURS, strict=False)), "markers": dict(zip(names, MARKERS, strict=False))}
    columns = 3
    figure, axes = plt.subplots(
        -(-len(tasks) // columns), columns, figsize=(WIDTH, 2.0 * -(-len(tasks) // columns) + 0.8), sharex=True, sharey=True
    )
    for ax, task in zip(axes.flat, tasks, strict=False):
        part = data[data["task"] == task]
        sns.lineplot(
            part,
            x="rows",
            y="seconds",
            hue="implementation",
            style="implementation",
            dashes=False,
            ax=ax,
            legend=False,
            markersize=5,
            **style,
        )
        ax.set(xscale="log", yscale="log", title=task.split(",")[0], xlabel="Rows", ylabel="Seconds")
        ax.xaxis.set_major_formatter(EngFormatter(sep=""))
        ax.yaxis.set_major_formatter("{x:g}")
    for ax in list(axes.flat)[len(tasks) :]:
        ax.set_axis_off()
    handles = [plt.Line2D([], [], color=style["palette"][n], marker=style["markers"][n], label=n, markersize=5) for n in names]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return figure
