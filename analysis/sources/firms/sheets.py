"""Workbooks of Excel (.xlsx, .xls, .xlsb) and OpenDocument: each sheet with cells is a table of its own."""

from __future__ import annotations

import datetime
import io
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from analysis.core.errors import DataError, violation
from analysis.sources.firms.faults import faults_of, noted
from analysis.sources.firms.grid import HEAD, Cells, Grid, Places, framed, only, unread
from analysis.sources.firms.margins import margins_of
from analysis.sources.firms.marks import EUROPEAN_NOTE, settled
from analysis.sources.firms.mojibake import of_cells
from analysis.sources.firms.number_formats import formats_of

Records = list[tuple[int, list]]  # row in the sheet, its cells


def open_workbook(data: bytes, name: str, path: Path, suffix: str) -> list[Grid]:
    """Return a grid per sheet that holds cells; what a sheet declares of its size is not asked.

    Raises DataError for what is no workbook, and for one with a password.
    """
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        faults, formats, margins = faults_of(data), formats_of(data), margins_of(data)
        sheets = {title: _records(book, title, faults.get(title, {})) for title in book.sheet_names}
    except Exception as error:  # each of its kinds of workbook has its own errors
        raise DataError(violation(name, f"cannot be read as a workbook ({' '.join(str(error).split())[:160]})")) from error
    filled = {title: records for title, records in sheets.items() if records}
    if not filled:
        raise DataError(violation(name, "is empty"))
    alone = len(sheets) == 1
    return [
        replace(
            _grid(name if alone else f"{name}, sheet '{title}'", path, suffix, records),
            title=title,
            formats=formats.get(title, {}),
            margins=margins.get(title, []),
        )
        for title, records in filled.items()
    ]


def _records(book: Any, title: str, faults: Places) -> Records:
    """Return the filled rows of a sheet, with the errors and formulas that the reader of workbooks returns as blank or 0."""
    rows = book.get_sheet_by_name(title).to_python(skip_empty_area=False)
    for (row, place), said in faults.items():
        if row <= len(rows) and place < len(rows[row - 1]) and (rows[row - 1][place] == "" or said.startswith(("#", "Err:"))):
            rows[row - 1][place] = said
    return [(i, row) for i, row in enumerate(rows, start=1) if any(cell != "" for cell in row)]


def _grid(name: str, path: Path, suffix: str, records: Records) -> Grid:
    right, notes, doubts = of_cells(cell for _, cells in records for cell in cells if isinstance(cell, str))
    if right:
        records = [(row, [right.get(cell, cell) if isinstance(cell, str) else cell for cell in cells]) for row, cells in records]

    def take(top: int, columns: dict[str, int], where: dict[str, Collection[str]], named: Collection[str]) -> Cells:
        body = records[top + 1 :]
        body = [(row, cells) for row, cells in body if any(cells[place] != "" for place in columns.values() if place < len(cells))]
        read = {key: pa.array([_cell(cells[place]) for _, cells in body], pa.string()) for key, place in columns.items()}
        found = noted(Cells(framed(read, [row for row, _ in body]), count=len(body)), read)
        text = {
            key: pa.array([_text(cells[place]) for _, cells in body], pa.string()) for key, place in columns.items() if key not in named
        }
        if settled(found, text, name):
            notes.append(EUROPEAN_NOTE)
        found.table = only(found.table, where)
        return found

    def asides(top: int, used: set[int]) -> Iterator[tuple[int, int, str, bool]]:
        return unread(records[top + 1 :], used)

    head = [(row, [_cell(cell) for cell in cells]) for row, cells in records[:HEAD]]
    return Grid(name, path, suffix, head, take, notes, asides, doubts)


def _text(value: object) -> str | None:
    """Return a cell that is text in the sheet; what is a number there has its decimal mark."""
    return value if isinstance(value, str) else None


def _cell(value: object) -> str:
    """Return the cell as text: dates as YYYY-MM-DD, whole numbers without a point."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, datetime.date) else str(value)
