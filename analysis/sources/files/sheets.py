"""Excel workbooks: one sheet, its header found, its cells as typed there; the line of a record is its row in the sheet."""

from __future__ import annotations

import datetime
import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.core.errors import DataError, UnknownName, unknown, violation
from analysis.sources.files.header import stripped
from analysis.sources.files.lines import Lines
from analysis.sources.files.source import Source

Rows = list[tuple[int, tuple]]  # row in the sheet, its cells


def open_workbook(path: Path, sheet: str, wanted: set[str]) -> Source:
    """Return the sheet named, else the first that is not empty, as a Source; `wanted` columns show which row is the header."""
    sheets = _sheets(path, sheet)
    title, rows = next(((title, rows) for title, rows in sheets.items() if rows), ("", []))
    if not rows:
        raise DataError(violation(path, f"sheet '{sheet}' is empty" if sheet else "holds no cells"))
    top = _header_at(rows, wanted)
    number, named = rows[top][0], _trimmed(rows[top][1])
    records = rows[top + 1 :]
    facts = {"format": "Excel", "sheet": title, "lines skipped": f"rows 1 to {number - 1}" if number > 1 else "none"}
    notes = []
    others = [name for name, cells in sheets.items() if cells and name != title]
    header = ["" if cell is None else _heading(cell) for cell in named]
    if others and not sheet:
        _check_columns(path, title, header, {name: sheets[name] for name in others}, wanted)
        notes.append(f"sheet '{title}' is read; --sheet names another ({', '.join(others)})")
    if not records:
        raise DataError(violation(path, "; ".join([f"sheet '{title}' has no rows below its first", *notes])))
    if top > 0:
        notes.append(f"the header is row {number}; {top} row{'s' if top > 1 else ''} above it left out")

    def take(positions: list[int], names: set[int]) -> tuple[list[pd.Series], Lines]:
        columns = [_series([cells[at] if at < len(cells) else None for _, cells in records]) for at in positions]
        lines = Lines(np.array([row for row, _ in records]))
        if any(column.isna().any() for column in columns):
            _check_formulas(path, title, header, positions, columns, lines)
        return columns, lines

    return Source(header=header, take=take, header_row=number, typed=False, facts=facts, notes=notes)


def _workbook(path: Path, values: bool) -> Any:
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles and extensions that hold no values
        # From bytes, because openpyxl refuses a workbook under another suffix.
        return openpyxl.load_workbook(io.BytesIO(path.read_bytes()), read_only=True, data_only=values)


def _sheets(path: Path, sheet: str) -> dict[str, Rows]:
    """Return the filled rows of each sheet, or of the one that is named."""
    book = _workbook(path, values=True)
    titles = [one.title for one in book.worksheets]
    if sheet and sheet not in titles:
        raise unknown(sheet, titles, f"{path}: --sheet", "sheet")
    return {title: _rows(book[title]) for title in titles if sheet in ("", title)}


def _rows(sheet: Any) -> Rows:
    sheet.reset_dimensions()  # what a file declares of its size is often wrong
    return [(i, row) for i, row in enumerate(sheet.iter_rows(values_only=True), start=1) if any(_filled(cell) for cell in row)]


def _filled(cell: object) -> bool:
    return cell is not None and not (isinstance(cell, str) and not cell.strip())


def _header_at(rows: Rows, wanted: set[str]) -> int:
    """Return which row is the header: the first with the wanted names, else the first that is more than half as full as the fullest.

    Titles above a header fill fewer cells.
    """
    if wanted:
        for i, (_, cells) in enumerate(rows):
            if wanted <= _texts_of(cells):
                return i
    filled = [sum(_filled(cell) for cell in cells) for _, cells in rows]
    return next(i for i, count in enumerate(filled) if count * 2 > max(filled))


def _check_columns(path: Path, title: str, header: list[str], others: dict[str, Rows], wanted: set[str]) -> None:
    """Raise UnknownName where the first sheet lacks `wanted` columns, as notes before the data do, and name the other sheets."""
    missing = sorted(wanted - set(stripped(header)))
    if not missing:
        return
    where = f"{path}: sheet '{title}'"
    for name, rows in others.items():
        if any(wanted <= _texts_of(cells) for _, cells in rows):
            raise UnknownName(f"{where} has no column '{missing[0]}'; sheet '{name}' has all that are named: add --sheet '{name}'")
    found = unknown(missing[0], filter(None, stripped(header)), where, "column")
    raise UnknownName(f"{found} --sheet names another sheet ({', '.join(others)}).")


def _texts_of(cells: tuple) -> set[str]:
    return {str(cell).strip() for cell in cells if isinstance(cell, str)}


def _trimmed(cells: tuple) -> tuple:
    width = max(i + 1 for i, cell in enumerate(cells) if _filled(cell))
    return cells[:width]


def _heading(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell.isoformat() if isinstance(cell, datetime.date) else str(cell)


def _series(cells: list) -> pd.Series:
    """Return a column: numbers as numbers, dates as dates, else objects as they are."""
    filled = [cell for cell in cells if _filled(cell)]
    if filled and all(isinstance(cell, datetime.datetime) for cell in filled):
        return pd.Series(cells, dtype="datetime64[us]")
    if all(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in filled):
        whole = all(isinstance(cell, int) for cell in filled)
        holes = len(filled) < len(cells)
        numbers = [cell if _filled(cell) else None for cell in cells]
        return pd.Series(numbers, dtype="int64" if whole and not holes else "float64")
    truths = all(isinstance(cell, bool) for cell in filled)
    return pd.Series([cell if _filled(cell) else None for cell in cells], dtype="boolean" if truths else object)


def _check_formulas(path: Path, title: str, header: list, positions: list[int], columns: list[pd.Series], lines: Lines) -> None:
    """Raise DataError where a cell that seems blank is a formula whose value the file does not hold."""
    blank = {at: set(lines[np.flatnonzero(column.isna())].tolist()) for at, column in zip(positions, columns, strict=True)}
    sheet = _workbook(path, values=False)[title]
    sheet.reset_dimensions()
    for row, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
        for at, rows in blank.items():
            if row in rows and at < len(cells) and isinstance(cells[at], str) and cells[at].startswith("="):
                rule = "is a formula without a value: open the file in Excel and save it, or save the values"
                raise DataError(violation(path, rule, row=row, column=str(header[at]), value=cells[at]))
