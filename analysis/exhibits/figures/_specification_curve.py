"""Specification curves: sorted estimates with intervals, coloured by what the claim's rule reads in them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.pyplot import subplots

from analysis.exhibits.display import COLOURS, MARKERS, WIDTH
from analysis.specification_curve.names import ALL, NONE

READINGS = {"consistent": COLOURS[0], "not consistent": COLOURS[1], "untestable": "#8A8A8A"}
LEGEND = {"untestable": "cannot tell"}
MAIN = "main specification"
STRIP = 0.03  # height of the strip of one reading, as a share of the panel
UNITS = {"within_sd": "within-unit standard deviations", "log points": "log points", "proportion": "share of the untreated mean"}
CHOICES = ("outcome", "sample", "dates", "estimator", "controls", "fixed_effects")


def curves(tables: list[pd.DataFrame], joints: list[pd.DataFrame]) -> Figure:
    """Return one panel per curve; every specification once, with the interval of the main specification's kind where it has one.

    A strip below the estimates shows every reading by itself: dots of one reading would hide those of another.
    """
    figure, panels = subplots(1, len(tables), figsize=(WIDTH, 3.2), squeeze=False)
    for axes, table, joint in zip(panels[0], tables, joints, strict=True):
        _curve(axes, table, joint.set_index("subset").loc[ALL], len(tables))
    found = {label: handle for axes in panels[0] for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    order = [label for label in (*(LEGEND.get(v, v) for v in READINGS), MAIN) if label in found]
    figure.legend([found[label] for label in order], order, loc="outside lower center", ncols=4, markerscale=1.5)
    return figure


def once(table: pd.DataFrame) -> pd.DataFrame:
    """Return every specification once, ordered by estimate, with the inference of the main one where it has it."""
    wanted = table.loc[table["main"], "inference"].iloc[0]
    return (
        table.assign(other=table["inference"] != wanted, verdict=table["reading"].str.partition(" (")[0])
        .sort_values(["other", "number"], kind="stable")
        .drop_duplicates(list(CHOICES))
        .sort_values("number", ignore_index=True)
    )


def _curve(axes: Axes, table: pd.DataFrame, joint: pd.Series, panels: int) -> None:
    shown = once(table)
    x = np.arange(1, len(shown) + 1)
    low, high = shown["ci_low"].to_numpy(float), shown["ci_high"].to_numpy(float)
    axes.vlines(x, low, high, color="#DADADA", linewidth=0.3, rasterized=True, zorder=1)
    for place, (verdict, colour) in enumerate(READINGS.items()):
        chosen = (shown["verdict"] == verdict).to_numpy()
        if chosen.any():
            axes.scatter(
                x[chosen], shown.loc[chosen, "estimate"], s=3, color=colour, label=LEGEND.get(verdict, verdict), rasterized=True, zorder=3
            )
            top = (len(READINGS) - place) * 1.3 * STRIP
            axes.vlines(
                x[chosen], top - STRIP, top, transform=axes.get_xaxis_transform(), color=colour, linewidth=0.3, rasterized=True, zorder=2
            )
    main = shown.index[shown["main"].to_numpy(bool)]
    axes.scatter(
        main + 1,
        shown.loc[main, "estimate"],
        marker=MARKERS[3],
        s=26,
        facecolor="white",
        edgecolor="black",
        label=MAIN,
        zorder=4,
    )
    axes.axhline(0, color="black", linewidth=0.7)
    for edge in joint[["region_low", "region_high"]].dropna():
        axes.axhline(edge, color=COLOURS[2], linewidth=0.9, linestyle="--")
    # Intervals of a few thin samples would flatten everything else.
    reach = np.nanquantile(np.concatenate([low, high]), [0.02, 0.98])
    bottom, top = min(reach[0], shown["estimate"].min()), max(reach[1], shown["estimate"].max())
    axes.set_ylim(bottom - 0.15 * (top - bottom), top)
    title = textwrap.fill(joint["title"], 70 // panels)
    axes.set(title=title, xlabel="Specifications, by estimate", ylabel=UNITS[joint["unit"]].capitalize())


def choices(table: pd.DataFrame, joint: pd.DataFrame) -> Figure:
    """Return the median and the range of the estimates by each choice made alone."""
    shown = once(table)
    rows = pd.DataFrame(list(_levels(shown)), columns=["choice", "level", "median", "low", "high", "n"])
    figure, axes = subplots(figsize=(WIDTH, 0.145 * len(rows) + 0.7))
    place = -np.arange(len(rows))
    colours = [COLOURS[list(dict.fromkeys(rows["choice"])).index(choice) % 6] for choice in rows["choice"]]
    axes.hlines(place, rows["low"], rows["high"], color=colours, linewidth=1.6)
    axes.scatter(rows["median"], place, color=colours, s=16, zorder=3)
    axes.axvline(0, color="black", linewidth=0.7)
    axes.set_yticks(
        place, [f"{choice}: {level}  ({n:,})" for choice, level, n in zip(rows["choice"], rows["level"], rows["n"], strict=True)]
    )
    axes.tick_params(axis="y", labelsize=7)
    axes.set(xlabel=f"{joint['title'].iloc[0]}: {UNITS[joint['unit'].iloc[0]]}", ylim=(-len(rows) + 0.4, 0.6))
    sns.despine(ax=axes, left=True)
    return figure


def _levels(shown: pd.DataFrame) -> Iterator[tuple]:
    """Yield (choice, level, median, 5 % and 95 % quantile, specifications) for each level of each choice."""
    for choice in (c for c in CHOICES if c != "controls"):
        # Estimators other than regressions have no choice of fixed effects or controls.
        for level, part in shown[(shown[choice] != NONE) | (choice != "fixed_effects")].groupby(choice, sort=False):
            yield _level(choice.replace("_", " "), level, part)
    shown = shown[shown["fixed_effects"] != NONE]
    names = sorted({name for controls in shown["controls"] if controls != "none" for name in controls.split(", ")})
    for name in names:
        has = shown["controls"].str.split(", ").map(lambda given, name=name: name in given)
        yield _level("control", name.replace("_", " "), shown[has])
    yield _level("control", "none", shown[shown["controls"] == "none"])


def _level(choice: str, level: str, part: pd.DataFrame) -> tuple:
    return choice, level, part["estimate"].median(), *part["estimate"].quantile([0.05, 0.95]), len(part)
