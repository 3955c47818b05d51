"""A table as a file holds it: its first records, in which the header is looked for, and its cells, read when asked for."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

ROW = "(row)"
FILE = "(file)"  # of records of several files that are read as one
DATES = "(dates)"  # before the place of a column of dates that a map has no name for
EMPLOYEES = "(employees)"  # against which the size of money is held; no field of the study
# Records among which the header is looked for.
HEAD = 60
# What exports print for "no value".
BLANKS = (
    "", ".", "-", "--", "—", "NA", "N/A", "n.a.", "N.A.", "n.s.", "nan", "NaN", "NaT", "None", "NULL", "null", "n/a", "#N/A", "#N/A N/A",
    "#N/A Field Not Applicable", "#N/A Requesting Data...",     "#VALUE!", "#REF!", "#DIV/0!", "@NA", "<NA>", "–", "―", "－", "——", "———", "---",
    "N.A", "n.a", "nil", "Nil", "NIL", "..", "…", "无", "缺失", "不适用", "未披露", "暂无",
)  # fmt: skip
# A number in brackets, raised, lowered or circled is a footnote's: NFKC would make digits of the figure of it.
FOOTNOTE = ("<super>", "<sub>", "<circle>", "<fraction>")
# English, German, French, Spanish, Italian, Portuguese and Dutch words; what Bloomberg and Datastream print begins alike.
# LibreOffice has numbers for some (Err:502).
ERROR = r"^(#[¡¿]?[A-ZÀ-Ý][A-ZÀ-Ý/ 0-9.]*[!?]|#N/?[ADV]\b.*|#GETTING_DATA|Err:\d{3})$"
INTEGRAL = r"^(-?\d+)\.0+$"


Places = dict[tuple[int, int], str]  # row from 1, column from 0: what stands there


@dataclass
class Ragged:
    """A record with another number of cells than the header, which cannot be told apart into columns."""

    row: int
    rule: str
    text: str = ""


@dataclass(frozen=True)
class Fault:
    """Cells of a column that hold an error ('error') or a formula without its value ('formula'): the first place, and how many."""

    kind: str
    row: int
    column: str
    value: str
    count: int


@dataclass
class Cells:
    """Records: the wanted columns by the names given to them, and ROW; ragged records are left out of them."""

    table: pd.DataFrame
    ragged: list[Ragged] = field(default_factory=list)
    count: int = 0  # records in the file, whatever was asked for
    faults: list[Fault] = field(default_factory=list)


# take(index of the header in the head, name → position, {name: wanted values}, names that hold words)
Take = Callable[[int, dict[str, int], dict[str, Collection[str]], Collection[str]], Cells]

# asides(index of the header in the head, positions of the columns that are read): row, position, text and whether the rest of
# the record is blank, of the cells that are not read
Asides = Callable[[int, set[int]], Iterable[tuple[int, int, str, bool]]]


@dataclass
class Grid:
    """A delimited text, a sheet or a typed file. `head` holds (row, cells) of the first records; rows count from 1."""

    name: str
    path: Path
    suffix: str
    head: list[tuple[int, list[str]]]
    take: Take
    notes: list[str] = field(default_factory=list)
    asides: Asides | None = None
    doubts: list[str] = field(default_factory=list)
    title: str = ""  # of the sheet of a workbook
    formats: dict[int, tuple[int, str, float]] = field(default_factory=dict)  # columns whose number format prints a unit of money
    margins: list[tuple[int | None, int | None, str]] = field(
        default_factory=list
    )  # comments by row and column, and what is printed around


def unread(records: Iterable[tuple[int, list]], used: set[int]) -> Iterator[tuple[int, int, str, bool]]:
    """Yield the cells of text that are not read, as Asides does."""
    for row, cells in records:
        others = [(place, cell) for place, cell in enumerate(cells) if place not in used and isinstance(cell, str) and cell]
        if others:
            alone = not any(cells[place] not in ("", None) for place in used if place < len(cells))
            yield from ((row, place, cell, alone) for place, cell in others)


def words(column: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    """Return text without spaces around it; what stands for no value is missing."""
    text = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.is_in(text, value_set=pa.array(BLANKS)), pa.scalar(None, text.type), text)


def framed(columns: dict[str, pa.ChunkedArray | pa.Array], rows: pd.Series | list) -> pd.DataFrame:
    """Return text columns as a table with ROW; text stays in Arrow's memory, a tenth of that of Python's objects."""
    made = {name: pd.Series(pd.array(words(column), dtype="string[pyarrow]")) for name, column in columns.items()}
    return pd.DataFrame({**made, ROW: pd.Series(rows, dtype="int64")})


def only(table: pd.DataFrame, where: dict[str, Collection[str]]) -> pd.DataFrame:
    """Return the records whose columns hold one of the wanted values."""
    for name, wanted in where.items():
        table = table[table[name].astype("string").isin(list(wanted))]
    return table.reset_index(drop=True)


def by_value(text: pd.Series, read: Callable[[pd.Series], pd.Series]) -> pd.Series:
    """Return `read` of a column, asked once for each distinct value: years and currencies repeat in every row."""
    codes, distinct = pd.factorize(text)
    made = read(pd.Series(distinct, dtype=text.dtype)).reset_index(drop=True)
    found = made.reindex(codes)
    found.index = text.index
    return found


def unreadable(column: str) -> str:
    """Return the name of the column that is True where a cell of `column` held an error: it is blank, and yet no true blank."""
    return f"(unreadable) {column}"


def folded(value: str) -> str:
    """Return text in common letters, digits and marks; text with a raised, lowered or circled digit or a fraction stays as it is."""
    marked = not value.isascii() and any(
        unicodedata.category(one) == "No" or unicodedata.decomposition(one).startswith(FOOTNOTE) for one in value
    )
    return value if marked else unicodedata.normalize("NFKC", value)


def narrow(text: pd.Series) -> pd.Series:
    """Return text with letters, digits and marks of full width (２０１９, （, －) in their common form."""
    wide = text.str.contains(r"[^\x00-\x7f]", regex=True).fillna(False).astype(bool)
    if not wide.any():
        return text
    return text.mask(wide, text[wide].map(folded).astype(text.dtype))


def without_zeros(text: pd.Series) -> pd.Series:
    """Return codes without the '.0' that a program added when it took them for numbers."""
    return text.str.replace(INTEGRAL, r"\1", regex=True)
