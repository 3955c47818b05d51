"""A reader's folder → canonical tables: every file opened once, its map found, its rows joined; one line on each file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from analysis.core.errors import DataError
from analysis.sources.firms.combination import combined, once
from analysis.sources.firms.dates import EITHER_ORDER, dashed
from analysis.sources.firms.delimited import TEXT_LINE
from analysis.sources.firms.findings import FileLine, Finding, Notebook
from analysis.sources.firms.grid import DATES, FILE, ROW, Cells, Grid, by_value
from analysis.sources.firms.interim import without_interim, without_interim_of_others
from analysis.sources.firms.layouts import columns_of, wanted_tags
from analysis.sources.firms.links import linked
from analysis.sources.firms.magnitudes import weighed
from analysis.sources.firms.misread import doubted
from analysis.sources.firms.opening import tables_of
from analysis.sources.firms.policies import REFUSE, Policies
from analysis.sources.firms.recognition import Match, recognise
from analysis.sources.firms.taking import take
from analysis.sources.firms.titles import (
    UNIT_BELOW,
    currencies_in,
    doubted_sheets,
    in_force,
    other_unit,
    unit_around,
    units_aside,
    units_in_margins,
    units_printed,
    with_units,
)
from analysis.sources.firms.translation import translate

# Files of facts, each a firm for itself, that are held before they become rows: memory stays that of so many.
BATCH = 250
# Files that a finding on a whole table names one by one.
NAMES_SHOWN = 6
TABLES = ("firm_accounts", "financing_events", "projects")
IDENTIFIERS = "identifiers"
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


@dataclass
class Reading:
    """What a folder holds. `tables` lack the rows that `findings` of kind 'refused' name; `files` has a line on each file."""

    matches: list[Match]
    tables: dict[str, pd.DataFrame]
    findings: list[Finding] = field(default_factory=list)
    files: list[FileLine] = field(default_factory=list)

    def refused(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.kind == "refused"]


def read_folder(
    files: list[Path],
    adapters: dict[str, dict],
    contracts: dict[str, dict],
    policies: Policies | None = None,
    progress: Callable[[Iterable[Path]], Iterable[Path]] = iter,
) -> Reading:
    """Return everything that `files` say. What breaks a rule is a finding; a file that is not read has a line that says why.

    Without `policies` whatever breaks a rule is refused. Raises DataError listing every file where none of them can be read.
    """
    policies = policies or Policies()
    reading = Reading([], {})
    with pd.option_context("mode.string_storage", "pyarrow"):
        pieces = _pieces(files, adapters, contracts, policies, reading, progress)
        if not pieces:
            raise DataError("\n".join(map(str, reading.files)) or "no files")
        helpers = {(piece.match.layout["helps"], _folder(piece.match)): piece for piece in pieces if "helps" in piece.match.layout}
        codes = _codes(pieces, reading)
        for table in TABLES:
            groups: dict[tuple, list[Piece]] = {}
            for piece in (one for one in pieces if one.match.table == table):
                groups.setdefault(_alike(piece.match), []).append(piece)
            parts = [(group[0].match, _read(group, helpers, contracts[table], codes, policies, reading)) for group in groups.values()]
            parts = _of_whole_years(parts, list(groups.values()), reading)
            reading.tables[table] = combined(table, parts, adapters, contracts[table], reading.findings)
        sources = {table: _listed(sorted({m.name for m in reading.matches if m.table == table})) for table in TABLES}
        reading.tables = linked(reading.tables, sources, reading.findings, policies.magnitude)
    return reading


def _pieces(files: list[Path], adapters: dict, contracts: dict, policies: Policies, reading: Reading, progress: Callable) -> list[Piece]:
    tags = wanted_tags(adapters, ".json")
    names = Counter(path.name for path in files)
    pieces: list[Piece] = []
    waiting: dict[tuple, list[Piece]] = {}
    said: list[tuple[Grid, str, float]] = []
    for path in progress(files):
        label = f"{path.parent.name}/{path.name}" if names[path.name] > 1 else path.name
        for found in tables_of(path, label, tags):
            piece = found if isinstance(found, FileLine) else _piece(found, adapters, contracts, policies, reading.findings)
            if isinstance(found, Grid) and (unit := unit_around(found, text=isinstance(piece, FileLine))):
                said.append((found, *unit))
            if isinstance(piece, FileLine):
                reading.files.append(piece)
                reading.findings.append(_unread(piece))
                continue
            reading.files.append(piece.line)
            pieces.append(piece)
            if _stands_alone(piece):
                waiting.setdefault(_alike(piece.match), []).append(piece)
        for kind in [kind for kind, batch in waiting.items() if len(batch) >= BATCH]:
            _translate(waiting[kind], {}, contracts[waiting[kind][0].match.table], policies, reading)
            del waiting[kind]
    money = [(piece.match, contracts[piece.match.table]) for piece in pieces if piece.match.table and "long" not in piece.match.layout]
    reading.findings += doubted_sheets(said, money)
    reading.matches = [piece.match for piece in pieces if piece.match.table]
    return pieces


def _piece(grid: Grid, adapters: dict, contracts: dict, policies: Policies, findings: list[Finding]) -> Piece | FileLine:
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
    findings += [Finding(match.table or "firm_accounts", "repaired", match.name, note) for note in grid.notes]
    findings += [Finding(match.table or "firm_accounts", "doubtful", match.name, doubt) for doubt in grid.doubts]
    return Piece(match, cells.table, line)


def _headers(match: Match, grid: Grid) -> dict[str, str]:
    """Return the layout's names of the columns that are read, with the headers of the file."""
    header = grid.head[match.top][1]
    places = {**match.columns, **{name: place for of in match.years.values() for name, place in of.items()}}
    return {name: (header[place].strip() if place < len(header) else "") or name for name, place in places.items()}


