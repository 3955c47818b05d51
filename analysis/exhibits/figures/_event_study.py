"""Small multiples of event-study estimates, shared by the province and the firm study."""

from __future__ import annotations

import math
import textwrap

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.pyplot import subplots

from analysis.core.comparisons import Comparison
from analysis.exhibits.cells import in_order, number, prefixed, select_one, select_rows
from analysis.exhibits.display import COLOURS, WIDTH

# Intervals this many times as long as the median one of their panel are cut at its edge.
WIDEST = 3


def event_study_of(comparison: Comparison, outcomes: dict) -> Figure:
    """Return the event study that a listed figure asks for: `from`, `inference`, `overall` (the same, if not said) and `columns`.

    Overall effects are those of `main` where the entry names it.
    """
    entry, tables = comparison.entry, comparison.tables
    overall = entry.get("overall", entry["inference"])
    estimates = tables[entry["from"]]
    if "main" in entry:
        main = select_rows(tables[entry["main"]], term="att")
        estimates = pd.concat([estimates[estimates["term"] != "att"], main[main["outcome"].isin(estimates["outcome"])]])
    return event_study(estimates, outcomes, entry["inference"], overall, entry.get("columns", 3))


def event_study(estimates: pd.DataFrame, outcomes: dict, inference: str, overall: str, columns: int = 3) -> Figure:
    """Return one panel per outcome: estimates by event time with 95 % intervals of `inference`.

    The overall effect is printed in each panel with the p-value of the inference named `overall`.
    """
    names = in_order(estimates, outcomes)
    rows = math.ceil(len(names) / columns)
    figure, axes = subplots(rows, columns, figsize=(WIDTH, 2.0 * rows + 0.3), sharex=True, squeeze=False)
    for axis, name in zip(axes.flat, names, strict=False):
        event_panel(axis, select_rows(estimates, outcome=name), name, outcomes, inference, overall)
    for axis in axes.flat[len(names) :]:
        axis.set_visible(False)
    for column in range(columns):
        last = max((r for r in range(rows) if r * columns + column < len(names)), default=0)
        axes[last, column].set_xlabel("Years since first event")
        axes[last, column].tick_params(labelbottom=True)
    return figure


def event_panel(axis: Axes, estimates: pd.DataFrame, name: str, outcomes: dict, inference: str, overall: str) -> None:
    """Draw one outcome by event time with intervals of `inference`; the overall effect and its p-value by `overall` above it."""
    events = select_rows(estimates, term="event", inference=inference).dropna(subset=["estimate"]).sort_values("event_time")
    axis.axhline(0, color="black", linewidth=0.6)
    axis.axvline(-0.5, color="#888888", linewidth=0.8, linestyle="--")
    for after, colour, marker in ((False, "black", "o"), (True, COLOURS[0], "s")):
        part = events[(events["event_time"] >= 0) == after]
        low, high = part["estimate"] - part["ci_low"], part["ci_high"] - part["estimate"]
        axis.errorbar(
            part["event_time"].astype(float), part["estimate"], yerr=[low.clip(lower=0), high.clip(lower=0)], fmt=marker, color=colour,
            markersize=3.5, elinewidth=1, capsize=0, markerfacecolor="white" if not after else colour,
        )  # fmt: skip
    _cut_wide_intervals(axis, events)
    row = select_one(estimates, term="att", inference=overall)
    average = "" if pd.isna(row["estimate"]) else f"average {number(row['estimate'], 2)}, p {prefixed(row['p_value'])}"
    axis.set_title("\n".join(textwrap.wrap(outcomes[name]["label"], 20)), fontsize=8.5, pad=13)
    axis.text(0, 1.02, average, transform=axis.transAxes, fontsize=7.8, va="bottom")
    axis.set_ylabel(outcomes[name]["unit"].capitalize(), fontsize=8)
    axis.tick_params(labelsize=8)
    axis.locator_params(axis="x", integer=True)


def _cut_wide_intervals(axis: Axes, events: pd.DataFrame) -> None:
    """Let the panel end where its ordinary intervals do; an arrow stands where a much wider one goes on.

    An event time with one treated unit has an interval so wide that, drawn whole, nothing else in the panel can be read.
    """
    length = events["ci_high"] - events["ci_low"]
    ordinary = events[length <= WIDEST * length.median()]
    if len(ordinary) in (0, len(events)):
        return
    low = min(0.0, ordinary["ci_low"].min(), events["estimate"].min())
    high = max(0.0, ordinary["ci_high"].max(), events["estimate"].max())
    room = 0.08 * (high - low)
    axis.set_ylim(low - room, high + room)
    for edge, marker, beyond in ((low - room, "v", events["ci_low"] < low - room), (high + room, "^", events["ci_high"] > high + room)):
        times = events.loc[beyond, "event_time"].astype(float)
        (arrows,) = axis.plot(times, [edge] * len(times), marker, color=COLOURS[0], markersize=3.5, clip_on=False, zorder=5)
        arrows.set_in_layout(False)


def mark_true_effects(figure: Figure, estimates: pd.DataFrame, truth: pd.DataFrame, outcomes: dict) -> Figure:
    """Add to each panel of an event study the true effects by event time; nothing where none are known."""
    for axis, name in zip(figure.axes, in_order(estimates, outcomes), strict=False):
        own = truth[(truth["quantity"] == outcomes[name].get("true_effect", "")) & (truth["at"] != "overall")].dropna(subset=["value"])
        last = select_rows(estimates, outcome=name, term="event")["event_time"].max()
        own = own.assign(at=own["at"].astype(int)).sort_values("at")
        own = own[own["at"] <= last]
        if len(own):
            axis.plot(own["at"], own["value"], color=COLOURS[1], linewidth=1.1, marker="D", markersize=3, label="true", zorder=1)
            # Beside the last one, where no legend hides the end of an interval.
            end = (own["at"].iloc[-1], own["value"].iloc[-1])
            axis.annotate("true", end, xytext=(5, 0), textcoords="offset points", fontsize=7.5, color=COLOURS[1], va="center")
            axis.margins(x=0.12)
    return figure
