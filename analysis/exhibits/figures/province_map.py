"""Provinces as equal squares near their places, by the year from which they count as treated."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis.exhibits.display import WIDTH

UNTREATED, UNCERTAIN = "#E8E8E8", "white"
SHORT = {"Inner Mongolia": "Inner\nMongolia", "Heilongjiang": "Heilong-\njiang", "Guangdong": "Guang-\ndong", "Chongqing": "Chong-\nqing"}


def draw(province_tiles: pd.DataFrame, province_onset: pd.DataFrame, province_year: pd.DataFrame) -> Figure:
    """Return the map: colour and number for the first treated year, hatching where all evidence is unconfirmed."""
    last = int(province_year["year"].max())
    onset = province_tiles.merge(province_onset, on="province", validate="one_to_one")
    years = sorted({int(year) for year in onset["cohort_midyear"].dropna() if year <= last})
    colours = dict(zip(years, sns.color_palette("flare", len(years)).as_hex(), strict=True))
    figure, axis = plt.subplots(figsize=(WIDTH * 0.75, 4.1))
    for tile in onset.to_dict("records"):
        _square(axis, tile, last, colours)

    kinds = [Rectangle((0, 0), 1, 1, facecolor=colours[year], edgecolor="white", label=f"treated from {year}") for year in years]
    kinds.append(Rectangle((0, 0), 1, 1, facecolor=UNTREATED, edgecolor="white", label=f"no known issue to {last}"))
    kinds.append(Rectangle((0, 0), 1, 1, facecolor=UNCERTAIN, edgecolor="#888888", hatch="////", label="unconfirmed evidence"))
    axis.legend(handles=kinds, loc="lower left", bbox_to_anchor=(0.0, 0.0), fontsize=7, frameon=False)
    axis.set(xlim=(-0.6, 9.2), ylim=(-8.1, 0.2), aspect="equal")
    axis.set_axis_off()
    return figure


def _dark(colour: str) -> bool:
    """Return whether white stands out more than black on a colour, by its luminance (WCAG 2.2)."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.179


def _square(axis: plt.Axes, tile: dict, last: int, colours: dict[int, str]) -> None:
    """Draw one province with its name and what is known of its first issue."""
    year = tile["cohort_midyear"]
    treated = pd.notna(year) and year <= last
    uncertain = tile["status"] == "uncertain"
    face = colours[int(year)] if treated else UNCERTAIN if uncertain else UNTREATED
    place = (tile["column"] + 0.03, -tile["row"] - 0.97)
    axis.add_patch(
        Rectangle(
            place,
            0.94,
            0.94,
            facecolor=face,
            edgecolor="#888888",
            linewidth=0.6,
            hatch="////" if uncertain else None,
        )
    )
    below = str(int(year)) if treated else f"({int(tile['cohort_wide'])})" if pd.notna(tile["cohort_wide"]) else ""
    style: dict[str, Any] = {"ha": "center", "va": "center", "color": "white" if treated and _dark(face) else "black"}
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.6} if uncertain else None
    centre = tile["column"] + 0.5
    axis.text(centre, -tile["row"] - (0.38 if below else 0.5), SHORT.get(tile["province"], tile["province"]), fontsize=6, bbox=box, **style)
    if below:
        axis.text(centre, -tile["row"] - 0.76, below, fontsize=6.6, weight="bold" if treated else "normal", bbox=box, **style)
