"""SIMULATED. Estimates of every firm test less the true effect, in units of half an interval, under each preset."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from analysis.exhibits.display import COLOURS, MARKERS, WIDTH
from analysis.exhibits.tables.presets_table import ORDER


def draw(presets: pd.DataFrame, claims: dict) -> Figure:
    """Return one column of marks per preset: inside the band the 95 % interval holds the true effect."""
    order = {name: i for i, name in enumerate(claims)}
    data = presets.assign(error=(presets["estimate"] - presets["true_effect"]) / ((presets["ci_high"] - presets["ci_low"]) / 2))
    data = data.sort_values(["claim", "rank"], key=lambda c: c.map(order) if c.name == "claim" else c)
    labels = list(dict.fromkeys(f"{row['claim']}: {row['says']}" for row in data.to_dict("records")))
    figure, axis = plt.subplots(figsize=(WIDTH, 0.23 * len(labels) + 0.9))
    axis.axvspan(-1, 1, color="#EEEEEE", zorder=0)
    for i, (preset, label) in enumerate(ORDER.items()):
        own = data[data["preset"] == preset]
        heights = [labels.index(f"{row['claim']}: {row['says']}") + 0.16 * (i - 1.5) for row in own.to_dict("records")]
        axis.scatter(own["error"], heights, color=COLOURS[i], marker=MARKERS[i], s=16, label=label, zorder=2)
    axis.set_yticks(range(len(labels)), labels, fontsize=7)
    axis.set_ylim(len(labels) - 0.5, -0.5)
    figure.supxlabel("Estimate less true value, in half-widths of the 95 % interval", fontsize=8)
    axis.legend(loc="lower center", bbox_to_anchor=(0.1, 1.0), ncols=4, fontsize=7)
    return figure
