"""Files that know their types: Parquet, Feather, Stata, SPSS, SAS. Labels of values are read where words are needed."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from analysis.sources.firms.faults import noted
from analysis.sources.firms.grid import BLANKS, ROW, Cells, Grid, by_value, only, without_zeros
from analysis.sources.firms.headings import heading_of
from analysis.sources.firms.marks import EUROPEAN_NOTE, settled
from analysis.sources.firms.mojibake import of_cells
from analysis.sources.firms.unit_words import Unit, unit_said

# Values of a column that no field takes, among which a unit is looked for.
SEEN = 50

# factor to million → a word that a header may have
UNITS = {1e-6: "元", 1e-3: "thousand", 1e-2: "万", 0.1: "lakh", 1.0: "million", 10.0: "crore", 1e2: "亿", 1e3: "billion"}

Labels = dict[str, dict[object, str]]


@dataclass
class Typed:
    """A table, the labels of its values, what is said of its columns by position, and what is said of all of it, line by line."""

    table: pd.DataFrame
    values: Labels = field(default_factory=dict)
    columns: list[str | None] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def open_typed(data: bytes | None, name: str, path: Path, suffix: str) -> Grid:
    """Return the file as a grid; `data` are its bytes where it was packed. Records count from 1.

    A unit of money in the label of a column stands in its header, and one in the label of the file in a line above it.
    """
    read = _unpacked(data, suffix) if data is not None else _read(path, suffix)
    table, labels = read.table, read.values

    notes: list[str] = []
    doubts: list[str] = []

    def take(_: int, columns: dict[str, int], where: dict[str, Collection[str]], named: Collection[str]) -> Cells:
        made = {
            key: _column(table.iloc[:, place], labels.get(str(table.columns[place]), {}) if key in named else {})
            for key, place in columns.items()
        }
        for key in (one for one in made if pd.api.types.is_string_dtype(made[one].dtype)):
            right, more, gone = of_cells(made[key].dropna().unique())
            made[key] = made[key].replace(right) if right else made[key]
            notes.extend(more)
            doubts.extend(gone)
        found = noted(Cells(pd.DataFrame({**made, ROW: range(1, len(table) + 1)}), count=len(table)), _written(table, columns))
        text = {
            key: pa.array(made[key], pa.string()) for key in columns if key not in named and pd.api.types.is_string_dtype(made[key].dtype)
        }
        if settled(found, text, name):
            notes.append(EUROPEAN_NOTE)
        found.table = only(found.table, where)
        return found

    def asides(_: int, used: set[int]) -> Iterator[tuple[int, int, str, bool]]:
        for place in (one for one in range(table.shape[1]) if one not in used):
            text = _column(table.iloc[:, place], labels.get(str(table.columns[place]), {}))
            if pd.api.types.is_string_dtype(text.dtype):
                yield from ((int(row) + 1, place, str(cell), False) for row, cell in text.dropna().drop_duplicates().head(SEEN).items())

    head = [(0, [line]) for line in read.lines if unit_said(line)]
    return Grid(name, path, suffix, [*head, (0, _headers(read))], take, notes, asides, doubts)


def _written(table: pd.DataFrame, columns: dict[str, int]) -> dict[str, pa.Array]:
    """Return the columns of text as they are written, before what stands for no value is blanked."""
    held = {key: table.iloc[:, place] for key, place in columns.items()}
    of_text = {key: values for key, values in held.items() if values.dtype == object or isinstance(values.dtype, pd.StringDtype)}
    return {key: pa.array(values.astype("string"), pa.string()) for key, values in of_text.items()}


def _headers(read: Typed) -> list[str]:
    """Return the names of the columns, each with the unit of money that its label states where the name has none."""
    made = []
    for place, name in enumerate(map(str, read.table.columns)):
        said = _unit(read.columns[place] or "") if place < len(read.columns) else None
        own = heading_of(name, years=False)
        if said is None or own.scale is not None or own.currency:
            made.append(name)
        elif said[0] is not None or pd.api.types.is_numeric_dtype(read.table.dtypes.iloc[place]):
            made.append(f"{name} ({' '.join(filter(None, (UNITS.get(said[0] or 0), said[1])))})")
        else:  # "Currency, USD" of a column of words
            made.append(name)
    return made


def _unit(label: str) -> Unit | None:
    """Return the factor to million and the currency that a label ends in, or states in words (in thousands of CNY)."""
    heading = heading_of(label, years=False)
    return (heading.scale, heading.currency) if heading.scale is not None or heading.currency else unit_said(label)


def _unpacked(data: bytes, suffix: str) -> Typed:
    with tempfile.NamedTemporaryFile(suffix=suffix) as file:
        file.write(data)
        file.flush()
        return _read(Path(file.name), suffix)


def _read(path: Path, suffix: str) -> Typed:
    if suffix in (".parquet", ".pq"):
        return Typed(pd.read_parquet(path))
    if suffix in (".feather", ".arrow"):
        return Typed(pd.read_feather(path))
    import pyreadstat

    readers: dict[str, Any] = {
        ".dta": pyreadstat.read_dta,
        ".sav": pyreadstat.read_sav,
        ".zsav": pyreadstat.read_sav,
        ".por": pyreadstat.read_por,
    }
    reader = readers.get(suffix, pyreadstat.read_xport if suffix == ".xpt" else pyreadstat.read_sas7bdat)
    table, about = reader(path)
    lines = [line for line in (about.file_label, *(about.notes or [])) if line]
    return Typed(table, about.variable_value_labels, list(about.column_labels or []), lines)


def _column(values: pd.Series, labels: dict[object, str]) -> pd.Series:
    """Return numbers as they are; dates, words and labelled codes as text."""
    values = values.reset_index(drop=True)
    if labels:
        known = {key: str(label) for key, label in labels.items()}
        return values.map(lambda code: known.get(code, code), na_action="ignore").astype("string").pipe(_words)
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.dt.strftime("%Y-%m-%d").astype("string[pyarrow]")
    if pd.api.types.is_bool_dtype(values) or pd.api.types.is_numeric_dtype(values):
        return values
    return _words(values.astype("string"))


def _words(text: pd.Series) -> pd.Series:
    """Return text without blanks around it, nor what stands for no value."""

    def bare(distinct: pd.Series) -> pd.Series:
        words = without_zeros(distinct.str.strip()).astype("string[pyarrow]")
        return words.mask(words.isin(BLANKS))

    return by_value(text, bare)
