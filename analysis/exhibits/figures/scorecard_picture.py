"""Every claim by how close its nearest real evidence is and how that evidence reads; verdicts are filled."""

from __future__ import annotations

from textwrap import fill

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

from analysis.core.claims import DIRECTNESS
from analysis.core.nearest import NONE, READINGS, nearest_readings
from analysis.core.verdict_rule import CONSISTENT, NOT_CONSISTENT, UNTESTABLE
from analysis.exhibits.display import WIDTH

FILL = {CONSISTENT: "#00689d", NOT_CONSISTENT: "#c8500a", UNTESTABLE: "white"}
# Boxes side by side in a cell, and their size in units of a cell's width and of a line of boxes.
ACROSS, BOX = 4, (0.22, 0.74)


def draw(verdicts: pd.DataFrame, claims: dict) -> Figure:
    """Return a grid of claims: columns are the directness of the nearest evidence, rows how it reads, colour the verdict."""
    placed = nearest_readings(verdicts, claims)
    rows = [reading for reading in READINGS if (placed["reading"] == reading).any()]
    lines = [_lines(placed[placed["reading"] == reading]) for reading in rows]
    figure, axis = plt.subplots(figsize=(WIDTH, 0.55 + 0.3 * sum(lines)))
    top = 0
    for reading, height in zip(rows, lines, strict=True):
        axis.text(-0.06, top + height / 2, fill(reading, 19), ha="right", va="center", fontsize=8)
        # What has no evidence has no distance either: one band instead of columns.
        spans = [(0, len(DIRECTNESS), NONE)] if reading == NONE else [(place, 1, name) for place, name in enumerate(DIRECTNESS)]
        for place, width, distance in spans:
            axis.add_patch(Rectangle((place, top), width, height, facecolor="#F4F4F4", edgecolor="white", linewidth=2))
            inside = placed[(placed["reading"] == reading) & (placed["distance"] == distance)]
            for number, claim in enumerate(inside.to_dict("records")):
                _box(
                    axis,
                    place + 0.016 + (number % (ACROSS * width)) / (ACROSS + 0.1 * (width == 1)),
                    top + 0.13 + number // (ACROSS * width),
                    claim,
                )
        top += height
    for place, distance in enumerate(DIRECTNESS):
        axis.text(place + 0.5, -0.15, fill(distance, 16), ha="center", va="bottom", fontsize=8)
    axis.set(xlim=(0, len(DIRECTNESS)), ylim=(top, 0))
    axis.set_axis_off()
    figure.subplots_adjust(left=0.16, right=0.995, bottom=0.02, top=1 - 0.42 / figure.get_figheight())
    return figure


def _lines(placed: pd.DataFrame) -> int:
    """Return how many lines of boxes the fullest cell of a row needs."""
    most = placed.groupby("distance").size().max()
    across = ACROSS * len(DIRECTNESS) if (placed["distance"] == NONE).all() else ACROSS
    return int(-(-most // across))


def _box(axis: plt.Axes, left: float, top: float, claim: dict) -> None:
    """Draw one claim, with a star where its reading rests on few treated units; what direct evidence has decided is filled."""
    open_ = claim["verdict"] == UNTESTABLE
    style = "round,pad=0,rounding_size=0.03"
    axis.add_patch(
        FancyBboxPatch(
            (left, top), *BOX, boxstyle=style, facecolor=FILL[claim["verdict"]], edgecolor="#777777" if open_ else "none", linewidth=0.6
        )
    )
    centre = (left + BOX[0] / 2, top + BOX[1] / 2)
    axis.text(*centre, claim["claim"] + "*" * claim["few"], ha="center", va="center", fontsize=7, color="black" if open_ else "white")
