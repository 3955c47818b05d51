"""How figures and tables look and are written; the only place that knows fonts, sizes and colours."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import matplotlib as mpl
import matplotlib.pyplot
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from analysis.core.atomic import atomic
from analysis.core.blinding import MARK, blind_seed
from analysis.core.precision import archived
from analysis.core.storage import write_text

# Okabe-Ito: told apart by readers with any form of colour blindness, and by lightness in grey print.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442"]
MARKERS = ["o", "s", "^", "D", "v", "P", "X", "*"]
WIDTH = 6.3  # inches: the paper's text width
STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 8,
    "legend.fontsize": 7.5,
    "legend.frameon": True,  # white behind the words, so that no line of the grid runs through them
    "legend.facecolor": "white",
    "legend.edgecolor": "none",
    "legend.framealpha": 0.9,
    "legend.borderpad": 0.2,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "axes.linewidth": 0.6,
    "grid.linewidth": 0.4,
    "grid.color": "#DDDDDD",
    "lines.linewidth": 1.3,
    "lines.markersize": 4,
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "svg.hashsalt": "ip-securitization",
    "pdf.fonttype": 42,
    "figure.constrained_layout.use": True,
}


MOSTLY = 0.75  # of a column's cells that are numbers where the column is one of numbers


def use_style() -> None:
    """Set seaborn's theme and the fonts, sizes and colours of every figure."""
    sns.set_theme(style="whitegrid", palette=COLOURS, rc=STYLE)


use_style()


@dataclass
class Table:
    """A table as laid out for print.

    `frame` holds what is printed, one row per line, columns in print order; `formats` maps a column to a
    Python format or a function of the cell; `widths` gives Typst column widths (default: auto for all);
    `data`, if given, is written to the CSV instead of `frame` (unrounded values behind composed cells);
    `rules` are the positions of rows that a thin rule precedes; `bold` rows are group headings and `wide` rows plain
    text, both across all columns; `tones` shades a cell (row, column name) by what it says: yes, no or open.
    """

    frame: pd.DataFrame
    formats: Mapping[str, str | Callable] = field(default_factory=dict)
    widths: dict[str, str] = field(default_factory=dict)
    data: pd.DataFrame | None = None
    rules: tuple[int, ...] = ()
    bold: tuple[int, ...] = ()
    wide: tuple[int, ...] = ()
    tones: dict[tuple[int, str], str] = field(default_factory=dict)

    def printed(self) -> pd.DataFrame:
        """Return the cells as text; a missing value prints as nothing."""
        text = self.frame.astype(object)
        for column in text:
            style = self.formats.get(column, "{}")
            apply = style if callable(style) else style.format
            text[column] = ["" if pd.isna(value) else apply(value) for value in self.frame[column]]
        return text.astype(str).map(minus)


def minus(text: str) -> str:
    """Return `text` with the hyphen before a negative number as a true minus sign, and none before zero; dates and names keep theirs."""
    text = re.sub(r"(^|(?<=[\[(, ]))-(?=0(\.0+)?(?![\d.eE-]))", "", text)
    return re.sub(r"(^|(?<=[\[(, ]))-(?=[\d.])", "\N{MINUS SIGN}", text)


def _numeric(text: str) -> bool:
    return all(character in "0123456789.,;+-–/()[]% eE*†‡<=p" for character in re.sub(r"\bto\b|(?<=\d) [a-z]$", "", text))


def _share_numeric(cells: pd.Series) -> float:
    """Return the share of the cells with something in them that are numbers; one where there are none."""
    filled = [cell.replace("\N{MINUS SIGN}", "-") for cell in cells if cell]
    return sum(map(_numeric, filled)) / len(filled) if filled else 1.0


def save_table(table: Table, paths: dict[str, str], evidence: str) -> None:
    """Write a Table as csv, tex, html and json at `paths`; simulated evidence is marked in each of them.

    Numbers of the CSV keep the digits of analysis.core.precision.
    """
    printed = table.printed()
    data = (table.frame if table.data is None else table.data).copy()
    if evidence == "simulated":
        data = data.drop(columns="evidence", errors="ignore")
        data.insert(0, "evidence", "SIMULATED")
    if blind_seed() is not None:
        data.insert(0, "blind", MARK)
    write_text(data.to_csv(index=False, lineterminator="\n", float_format=archived), paths["csv"])
    mark = ("SIMULATED DATA. " if evidence == "simulated" else "") + (f"{MARK}. " if blind_seed() is not None else "")
    # The first column says what a line is, be it a year; of the others a word among numbers, as 'not identified', changes nothing.
    numeric = [
        place > 0 and (pd.api.types.is_numeric_dtype(table.frame[c]) or _share_numeric(printed[c]) >= MOSTLY)
        for place, c in enumerate(printed)
    ]
    styler = printed.style.hide(axis="index")
    tex = styler.format(escape="latex").to_latex(hrules=True, column_format="".join("r" if n else "l" for n in numeric))
    write_text((f"% {mark}\n" if mark else "") + tex.replace("\N{MINUS SIGN}", "$-$"), paths["tex"])
    captioned = styler.format(escape="html").set_caption(mark) if mark else styler.format(escape="html")
    write_text(captioned.to_html(table_uuid="t", doctype_html=False), paths["html"])
    content = {
        "columns": list(printed.columns),
        "rows": printed.to_numpy().tolist(),
        "align": ["right" if n else "left" for n in numeric],
        "widths": [table.widths.get(c, "auto") for c in printed],
        "rules": list(table.rules),
        "bold": list(table.bold),
        "wide": list(table.wide),
        "evidence": evidence,
    }
    if table.tones:
        content["tones"] = {f"{row},{list(printed).index(name)}": tone for (row, name), tone in table.tones.items()}
    write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", paths["json"])


