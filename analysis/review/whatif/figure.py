"""The small figure of a what-if: both versions side by side, of an event study their paths."""

from __future__ import annotations

from textwrap import fill

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.pyplot import subplots

from analysis.exhibits.display import COLOURS, MARKERS

# Characters that fit below half of the figure, and above all of it.
HALF, WHOLE = 28, 56


def figure_of(title: str, unit: str, changes: str, rows: list[pd.DataFrame], counts: list[pd.Series]) -> Figure:
    """Return the figure of the baseline and the variant: their `rows`, and of each the row that counts."""
    paths = [table[table["event_time"].notna() & (table["inference"] == row["inference"])] for table, row in zip(rows, counts, strict=True)]
    is_path = all(map(len, paths))
    figure, axes = subplots(figsize=(4.5, 2.6))
    for place, (name, row, path) in enumerate(zip(("baseline", "variant"), counts, paths, strict=True)):
        table = path if is_path else row.to_frame().T
        x = table["event_time"].astype(float) + 0.15 * place if is_path else [place]
        values = table[["estimate", "ci_low", "ci_high"]].astype(float).to_numpy()
        reach = [values[:, 0] - values[:, 1], values[:, 2] - values[:, 0]]
        axes.errorbar(x, values[:, 0], yerr=reach, fmt=MARKERS[place], color=COLOURS[place], capsize=2, label=name)
    axes.axhline(0, color="black", linewidth=0.7)
    axes.set(title=fill(title, WHOLE), ylabel=unit)
    if is_path:
        axes.set_xlabel("Periods since treatment")
        axes.legend()
    else:
        axes.set_xticks([0, 1], ["baseline", wrapped(changes) or "variant"])
        axes.set_xlim(-0.5, 1.5)
    return figure


def wrapped(changes: str) -> str:
    """Return changes in lines that keep clear of the other label; a list of values breaks after its commas."""
    # The mark is put in to break at and taken out again.
    return "\n".join(line.replace(", ", ",") for line in fill(changes.replace(",", ", "), HALF).split("\n"))
