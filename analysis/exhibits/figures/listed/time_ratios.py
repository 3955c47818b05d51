"""One time ratio by many comparisons, kind by kind, beside what a claim says."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.core.comparisons import Comparison
from analysis.exhibits.cells import select_one
from analysis.exhibits.display import COLOURS, MARKERS, WIDTH

TICKS = [0.1, 0.2, 0.5, 1.0, 2.0]
# One colour a kind; green is left to the region of the claim.
OF_KINDS = tuple(zip((COLOURS[0], COLOURS[1], COLOURS[3], COLOURS[6]), MARKERS, strict=False))


def draw(comparison: Comparison, specifications: dict, claims: dict) -> Figure:
    """Return time ratios with 95 % intervals on a log scale, a kind of comparison per heading; the band is the region of `region_of`."""
    entry = comparison.entry
    lines = [(block["heading"], row) for block in entry["rows"] for row in block["rows"]]
    kinds = [block["heading"] for block in entry["rows"]]
    region = claims[entry["region_of"]]["firms"][0]["region"]
    figure, axis = plt.subplots(figsize=(WIDTH, 3.0))
    axis.axvspan(np.exp(region["low"]), np.exp(region["high"]), color=COLOURS[2], alpha=0.2, linewidth=0, label="the claim")
    axis.axvline(1.0, color="black", linewidth=0.8)
    seen: set[str] = set()
    for place, (kind, row) in enumerate(lines):
        term = specifications[row["from"]]["treatment"]
        found = select_one(comparison.tables[row["from"]], term=term, inference=entry["inference"])
        if pd.isna(found["estimate"]):
            continue
        middle, low, high = np.exp(np.array([found["estimate"], found["ci_low"], found["ci_high"]], dtype=float))
        colour, marker = OF_KINDS[kinds.index(kind)]
        label = None if kind in seen else kind
        seen.add(kind)
        axis.errorbar(middle, place, xerr=[[middle - low], [high - middle]], fmt=marker, color=colour, capsize=2, label=label)
    axis.set_xscale("log")
    axis.set_xticks(TICKS, [f"{tick:g}" for tick in TICKS])
    axis.minorticks_off()
    axis.set_yticks(range(len(lines)), [row.get("title", specifications[row["from"]]["title"]) for _, row in lines])
    axis.invert_yaxis()
    axis.set(xlabel="Time ratio (below 1: faster)")
    axis.legend(loc="lower left", bbox_to_anchor=(-0.35, 1), ncols=5, handletextpad=0.4, columnspacing=1.0)
    return figure