def save_figure(figure: Figure, paths: list[str], evidence: str) -> None:
    """Write a figure to each of `paths`, as a CSV of what it shows where the name ends so; simulated evidence is marked."""
    data = drawn(figure)
    if evidence == "simulated":
        data.insert(0, "evidence", "SIMULATED")
        figure.text(0.5, 0.5, "SIMULATED", fontsize=40, color="#999999", alpha=0.35, ha="center", va="center", rotation=25)
    if blind_seed() is not None:
        data.insert(0, "blind", MARK)
        figure.text(0.5, 0.3, MARK, fontsize=14, color="#B00020", alpha=0.5, ha="center", va="center", rotation=12)
    for path in map(str, paths):
        if path.endswith(".csv"):
            write_text(data.to_csv(index=False, lineterminator="\n", float_format=archived), path)
            continue
        with atomic(path) as temporary:
            figure.savefig(temporary, format=path.rsplit(".", 1)[-1])
    mpl.pyplot.close(figure)


def drawn(figure: Figure) -> pd.DataFrame:
    """Return the data that a figure shows, read off the marks themselves, so that no figure can show other data.

    One row per point, bar or end of a segment: `axes` (number and title), `mark` (line, point, bar, segment, area), `series` (its
    legend entry, if any), `number` of the mark, `x`, `y` in data units; for bars also `width` and `height`. A figure without axes is
    its text. Raises ValueError when a figure shows no datum.
    """
    rows = []
    for place, axes in enumerate(figure.axes, start=1):
        titles = [axes.get_title(loc=side) for side in ("left", "center", "right")]
        name = f"{place}: {' '.join(filter(None, titles))}".rstrip(": ")
        for kind, number, series, points in _marks(axes):
            rows += [{"axes": name, "mark": kind, "series": series, "number": number, **point} for point in points]
    if not figure.axes:
        rows = [{"axes": "", "mark": "text", "series": " ".join(text.get_text().split())} for text in figure.texts]
    if not any(row["mark"] == "text" or row["x"] == row["x"] for row in rows):
        raise ValueError("the figure shows no datum: draw what there is, or say why there is nothing (placeholder_figure)")
    return pd.DataFrame(rows, columns=["axes", "mark", "series", "number", "x", "y", "width", "height"])


def _marks(axes: mpl.axes.Axes) -> Iterator[tuple]:
    """Yield (kind, number, legend entry, points) for each mark drawn in the data units of `axes`."""
    for number, line in enumerate(axes.lines, start=1):
        if line.get_transform() == axes.transData:
            yield "line", number, _entry(line), _points(zip(*map(np.asanyarray, line.get_data(orig=False)), strict=True))
    for number, group in enumerate(axes.collections, start=1):
        if isinstance(group, mpl.collections.PathCollection):
            yield "point", number, _entry(group), _points(np.asanyarray(group.get_offsets()))
        elif isinstance(group, mpl.collections.LineCollection):
            yield "segment", number, _entry(group), _points(end for segment in group.get_segments() for end in segment)
        else:
            yield "area", number, _entry(group), _points(end for path in group.get_paths() for end in np.asanyarray(path.vertices))
    for number, bar in enumerate(axes.patches, start=1):
        if isinstance(bar, mpl.patches.Rectangle) and bar.get_transform() != axes.transAxes:
            x, y, width, height = bar.get_x(), bar.get_y(), bar.get_width(), bar.get_height()
            yield "bar", number, _entry(bar), [{"x": x, "y": y, "width": width, "height": height}]


def _entry(mark: mpl.artist.Artist) -> str:
    """Return the legend entry of a mark; matplotlib's own labels of unnamed marks count as none."""
    label = str(mark.get_label())
    return "" if label.startswith("_") else label


def _points(pairs: Iterable) -> list[dict]:
    return [{"x": float(x), "y": float(y)} for x, y in pairs if x is not None and y is not None]


def placeholder_figure(reason: str) -> Figure:
    """Return the figure that says why there is nothing to draw: data that are missing, or estimates that were refused."""
    figure = mpl.pyplot.figure(figsize=(WIDTH, 1.2))
    figure.text(0.5, 0.5, textwrap.fill(f"Not drawn: {reason}", 105), ha="center", va="center", fontsize=7)
    return figure


def placeholder_table(reason: str) -> Table:
    """Return the table that says which data are missing."""
    return Table(pd.DataFrame({"Not available": [f"Data absent: {reason}"]}), widths={"Not available": "1fr"})
