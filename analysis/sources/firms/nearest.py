"""A table that no map knows: the record that is taken for its header, and the layout that it is nearest to."""

from __future__ import annotations

import difflib

from analysis.sources.firms.findings import FileLine
from analysis.sources.firms.grid import Grid
from analysis.sources.firms.headings import plain
from analysis.sources.firms.layouts import alternatives, spellings

# Records among which the header is looked for: titles and notes may stand above it.
LOOKED_AT = 40
# Layouts of facts in JSON read nothing else, and nothing else reads JSON.
ONLY_JSON = ".json"
# A table of the reader's own making that has this share of a template's columns was meant to be one.
NEAR = 0.6


def fullest(grid: Grid) -> tuple[int, list[str]]:
    """Return the record that is taken for a header where no map knows one: the first about as full as the fullest."""
    filled = [sum(bool(cell.strip()) for cell in cells) for _, cells in grid.head[:LOOKED_AT]]
    return next(record for record, count in zip(grid.head, filled, strict=False) if count * 2 > max(filled))


def nearest(grid: Grid, adapters: dict[str, dict]) -> FileLine:
    """Return the line that says which layout the header is nearest to, what it lacks and which of its columns may be meant."""
    row, cells = fullest(grid)
    if len(cells) == 1:
        return FileLine(
            grid.name,
            why=f"row {max(row, 1)}: has one cell a line ({cells[0].strip()[:40]}): text, or a table whose delimiter is not , ; | or tab",
        )
    held = {plain(cell) for cell in cells}
    best: tuple[float, int] = (0.0, 0)
    told, likely = "", False
    for name, adapter in adapters.items():
        for label, layout in adapter["tables"].items():
            if layout.get("refuses") or (grid.suffix == ONLY_JSON) != (layout.get("suffixes") == [ONLY_JSON]):
                continue
            wanted = layout["header_has"]
            lacks = [one for one in wanted if not any(set(spellings(n, layout)) & held for n in alternatives(one))]
            score = (1 - len(lacks) / len(wanted), len(wanted) - len(lacks))
            if lacks and score > best and score[1]:
                best, likely = score, name == "generic" and score[0] >= NEAR
                said = ", ".join(" or ".join(alternatives(one)) + _meant(alternatives(one)[0], cells) for one in lacks)
                told = f" Nearest: {adapter['title']}, {label}, which also has {said}."
    shown = ", ".join(cell.strip() for cell in cells[:8] if cell.strip())
    rule = f"no adapter of config/sources/firms knows this header ({shown}).{told}"
    return FileLine(grid.name, why=f"row {max(row, 1)}: {rule}", likely=likely)


def _meant(name: str, cells: list[str]) -> str:
    close = difflib.get_close_matches(plain(name), [plain(cell) for cell in cells], n=1, cutoff=0.6)
    return f" ('{close[0]}'?)" if close else ""