def _unread(line: FileLine) -> Finding:
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


def _faulty(cells: Cells, match: Match) -> list[Finding]:
    """Return a finding for each column with errors of a spreadsheet, whose cells are blank, or with formulas, which are refused."""
    table = match.table or "firm_accounts"
    return [
        Finding(table, KINDS[one.kind], match.name, f"{SAID[one.kind]}; first of {one.count:,}", one.row, one.column, one.value, one.count)
        for one in cells.faults
    ]


def _stands_alone(piece: Piece) -> bool:
    """Return whether a file of facts needs no other file: it becomes rows before all are opened."""
    return "long" in piece.match.layout and "join" not in piece.match.layout


def _alike(match: Match) -> tuple:
    """Return what files that are read as one have in common: the layout and, unless facts stand one a row, the columns and units."""
    columns = () if "long" in match.layout else tuple(sorted(match.columns))
    return match.adapter, match.label, columns, tuple(sorted(match.scales.items())), tuple(sorted(match.currencies.items()))


def _folder(match: Match) -> Path:
    return match.path.parent


def _codes(pieces: list[Piece], reading: Reading) -> dict[str, str]:
    """Return code → firm_id from the reader's files of identifiers."""
    codes: dict[str, str] = {}
    for piece in pieces:
        if piece.match.layout.get("helps") == IDENTIFIERS:
            pairs = piece.cells.dropna(subset=["code", "firm_id"])
            codes |= dict(zip(pairs["code"].astype(str), pairs["firm_id"].astype(str), strict=True))
            reading.findings.append(
                Finding("firm_accounts", "repaired", piece.match.name, "codes joined to firms", count=max(len(pairs), 1))
            )
    return codes


def _read(group: list[Piece], helpers: dict, contract: dict, codes: dict[str, str], policies: Policies, reading: Reading) -> pd.DataFrame:
    """Return the rows of all files of one layout: read as one, so that the latest filing counts whichever file holds it."""
    first, name = group[0].match, _named(group)
    _translate([piece for piece in group if piece.rows is None], helpers, contract, policies, reading)
    parts = [piece.rows for piece in group if piece.rows is not None and len(piece.rows)]
    rows = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0] if parts else group[0].rows
    assert rows is not None
    book = Notebook(first.table, name, rows.get(FILE))
    if codes:
        known = rows["firm_id"].map(codes)
        if known.notna().any():
            book.note("repaired", "codes joined to firms by the file of identifiers", column="firm_id", count=int(known.notna().sum()))
        rows = rows.assign(firm_id=known.fillna(rows["firm_id"]).astype("string"))
    rows = without_interim(rows, book)
    rows = once(rows, contract["key"], first.layout.get("prefer", {}), book)
    if first.table == "firm_accounts":
        book.names = rows.get(FILE)
        rows = weighed(rows, contract["columns"], book, policies)
    reading.findings += book.findings
    _leave_out(group, name, book.left)
    return rows


