"""A user's file → the columns that are needed, each traceable to its line."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.core.errors import BadOption, DataError, UnknownName, violation
from analysis.sources.files.asked import Reading
from analysis.sources.files.columns import Column, column_of, holds_names
from analysis.sources.files.content import FEATHER, PARQUET, STATA, TEXT, WORKBOOK, content_of
from analysis.sources.files.header import once, places_of
from analysis.sources.files.lines import Lines
from analysis.sources.files.source import Source


@dataclass
class File:
    """A file as it was read; a column that should hold numbers and does not is still here, with why."""

    path: str
    columns: list[Column]
    lines: Lines
    facts: dict[str, str]
    notes: list[str]
    attrs: dict


def read(path: str, roles: dict[str, set[str]], asked: Reading = Reading(), also: Collection[str] = ()) -> pd.DataFrame:  # noqa: B008
    """Return the columns that `roles` names, column → fields of Specification, and those of `also` that the file has.

    Columns of the roles unit, cluster, strata and fixed_effects are text exactly as written, None where blank; all others
    numbers (int64 where whole and without a hole, else float64), blanks and the usual markers NaN. A column with both kinds
    of roles holds numbers, a unit text. Columns of `also` are numbers where every cell is one, else text. Files that know
    types (Parquet, Feather, Stata, Excel) keep them: dates, Decimal, nullable and truth values are handed on; their text is read
    as that of a text file.

    The index counts rows from 0. `attrs` holds `file`, `lines` (Lines: the file's line of each row, header = 1; in files
    without lines the first record is 2), `notes` (what a reader should know) and what the file itself carries.
    Raises DataError naming file, line, column, value and what to do, and UnknownName for a column that is not there.
    """
    file = load(path, roles, asked, also)
    for column in file.columns:
        if column.refused:
            row, value, rule = column.refused
            raise DataError(violation(path, rule, row=int(file.lines[row]), column=column.name, value=_short(value)))
    frame = pd.DataFrame({column.name: column.values for column in file.columns}, copy=False)
    frame.attrs = {**file.attrs, "file": path, "lines": file.lines, "notes": tuple(file.notes)}
    return frame


def load(path: str, roles: dict[str, set[str]], asked: Reading, also: Collection[str] | None = None) -> File:
    """Return the columns of a file with what was found on the way; where `also` is None, every column whose name is its own."""
    try:
        source = _opened(Path(path), asked, set(roles))
        others = once(source.header) if also is None else set(also)
        places, notes = places_of(source.header, roles, others, path, source.header_row)
        named = {place for name, place in places.items() if holds_names(roles.get(name, set()))}
        raw, lines = source.take(list(places.values()), named)
    except (DataError, UnknownName, BadOption):
        raise
    except Exception as error:  # whatever a library raises, the file is at fault
        raise DataError(violation(path, f"cannot be read ({' '.join(str(error).split())[:300]})")) from error
    if not len(lines):
        raise DataError(violation(path, "has no rows"))
    columns = _columns(places, roles, raw, source, asked)
    notes = [*source.notes, *notes, *_remarks(columns, asked)]
    return File(path, columns, lines, source.facts, notes, source.attrs)


def _opened(path: Path, asked: Reading, wanted: set[str]) -> Source:
    """Open a file of any kind; formats import their libraries only when they are met."""
    kind, text = content_of(path)
    if kind == TEXT:
        from analysis.sources.files.delimited import open_text

        return open_text(text, asked, wanted, path)
    if kind in (PARQUET, FEATHER):
        from analysis.sources.files.typed import open_feather, open_parquet

        return {PARQUET: open_parquet, FEATHER: open_feather}[kind](path)
    if kind == STATA:
        from analysis.sources.files.stata import open_stata

        return open_stata(path)
    assert kind == WORKBOOK
    from analysis.sources.files.sheets import open_workbook

    return open_workbook(path, asked.sheet, wanted)


def _columns(places: dict[str, int], roles: dict[str, set[str]], raw: list, source: Source, asked: Reading) -> list[Column]:
    """Return the columns; where some have a decimal mark beyond doubt, the others are read in that light."""
    columns = [column_of(name, roles.get(name, set()), cells, source, asked) for name, cells in zip(places, raw, strict=True)]
    found = {column.decimal for column in columns} - {""}
    if asked.decimal or not found or (found == {"."} and not any(column.refused for column in columns)):
        return columns
    mark = "," if "," in found else "."
    source.facts["decimal"] = {",": "comma", ".": "point"}[mark]
    return [
        column if column.decimal else column_of(column.name, set(column.roles), cells, source, asked, mark)
        for column, cells in zip(columns, raw, strict=True)
    ]


def _remarks(columns: list[Column], asked: Reading) -> list[str]:
    notes = [note for column in columns for note in column.notes]
    if not asked.decimal and (commas := [column.name for column in columns if column.decimal == ","]):
        notes.append(f"decimal commas are read in {', '.join(commas)}")
    for column in columns:
        if column.markers:
            listed = ", ".join(f"'{text}' {count}" for text, count in column.markers.items())
            notes.append(f"column '{column.name}': read as missing: {listed}")
    return notes


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 60 else text[:57] + "..."
