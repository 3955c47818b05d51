"""Which map reads a table: the one whose columns its header holds, whatever their case, unit and year."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pandas as pd

from analysis.core.errors import DataError, violation
from analysis.sources.firms.dates import dashed
from analysis.sources.firms.findings import FileLine
from analysis.sources.firms.grid import BLANKS, DATES, ROW, Cells, Grid, unreadable
from analysis.sources.firms.headings import Heading, heading_of, money_of, plain

# Factor to million of a currency without a unit.
UNIT = 1e-6
# Records among which the header is looked for: titles and notes may stand above it.
LOOKED_AT = 40
YEAR, CURRENCY = "(year)", "(currency)"
SUFFIXES_BUT_JSON = ".json"
# The share of dates that makes a column one of dates.
HALF = 0.5
# A table of the reader's own making that has this share of a template's columns was meant to be one.
NEAR = 0.6
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
    return _unknown(grid, adapters)


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
        if (grid.suffix == SUFFIXES_BUT_JSON) == (layout.get("suffixes") == [SUFFIXES_BUT_JSON])
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
    if not all(any(name in anywhere for name in _alternatives(wanted)) for wanted in layout["header_has"]) or (by_years and not years):
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
        cell.startswith(spelling)
        for name in _alternatives(layout["header_has"][0])
        for spelling in spellings(name, layout)
        for cell in held
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


def spellings(name: str, layout: dict) -> tuple[str, ...]:
    return _plain((name, *layout.get("also_called", {}).get(name, ())))


@cache
def _plain(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(plain(name) for name in names)


def _alternatives(wanted: str | list[str]) -> list[str]:
    return wanted if isinstance(wanted, list) else [wanted]


def columns_of(how: dict) -> list[str]:
    """Return the columns that a rule of a map reads."""
    named = how.get("from", [])
    return [*([named] if isinstance(named, str) else named), *how.get("sum", []), *how.get("balanced", {}).get("parts", [])] + (
        [how["balanced"]["whole"]] if "balanced" in how else []
    )


def needed(layout: dict) -> list[str]:
    """Return every column that a layout speaks of, in the layout's spelling."""
    names = [name for wanted in layout["header_has"] for name in _alternatives(wanted)]
    names += [column for how in layout.get("columns", {}).values() for column in columns_of(how)]
    names += [
        *layout.get("keep", {}),
        *layout.get("prefer", {}),
        *layout.get("carries", []),
        *filter(None, [layout.get("employees"), layout.get("dated")]),
    ]
    if "join" in layout:
        names += [layout["join"]["on"]]
    if long := layout.get("long"):
        names += [
            *long["by"],
            long["name"],
            long["value"],
            long["quarters"],
            *filter(None, [long.get("filed"), long.get("unit")]),
            *long.get("also", []),
        ]
    return list(dict.fromkeys(name for name in names if name not in (YEAR, CURRENCY)))


def wanted_tags(adapters: dict[str, dict], suffix: str = "") -> set[str]:
    """Return the tags of facts that the maps read."""
    longs = [
        t["long"]
        for a in adapters.values()
        for t in a["tables"].values()
        if "long" in t and (not suffix or suffix in t.get("suffixes", []))
    ]
    return {tag for long in longs for tags in long["names"].values() for tag in tags}


