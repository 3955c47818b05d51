"""What the lines above a table, the title of its sheet and the name of its file say of the unit of its money: 单位：万元, RMB million."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from analysis.core.errors import DataError, violation
from analysis.sources.firms.findings import Finding
from analysis.sources.firms.grid import Grid
from analysis.sources.firms.headings import money_of, plain, simplified
from analysis.sources.firms.in_force import differs, held, in_force
from analysis.sources.firms.layouts import columns_of
from analysis.sources.firms.recognition import Match
from analysis.sources.firms.unit_words import Unit, is_of_others, units_said
from analysis.sources.firms.units_aside import SURE

ANOTHER_ABOVE = "another unit than a line above the table, or the same line, states: write the unit into the headers"
SHEET_SAYS = "its money is read in another unit than a sheet of the workbook names: write the unit into the headers"
FILE_SAYS = "its money is read in another unit than the name of the file says: write the unit into the headers"


def with_units(match: Match, grid: Grid, contract: dict) -> Match:
    """Return the match with the unit that lines above the header state, for columns of money whose header states none.

    Raises DataError where two such lines differ.
    """
    said = _above(grid, match.top)
    if not said or not contract:
        return match
    scale, currency = said[0][1]
    for row, other in said[1:]:
        if other[0] != scale or (other[1] and currency and other[1] != currency):
            raise DataError(violation(grid.name, ANOTHER_ABOVE, row=row))
        currency = currency or other[1]
    assert scale is not None
    money = [name for name, rule in contract["columns"].items() if rule.get("unit") == "million"]
    named = {column for name in money for column in columns_of(match.layout.get("columns", {}).get(name, {}))}
    stated = named & held(match)
    currencies = {name: match.currencies.get(name, currency) for name in stated if match.currencies.get(name, currency)}
    return replace(match, scales=dict.fromkeys(stated, scale) | match.scales, currencies=match.currencies | currencies)


def _above(grid: Grid, top: int) -> list[tuple[int, Unit]]:
    """Return the units that the cells above the header state, with their rows."""
    return [(row, unit) for row, cells in grid.head[:top] for cell in _filled(cells) for unit in units_said(cell)]


def _filled(cells: Iterable[str]) -> list[str]:
    return [cell for cell in cells if cell.strip()]


def unit_around(grid: Grid, text: bool) -> tuple[str, float] | None:
    """Return what the title of a sheet, or the name of a file without sheets, says of the unit of money: words and factor to million.

    With `text` the first lines of a sheet are looked at too.
    """
    title = grid.title or grid.path.stem
    if (factor := _of_title(title)) is not None:
        return title, factor
    lines = [cell for _, cells in grid.head for cell in _filled(cells) if len(plain(cell)) > 2 or not cell.isascii()]
    said = ((line, scale) for line in lines for scale, _ in units_said(line, of_all=True) if scale is not None)
    return next(said, None) if text and grid.title else None


def _of_title(title: str) -> float | None:
    words = re.sub(r"[_\-]+", " ", simplified(plain(title)))
    if (len(words) > 2 or not words.isascii()) and (units := units_said(words, of_all=True)):
        return units[0][0]
    parts = words.split()
    for count in range(min(3, len(parts)), 0, -1):
        unit, rest = " ".join(parts[-count:]), " ".join(parts[:-count])
        found = money_of(unit)
        if found and found[0] is not None and SURE.search(unit) and not is_of_others(rest):
            return found[0]
    return None


def doubted_sheets(said: list[tuple[Grid, str, float]], tables: list[tuple[Match, dict]]) -> list[Finding]:
    """Return a finding for each table whose file, or whose workbook's sheets, name another unit than its money is read in."""
    return [
        Finding(match.table, "doubtful", match.name, f"{SHEET_SAYS if grid.title else FILE_SAYS} ({grid.name})", value=text)
        for grid, text, factor in said
        for match, contract in tables
        if match.path == grid.path and differs(factor, in_force(match, contract))
    ]
