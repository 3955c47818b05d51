"""The records of a table whose layout is known, in the layout's names: one a firm and year, also where years are columns."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from analysis.core.errors import DataError, violation
from analysis.sources.firms.dates import dashed
from analysis.sources.firms.grid import BLANKS, DATES, ROW, Cells, Grid, unreadable
from analysis.sources.firms.layouts import CURRENCY, YEAR, columns_of
from analysis.sources.firms.recognition import Match

# The share of dates that makes a column one of dates.
HALF = 0.5


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
