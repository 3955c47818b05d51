"""How large differential trends may be before the province effects can no longer be told from zero."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.pyplot import subplots

from analysis.exhibits.cells import select_rows
from analysis.exhibits.display import COLOURS, WIDTH

VIOLATIONS = {
    "honest_relative_magnitude": "Multiple of the worst violation before",
    "honest_smoothness": "Change of the drift's slope a year ({unit})",
}


def draw(province_event_study: pd.DataFrame, province_honest: pd.DataFrame, province_honest_green: pd.DataFrame, outcomes: dict) -> Figure:
    """Return a row per outcome, a column per kind of restriction: intervals against the size of the violations allowed."""
    tables = (province_honest, province_honest_green)
    figure, axes = subplots(len(tables), len(VIOLATIONS), figsize=(WIDTH, 3.8), sharey="row", squeeze=False)
    for row, own in zip(axes, tables, strict=True):
        name = own["outcome"].iloc[0]
        bounds = select_rows(pd.concat([own, select_rows(province_event_study, outcome=name)]), term="att_honest").dropna(subset=["ci_low"])
        for axis, (kind, label) in zip(row, VIOLATIONS.items(), strict=True):
            _intervals(axis, select_rows(bounds, inference=kind))
            axis.axhline(bounds["estimate"].iloc[0], color="black", linewidth=0.8, linestyle="--")
            axis.axhline(0, color="black", linewidth=0.6)
            axis.set_xlabel(label.format(unit=outcomes[name]["unit"]), fontsize=7)
        row[0].set_title(outcomes[name]["label"], fontsize=8)
        row[0].set_ylabel(f"Effect ({outcomes[name]['unit']})", fontsize=7)
    entries = {label: handle for axis in axes.flat for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)}
    figure.legend(entries.values(), entries.keys(), loc="outside lower center", ncols=len(entries), fontsize=7)
    return figure


def _intervals(axis: Axes, bounds: pd.DataFrame) -> None:
    """Draw intervals at evenly spaced sizes; those that exclude zero in dark."""
    bounds = bounds.assign(size=bounds["setting"].astype(float)).sort_values("size").reset_index(drop=True)
    away = (bounds["ci_low"] > 0) | (bounds["ci_high"] < 0)
    for shown, colour, label in ((away, COLOURS[0], "excludes zero"), (~away, COLOURS[5], "holds zero")):
        part = bounds[shown]
        if len(part):
            axis.vlines(part.index, part["ci_low"], part["ci_high"], color=colour, linewidth=3, label=label)
    axis.set_xticks(bounds.index, [f"{size:g}" for size in bounds["size"]])
    axis.set_xlim(-0.6, len(bounds) - 0.4)
    axis.grid(axis="x", visible=False)
