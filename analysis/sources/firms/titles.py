"""What the lines around a table say of the unit of its money: 单位：万元, (in thousands of USD), RMB million."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from analysis.core.errors import DataError, violation
from analysis.sources.firms.grid import Grid
from analysis.sources.firms.headings import money_of, plain
from analysis.sources.firms.recognition import Match, columns_of

SAID = (
    re.compile(r"单位\s*:?\s*(?P<unit>[^\s,;。()\[\]]+)"),
    re.compile(
        r"\b(?:in|units?:?)\s+(?P<unit>(?:[a-z$€£¥]{1,4}\s+)?(?:(?:10|100|ten)\s+)?(?:10,?000|thousands?|millions?|billions?)(?:\s+of)?(?:\s+[a-z$€£]{1,5})?)"
    ),
    re.compile(r"\b(?:in|units?:?)\s+(?P<unit>(?:[a-z]{3}|us\$|[$€£¥])\s*[’']?000s?)"),
    re.compile(r"^[(\[]?(?P<unit>[^()\[\]]{1,24})[)\]]?$"),
)

UNIT_BELOW = "names a unit below the table: write it into the headers"

Unit = tuple[float | None, str]


def unit_said(text: str) -> Unit | None:
    """Return factor to million and currency that a line of text states for the figures of a table, or None."""
    for pattern in SAID:
        match = pattern.search(plain(text))
        if match and len(match["unit"]) < 2 and match["unit"].isascii():
            continue
        # A currency alone ("USD", in a cell of its own) says nothing of the unit.
        if match and (found := money_of(_known(match["unit"]))) and found[0] is not None:
            return found
    return None


def _known(unit: str) -> str:
    """Return the unit without a last word that is no currency ('in thousands except shares')."""
    words = unit.split()
    return unit if money_of(unit) or len(words) < 2 else " ".join(words[:-1])


def with_units(match: Match, grid: Grid, contract: dict) -> Match:
    """Return the match with the unit that lines above the header state, for columns of money whose header states none.

    Raises DataError where two such lines differ.
    """
    said = _above(grid, match.top)
    if not said or not contract:
        return match
    if len(set(said.values())) > 1:
        row = list(said)[-1]
        raise DataError(violation(grid.name, "another unit than a line above it states: write the unit into the headers", row=row))
    scale, currency = next(iter(said.values()))
    assert scale is not None
    money = [name for name, rule in contract["columns"].items() if rule.get("unit") == "million"]
    named = {column for name in money for column in columns_of(match.layout.get("columns", {}).get(name, {}))}
    held = named & (set(match.columns).union(*match.years.values()) if match.years else set(match.columns))
    currencies = {name: match.currencies.get(name, currency) for name in held if match.currencies.get(name, currency)}
    return replace(match, scales=dict.fromkeys(held, scale) | match.scales, currencies=match.currencies | currencies)


def _above(grid: Grid, top: int) -> dict[int, Unit]:
    found: dict[int, Unit] = {}
    for row, cells in grid.head[:top]:
        units = [unit for cell in _filled(cells) if (unit := unit_said(cell))]
        if units:
            found[row] = units[0]
    return found


def _filled(cells: Iterable[str]) -> list[str]:
    return [cell for cell in cells if cell.strip()]
