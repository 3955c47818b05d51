"""The tables of one layout, read as one: cells of all their files become rows together, so that the latest filing counts whichever file holds it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analysis.sources.firms.combination import once
from analysis.sources.firms.dates import EITHER_ORDER, dashed
from analysis.sources.firms.findings import Finding, Notebook
from analysis.sources.firms.grid import DATES, FILE, ROW, by_value
from analysis.sources.firms.interim import without_interim, without_interim_of_others
from analysis.sources.firms.layouts import columns_of
from analysis.sources.firms.magnitudes import weighed
from analysis.sources.firms.pieces import Piece
from analysis.sources.firms.policies import Policies
from analysis.sources.firms.recognition import Match
from analysis.sources.firms.translation import translate


def alike(match: Match) -> tuple:
    """Return what files that are read as one have in common: the layout and, unless facts stand one a row, the columns and units."""
    columns = () if "long" in match.layout else tuple(sorted(match.columns))
    return match.adapter, match.label, columns, tuple(sorted(match.scales.items())), tuple(sorted(match.currencies.items()))


def stands_alone(piece: Piece) -> bool:
    """Return whether a file of facts needs no other file: it becomes rows before all are opened."""
    return "long" in piece.match.layout and "join" not in piece.match.layout


def folder_of(match: Match) -> Path:
    return match.path.parent


def _named(group: list[Piece]) -> str:
    name = group[0].match.name
    return name if len(group) == 1 else f"{name} and {len(group) - 1} more"


def read_together(
    group: list[Piece], helpers: dict, contract: dict, codes: dict[str, str], policies: Policies, findings: list[Finding]
) -> pd.DataFrame:
    """Return the rows of all files of one layout: read as one, so that the latest filing counts whichever file holds it."""
    first, name = group[0].match, _named(group)
    translate_together([piece for piece in group if piece.rows is None], helpers, contract, policies, findings)
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
    findings += book.findings
    _leave_out(group, name, book.left)
    return rows


def of_whole_years(
    parts: list[tuple[Match, pd.DataFrame]], groups: list[list[Piece]], findings: list[Finding]
) -> list[tuple[Match, pd.DataFrame]]:
    """Return the rows of all layouts without those that are of a part of a year, as the dates of another layout show."""
    books = [Notebook(match.table, _named(group), rows.get(FILE)) for (match, rows), group in zip(parts, groups, strict=True)]
    left = without_interim_of_others([rows for _, rows in parts], books)
    for group, book in zip(groups, books, strict=True):
        findings += book.findings
        _leave_out(group, book.file, book.left)
    return [(match, rows) for (match, _), rows in zip(parts, left, strict=True)]


def translate_together(group: list[Piece], helpers: dict, contract: dict, policies: Policies, findings: list[Finding]) -> None:
    """Turn the cells of some files of one layout into rows, which the first of them holds."""
    if not group:
        return
    first, name, parts = group[0].match, _named(group), []
    for piece in group:
        cells = _joined(piece, helpers, findings) if "join" in piece.match.layout else piece.cells
        if len(group) > 1:
            cells = _in_own_order(cells, first.layout, contract)
        parts.append(cells.assign(**{FILE: piece.match.name}))
        piece.cells = pd.DataFrame()
    cells = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
    cells[FILE] = cells[FILE].astype("category")
    findings.append(Finding(first.table, "read", name, "records read", count=max(len(cells), 1)))
    read = translate(cells, first.layout, contract, first.table, name, policies, first.scales, first.currencies)
    for piece in group:
        piece.rows = read.rows.head(0)
    group[0].rows = read.rows
    findings += read.findings
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


def _joined(piece: Piece, helpers: dict, findings: list[Finding]) -> pd.DataFrame:
    """Return the records with the columns of a second file of the same adapter (SEC: num.txt takes firm and date from sub.txt)."""
    match, join = piece.match, piece.match.layout["join"]
    beside = helpers.get((join["with"], folder_of(match)))
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


def _leave_out(group: list[Piece], name: str, left: dict[str, dict[str, int]]) -> None:
    """Write the rows left out under the lines of their files."""
    for piece in group:
        for rule, count in left.get(piece.match.name, {}).items():
            piece.line.left_out[rule] = piece.line.left_out.get(rule, 0) + count