def take(grid: Grid, match: Match, contract: dict) -> Cells:
    """Return the records of a recognised table in the layout's names; tables by years become one record a year."""
    rules = contract["columns"] if contract else {}
    columns = match.layout.get("columns", {})
    words = {c for name, how in columns.items() if rules.get(name, {}).get("type") in ("text", "boolean") for c in columns_of(how)}
    where: dict[str, Collection[str]] = {}
    if long := match.layout.get("long"):
        where = {long["name"]: {tag for tags in long["names"].values() for tag in tags}}
    if not match.years:
        cells = grid.take(match.top, match.columns | _dates_beside(grid, match), where, words)
    else:
        flat = {**match.columns, **{f"{name} {year}": place for year, of in match.years.items() for name, place in of.items()}}
        cells = grid.take(match.top, flat, where, words)
        cells.table = stacked(cells.table, match)
        cells.count = len(cells.table) + len(cells.ragged)
    if len(said := sorted(set(match.currencies.values()))) > 1:
        rule = f"its columns are in {' and '.join(said)}: export all of them in one currency"
        raise DataError(violation(grid.name, rule, row=grid.head[match.top][0]))
    if match.currencies:
        cells.table[CURRENCY] = pd.array([next(iter(match.currencies.values()))] * len(cells.table), dtype="string[pyarrow]")
    return cells


def _dates_beside(grid: Grid, match: Match) -> dict[str, int]:
    """Return the columns of dates that a layout with a column `dated` has no name for: one of them may say when periods end."""
    if "dated" not in match.layout:
        return {}
    found = {}
    header, records = grid.head[match.top][1], [cells for _, cells in grid.head[match.top + 1 :]]
    for place in sorted(set(range(len(header))) - set(match.columns.values())):
        text = pd.Series([cells[place] for cells in records if place < len(cells) and cells[place].strip() not in BLANKS], dtype="string")
        if len(text) and dashed(text).str.fullmatch(r"\d{4}-\d{2}-\d{2}").mean() >= HALF:
            found[f"{DATES} {place}"] = place
    return found


def stacked(table: pd.DataFrame, match: Match) -> pd.DataFrame:
    """Return one record a firm and year of a table with a column a year; years in which a firm has no figure are none of its records."""
    fixed = [*match.columns, ROW]
    parts = []
    for year, places in match.years.items():
        part = table[[*fixed, *(f"{name} {year}" for name in places)]]
        part = part.rename(columns={f"{name} {year}": name for name in places})
        marks = {unreadable(name): table[mark] for name in places if (mark := unreadable(f"{name} {year}")) in table}
        part = part.assign(**marks).dropna(how="all", subset=list(places))
        parts.append(part.assign(**{YEAR: year}))
    joined = pd.concat(parts, ignore_index=True)
    return joined.astype({YEAR: "string[pyarrow]"})


def fullest(grid: Grid) -> tuple[int, list[str]]:
    """Return the record that is taken for a header where no map knows one: the first about as full as the fullest."""
    filled = [sum(bool(cell.strip()) for cell in cells) for _, cells in grid.head[:LOOKED_AT]]
    return next(record for record, count in zip(grid.head, filled, strict=False) if count * 2 > max(filled))


def _unknown(grid: Grid, adapters: dict[str, dict]) -> FileLine:
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
            if layout.get("refuses") or (grid.suffix == SUFFIXES_BUT_JSON) != (layout.get("suffixes") == [SUFFIXES_BUT_JSON]):
                continue
            wanted = layout["header_has"]
            lacks = [one for one in wanted if not any(set(spellings(n, layout)) & held for n in _alternatives(one))]
            score = (1 - len(lacks) / len(wanted), len(wanted) - len(lacks))
            if lacks and score > best and score[1]:
                best, likely = score, name == "generic" and score[0] >= NEAR
                said = ", ".join(" or ".join(_alternatives(one)) + _meant(_alternatives(one)[0], cells) for one in lacks)
                told = f" Nearest: {adapter['title']}, {label}, which also has {said}."
    shown = ", ".join(cell.strip() for cell in cells[:8] if cell.strip())
    rule = f"no adapter of config/sources/firms knows this header ({shown}).{told}"
    return FileLine(grid.name, why=f"row {max(row, 1)}: {rule}", likely=likely)


def _meant(name: str, cells: list[str]) -> str:
    close = difflib.get_close_matches(plain(name), [plain(cell) for cell in cells], n=1, cutoff=0.6)
    return f" ('{close[0]}'?)" if close else ""
