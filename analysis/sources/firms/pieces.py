"""One table of a file: its map found and its cells taken, with a finding for each of them that is no record or no figure."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from analysis.core.errors import DataError
from analysis.sources.firms.delimited import TEXT_LINE
from analysis.sources.firms.findings import FileLine, Finding
from analysis.sources.firms.grid import Cells, Grid
from analysis.sources.firms.in_force import UNIT_BELOW, currencies_in, in_force, other_unit
from analysis.sources.firms.misread import doubted
from analysis.sources.firms.policies import REFUSE, Policies
from analysis.sources.firms.recognition import Match, recognise
from analysis.sources.firms.taking import take
from analysis.sources.firms.titles import with_units
from analysis.sources.firms.units_aside import units_aside, units_in_margins, units_printed

# What becomes of the errors of a spreadsheet and of its formulas without a value.
KINDS = {"error": "blanked", "formula": "refused"}
SAID = {
    "error": "an error of a spreadsheet in place of a figure; such cells are left blank",
    "formula": "a formula without its value: open the file in a spreadsheet and save it, or save the values",
}
CALLED_OFF = re.compile(
    r"(?:not |un)?(?:cancell?ed|withdrawn|terminated|failed|rejected|planned|pending|announced|abandoned|suspended|annulled|postponed)"
    r"|(?:已)?(?:取消|终止|撤回|撤销|失败|中止|拟发行|未发行|未通过|计划)"
)
TOOK_PLACE = "an event that did not take place, or not yet? It counts as one: take out what was only planned or called off"


@dataclass
class Piece:
    """A recognised table, its cells and its line; `rows` hold what the cells of it, and of those read with it, became."""

    match: Match
    cells: pd.DataFrame
    line: FileLine
    rows: pd.DataFrame | None = None


def piece_of(grid: Grid, adapters: dict, contracts: dict, policies: Policies, findings: list[Finding]) -> Piece | FileLine:
    """Return the table read, or the line that says why it is not."""
    try:
        match = recognise(grid, adapters)
        if isinstance(match, FileLine):
            return match
        match = with_units(match, grid, contracts.get(match.table, {}))
        cells = take(grid, match, contracts.get(match.table, {}))
    except DataError as error:
        return FileLine(grid.name, why=str(error).removeprefix(grid.name).lstrip(",: "), likely=True, recognised=True)
    line = FileLine(grid.name, f"{adapters[match.adapter]['title']}, {match.label}", match.table, cells.count)
    line.unused = [] if "long" in match.layout or not match.table else list(match.unused)
    for ragged in cells.ragged:
        line.left_out[ragged.rule] = line.left_out.get(ragged.rule, 0) + 1
    contract = contracts.get(match.table, {})
    currencies = currencies_in(cells.table, match.layout)
    findings += units_aside(match, grid, contract, currencies) + units_printed(match, grid, contract)
    findings += units_in_margins(match, grid, contract, currencies)
    findings += _called_off(match, grid) + doubted(cells.table, _headers(match, grid), match.table or "firm_accounts", match.name)
    findings += _ragged(cells, match, policies, contracts.get(match.table, {})) + _faulty(cells, match)
    findings += _unsaid_headers(match, grid)
    findings += [Finding(match.table or "firm_accounts", "repaired", match.name, note) for note in grid.notes]
    findings += [Finding(match.table or "firm_accounts", "doubtful", match.name, doubt) for doubt in grid.doubts]
    return Piece(match, cells.table, line)


def _headers(match: Match, grid: Grid) -> dict[str, str]:
    """Return the layout's names of the columns that are read, with the headers of the file."""
    header = grid.head[match.top][1]
    places = {**match.columns, **{name: place for of in match.years.values() for name, place in of.items()}}
    return {name: (header[place].strip() if place < len(header) else "") or name for name, place in places.items()}


def unread(line: FileLine) -> Finding:
    """Return the finding of a file that is not read; one that was meant to be a table of the reader's own is refused."""
    refused = line.recognised or (line.likely and "no adapter" in line.why)
    return Finding("firm_accounts", "refused" if refused else "unread", line.file, line.why)


def _called_off(match: Match, grid: Grid) -> list[Finding]:
    """Return a doubt on the first cell, in a column that is not read, by which an event was planned or called off: it counts as one that took place."""
    if match.table != "financing_events" or grid.asides is None:
        return []
    header = grid.head[match.top][1]
    for row, place, text, _ in grid.asides(match.top, set(match.columns.values())):
        if CALLED_OFF.fullmatch(text.strip().casefold()):
            name = header[place] if place < len(header) else None
            return [Finding(match.table, "doubtful", match.name, TOOK_PLACE, row, name, text)]
    return []


def _ragged(cells: Cells, match: Match, policies: Policies, contract: dict) -> list[Finding]:
    """Return a finding for each record that cannot be told apart into columns; a note on another unit of money is refused."""
    table, kind = match.table or "firm_accounts", "refused" if policies.rows == REFUSE else "dropped"
    currencies = currencies_in(cells.table, match.layout)
    found = []
    for one in cells.ragged:
        if one.rule != TEXT_LINE:
            found.append(Finding(table, kind, match.name, one.rule, one.row, about="rows"))
        elif match.table and other_unit(one.text, in_force(match, contract), currencies):
            found.append(Finding(table, "refused", match.name, UNIT_BELOW, one.row, value=one.text))
        else:
            found.append(Finding(table, "filtered", match.name, one.rule, one.row, value=one.text[:60], about="rows"))
    return found


def _unsaid_headers(match: Match, grid: Grid) -> list[Finding]:
    """Return a finding for the first header of a sheet that is a formula without its value: the column below it may be one that is read."""
    row, header = grid.head[match.top]
    formulas = [cell for cell in header if grid.title and cell.startswith("=")]
    rule = f"a header: {SAID['formula']}"
    return [Finding(match.table or "firm_accounts", "refused", match.name, rule, row, value=cell) for cell in formulas[:1]]


def _faulty(cells: Cells, match: Match) -> list[Finding]:
    """Return a finding for each column with errors of a spreadsheet, whose cells are blank, or with formulas, which are refused."""
    table = match.table or "firm_accounts"
    return [
        Finding(table, KINDS[one.kind], match.name, f"{SAID[one.kind]}; first of {one.count:,}", one.row, one.column, one.value, one.count)
        for one in cells.faults
    ]
