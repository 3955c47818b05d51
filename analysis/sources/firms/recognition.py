"""Which map reads a table: the one whose columns its header holds, whatever their case, unit and year."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from analysis.core.errors import DataError, violation
from analysis.sources.firms.findings import FileLine
from analysis.sources.firms.grid import Grid
from analysis.sources.firms.headings import Heading, heading_of, money_of, plain
from analysis.sources.firms.layouts import alternatives, needed, spellings
from analysis.sources.firms.nearest import LOOKED_AT, ONLY_JSON, nearest

# Factor to million of a currency without a unit.
UNIT = 1e-6
# What a line of units prints below an item that has none.
NO_UNIT = ("没有单位", "无单位", "无", "-", "--", "%", "人", "股", "个", "件", "家")
BELOW = re.compile(r"^(?:FY)?(?:19|20)\d{2}(?:年|年度|年报|A)?(?:\.0)?$")


@dataclass(frozen=True)
class Match:
    """A table and the layout that reads it; `label` names the layout within the adapter, `top` is the header's place in the head.

    `columns` maps the layout's names to positions; `years` does so for each year where columns are of years. `scales` are
    factors to million that the header itself states.
    """

    path: Path
    adapter: str
    layout: dict
    label: str = ""
    name: str = ""
    top: int = 0
    columns: dict[str, int] = field(default_factory=dict)
    years: dict[str, dict[str, int]] = field(default_factory=dict)
    scales: dict[str, float] = field(default_factory=dict)
    currencies: dict[str, str] = field(default_factory=dict)
    repeated: tuple[str, ...] = ()
    mixed: tuple[str, ...] = ()  # headers of one item that name another unit or currency than the same item of another year
    bare: tuple[str, ...] = ()  # headers that name a currency and no unit of it
    unused: tuple[str, ...] = ()  # headers that the layout does not read

    @property
    def table(self) -> str:
        return self.layout.get("fills", "")


def recognise(grid: Grid, adapters: dict[str, dict]) -> Match | FileLine:
    """Return the match of the first record that is a header to some map, or the line that says what it is nearest to.

    Raises DataError where a column that is needed appears twice.
    """
    for top, (row, cells) in enumerate(grid.head[:LOOKED_AT]):
        below = _with_line_below(grid, top)
        # A line of years or units below the header belongs to it, and the header may say nothing without it.
        fits = [match for match in _candidates(grid, top + 1, below, adapters) if match] if below else []
        fits = fits or [match for match in _candidates(grid, top, cells, adapters) if match]
        if not fits:
            continue
        best = max(fits, key=lambda match: (len(match.layout["header_has"]), -adapters[match.adapter]["precedence"]))
        if best.repeated:
            raise DataError(violation(grid.name, "column appears twice", row=row, column=best.repeated[0]))
        if best.mixed:
            rule = "is in another unit or currency than the column of the same item for another year: write one unit into all of them"
            raise DataError(violation(grid.name, rule, row=row, column=best.mixed[0]))
        if best.bare and best.adapter == "generic":
            rule = "names a currency and no unit, and a template's money is in million: write (USD million), (USD thousand) or (元)"
            raise DataError(violation(grid.name, rule, row=row, column=best.bare[0]))
        if reason := best.layout.get("refuses"):
            title = f"{adapters[best.adapter]['title']}, {best.label}"
            return FileLine(grid.name, why=f"{title}: {reason}", likely=bool(best.layout.get("likely")))
        return best
    return nearest(grid, adapters)


def _with_line_below(grid: Grid, top: int) -> list[str] | None:
    """Return the header's cells with the years or units that the record below prints under them, or None where it prints others.

    An item that spans the columns of several years (merged cells) stands in the first of them only.
    """
    if top + 1 >= len(grid.head):
        return None
    upper = grid.head[top][1]
    lower = ["" if cell.strip() in NO_UNIT else cell.strip() for cell in grid.head[top + 1][1]]
    filled = [cell for cell in lower if cell]
    under_nothing = any(cell.strip() and not low for cell, low in zip(upper, lower, strict=False))
    if len(filled) < 1 or not under_nothing or not all(BELOW.match(cell) or money_of(plain(cell)) for cell in filled):
        return None
    made, item = [], ""
    for place, cell in enumerate(upper):
        item = cell.strip() or item
        low = lower[place] if place < len(lower) else ""
        made.append(cell if not low else f"{item} {low.removesuffix('.0')}" if BELOW.match(low) else f"{item} ({low})")
    return made


def _candidates(grid: Grid, top: int, cells: list[str], adapters: dict[str, dict]) -> list[Match | None]:
    held = [plain(cell) for cell in cells]
    return [
        _fit(grid, top, cells, held, name, label, layout)
        for name, adapter in adapters.items()
        for label, layout in adapter["tables"].items()
        if (grid.suffix == ONLY_JSON) == (layout.get("suffixes") == [ONLY_JSON])
    ]


def _fit(grid: Grid, top: int, cells: list[str], held: list[str], adapter: str, label: str, layout: dict) -> Match | None:
    """Return the match if the record holds every column that the layout asks for."""
    by_years = bool(layout.get("wide"))
    if not by_years and not _may_fit(held, layout):
        return None
    headings = [_heading(cell, by_years) for cell in cells]
    single = _index(held, headings, "")
    found = {name: position for name in needed(layout) if (position := _place(name, layout, single)) is not None}
    years = {}
    for year in sorted({heading.year for heading in headings if heading.year}):
        index = _index(held, headings, year)
        years[year] = {name: position for name in needed(layout) if (position := _place(name, layout, index)) is not None}
    years = {year: places for year, places in years.items() if places}
    anywhere = set(found).union(*years.values()) if years else set(found)
    if not all(any(name in anywhere for name in alternatives(wanted)) for wanted in layout["header_has"]) or (by_years and not years):
        return None
    # An item of years and the same without one: the years count, and the other is named among the columns without a use.
    found = {name: place for name, place in found.items() if not any(name in of for of in years.values())}
    places = {**{name: place for of in years.values() for name, place in of.items()}, **found}
    whole = {name: held[place] in spellings(name, layout) for name, place in places.items()}
    scales = {name: scale for name, place in places.items() if (scale := headings[place].scale) is not None and not whole[name]}
    scales |= {name: UNIT for name, place in places.items() if headings[place].bare and not whole[name]}
    currencies = {name: headings[place].currency for name, place in places.items() if headings[place].currency and not whole[name]}
    bare = tuple(cells[place].strip() for name, place in places.items() if headings[place].bare and not whole[name])
    used = {place for of in (found, *years.values()) for place in of.values()}
    unused = tuple(cell.strip() for place, cell in enumerate(cells) if cell.strip() and place not in used)
    twice = tuple(cells[place].strip() for of in (found, *years.values()) for place in of.values() if _again(place, held, headings))
    mixed = _mixed(cells, headings, years)
    return Match(grid.path, adapter, layout, label, grid.name, top, found, years, scales, currencies, twice, mixed, bare, unused)


def _again(place: int, held: list[str], headings: list[Heading]) -> bool:
    """Return whether another column has the name of this one, or is of the same item and year in whatever unit."""
    own = headings[place]
    others = [(held[other], heading) for other, heading in enumerate(headings) if other != place and _counts(heading)]
    return any(name == held[place] or (one.year == own.year and one.item in (own.item, held[place])) for name, one in others)


def _mixed(cells: list[str], headings: list[Heading], years: dict[str, dict[str, int]]) -> tuple[str, ...]:
    """Return headers of items of which years are in different units or currencies: one factor would be wrong for some of them."""
    said: dict[str, tuple] = {}
    found = []
    for of in years.values():
        for name, place in of.items():
            unit = (headings[place].scale, headings[place].currency)
            if said.setdefault(name, unit) != unit:
                found.append(" ".join(cells[place].split()))
    return tuple(found)


def _counts(heading: Heading) -> bool:
    """Return whether a column is of a whole year and of the group: those of parts of a year or of the parent are not read."""
    return not heading.interim and not heading.statement.startswith("母公司")


def _may_fit(held: list[str], layout: dict) -> bool:
    """Return whether the record has anything of the first column asked for: most records have not, which saves the rest."""
    return any(
        cell.startswith(spelling) for name in alternatives(layout["header_has"][0]) for spelling in spellings(name, layout) for cell in held
    )


@cache
def _heading(cell: str, years: bool) -> Heading:
    return heading_of(cell, years)


def _index(held: list[str], headings: list[Heading], year: str) -> dict[str, int]:
    """Return names → positions of the columns of a year ('' for those of none); a whole name before one without its unit."""
    index: dict[str, int] = {}
    for position, heading in enumerate(headings):
        if heading.year == year and _counts(heading):
            index.setdefault(heading.item, position)
    if not year:
        index |= {name: position for position, name in reversed(list(enumerate(held))) if name}
    return index


def _place(name: str, layout: dict, index: dict[str, int]) -> int | None:
    return next((index[spelling] for spelling in spellings(name, layout) if spelling in index), None)
