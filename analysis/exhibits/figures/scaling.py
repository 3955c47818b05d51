"""Seconds and memory against rows of the file, for the tasks that others do as well or that are streamed."""

from textwrap import fill
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

from analysis.exhibits.display import COLOURS, MARKERS, WIDTH

OURS = "this project"
MEASURES = {"cpu_seconds": "Seconds of processors", "peak_gb": "Peak memory, GB"}


def draw(scaling: pd.DataFrame) -> Figure:
    """Return a column for each task with more than one implementation: processor seconds above, memory below, logarithmic axes."""
    data = scaling.dropna(subset=["seconds"])
    tasks = [task for task, part in data.groupby("task", sort=False) if part["implementation"].nunique() > 1]
    data = data[data["task"].isin(tasks)]
    names = [OURS, *sorted(set(data["implementation"]) - {OURS})]
    style: dict[str, dict[str, Any]] = {name: {"color": c, "marker": m} for name, c, m in zip(names, COLOURS, MARKERS, strict=False)}
    figure, axes = plt.subplots(2, len(tasks), figsize=(WIDTH, 4.2), sharex=True, sharey="row", squeeze=False)
    for column, task in enumerate(tasks):
        for row, (measure, label) in enumerate(MEASURES.items()):
            ax = axes[row, column]
            for name, part in data[data["task"] == task].groupby("implementation", sort=False):
                ax.plot(part["rows"], part[measure], markersize=4, **style[name])
            ax.set(xscale="log", yscale="log")
            ax.margins(x=0.12)
            ax.xaxis.set_major_formatter(EngFormatter(sep=""))
            ax.xaxis.set_minor_formatter(NullFormatter())
            ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            ax.yaxis.set_major_formatter("{x:g}")
            ax.yaxis.set_minor_formatter(NullFormatter())
            if not column:
                ax.set_ylabel(label)
        axes[0, column].set_title(fill(task.split(",")[0], 14), fontsize=7.5)
        axes[1, column].set_xlabel("Rows")
    handles = [plt.Line2D([], [], **style[name], label=name, markersize=5) for name in names]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return figure