def _of_whole_years(
    parts: list[tuple[Match, pd.DataFrame]], groups: list[list[Piece]], reading: Reading
) -> list[tuple[Match, pd.DataFrame]]:
    """Return the rows of all layouts without those that are of a part of a year, as the dates of another layout show."""
    books = [Notebook(match.table, _named(group), rows.get(FILE)) for (match, rows), group in zip(parts, groups, strict=True)]
    left = without_interim_of_others([rows for _, rows in parts], books)
    for group, book in zip(groups, books, strict=True):
        reading.findings += book.findings
        _leave_out(group, book.file, book.left)
    return [(match, rows) for (match, _), rows in zip(parts, left, strict=True)]


def _translate(group: list[Piece], helpers: dict, contract: dict, policies: Policies, reading: Reading) -> None:
    """Turn the cells of some files of one layout into rows, which the first of them holds."""
    if not group:
        return
    first, name, parts = group[0].match, _named(group), []
    for piece in group:
        cells = _joined(piece, helpers, reading.findings) if "join" in piece.match.layout else piece.cells
        if len(group) > 1:
            cells = _in_own_order(cells, first.layout, contract)
        parts.append(cells.assign(**{FILE: piece.match.name}))
        piece.cells = pd.DataFrame()
    cells = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
    cells[FILE] = cells[FILE].astype("category")
    reading.findings.append(Finding(first.table, "read", name, "records read", count=max(len(cells), 1)))
    read = translate(cells, first.layout, contract, first.table, name, policies, first.scales, first.currencies)
    for piece in group:
        piece.rows = read.rows.head(0)
    group[0].rows = read.rows
    reading.findings += read.findings
    _leave_out(group, name, read.left)


def _in_own_order(cells: pd.DataFrame, layout: dict, contract: dict) -> pd.DataFrame:
    """Return the cells with 03/04/2019 as the other dates of the same file say: another file may have the month first."""
    dates = {
        column
        for name, how in layout.get("columns", {}).items()
        if contract["columns"].get(name, {}).get("type") == "date" or "take" in how
        for column in columns_of(how)
    }
    dates |= {name for name in cells if name == layout.get("dated") or name.startswith(DATES)}
    of_text = [column for column in dates if column in cells and pd.api.types.is_string_dtype(cells[column].dtype)]
    unclear = [column for column in of_text if cells[column].str.contains(EITHER_ORDER, regex=True).fillna(False).any()]
    return cells.assign(**{column: by_value(cells[column], dashed) for column in unclear}) if unclear else cells


def _named(group: list[Piece]) -> str:
    name = group[0].match.name
    return name if len(group) == 1 else f"{name} and {len(group) - 1} more"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - NAMES_SHOWN:,} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + more


def _leave_out(group: list[Piece], name: str, left: dict[str, dict[str, int]]) -> None:
    """Write the rows left out under the lines of their files."""
    for piece in group:
        for rule, count in left.get(piece.match.name, {}).items():
            piece.line.left_out[rule] = piece.line.left_out.get(rule, 0) + count


def _joined(piece: Piece, helpers: dict, findings: list[Finding]) -> pd.DataFrame:
    """Return the records with the columns of a second file of the same adapter (SEC: num.txt takes firm and date from sub.txt)."""
    match, join = piece.match, piece.match.layout["join"]
    beside = helpers.get((join["with"], _folder(match)))
    if beside is None:
        rule = f"needs the file {join['with']} beside it, which holds {', '.join(join['take'])}"
        findings.append(Finding(match.table, "refused", match.name, rule))
        piece.line.why = rule
        return piece.cells.head(0).assign(**{name: pd.Series(dtype="string") for name in join["take"]})
    held = [name for name in join["take"] if name in beside.cells]
    other = beside.cells[[join["on"], *held]].drop_duplicates(join["on"])
    merged = piece.cells.merge(other, on=join["on"], how="left", indicator=True)
    lost = (merged["_merge"] == "left_only").to_numpy()
    book = Notebook(match.table, match.name)
    book.place("refused", f"has no line in {beside.match.name}", merged.index[lost], merged[ROW], join["on"], merged[join["on"]])
    findings += book.findings
    return merged[~lost].drop(columns="_merge")
