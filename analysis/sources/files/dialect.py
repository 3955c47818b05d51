"""How a text file is laid out: its delimiter, its header, and what stands before the header or after the last column."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.core.errors import DataError, violation

DELIMITERS = (",", ";", "\t", "|")
WORDS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", " ": "space"}
SAMPLE = 1 << 20  # bytes in which the layout shows
LOOKED_AT = 200  # records
LONGEST = 2**31 - 1  # characters of a cell
# Excel's word to itself about the delimiter.
EXCEL = re.compile(r'"?sep=(.)"?', re.IGNORECASE)


@dataclass(frozen=True)
class Dialect:
    """A text file's layout.

    The header has `header` cells and stands on line `header_line`; a record has `width` cells; records begin at byte `start`,
    line `first_line`. `skipped` says what was passed over before the header. Where a record has cells beyond the header,
    `numbered` is true if the first rows carry quoted 1, 2, 3, as R's row names do.
    """

    delimiter: str
    header: tuple[str, ...]
    header_line: int
    width: int
    start: int
    first_line: int
    skipped: tuple[str, ...] = ()
    numbered: bool = False


@dataclass(frozen=True)
class Record:
    cells: list[str]
    line: int
    text: str
    end: int  # characters up to its end
    next_line: int


def dialect_of(data: bytes, asked: str, wanted: Collection[str], path: Path) -> Dialect:
    """Return the layout of UTF-8 text; `asked` is the delimiter where one was named, `wanted` the columns that are needed.

    Raises DataError for a file without rows, and for lines above the header that are none of its kind.
    """
    for size in (SAMPLE, len(data)):  # the second where a record is longer than the first
        sample, cut = data[:size].decode(errors="ignore"), size < len(data)
        skipped, offset, line = _before_header(sample)
        told = EXCEL.fullmatch(skipped[-1]) if skipped else None
        delimiter = asked or (told.group(1) if told else "") or _sniffed(sample[offset:], cut, wanted)
        records = _sound(list(_records(sample, offset, line, delimiter, LOOKED_AT)), cut)
        if len(records) > 1 or not cut:
            break
    if not records:
        raise DataError(violation(path, "is empty"))
    header, rows = records[0], records[1:]
    if not rows:
        raise DataError(violation(path, "has no rows"))
    _check_header(header, rows, path)
    width, cells = _width(header, rows), header.cells
    while len(cells) > width and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) > width:
        raise DataError(violation(path, f"has {width} cells where the header has {len(cells)}", row=rows[0].line))
    return Dialect(
        delimiter=delimiter,
        header=tuple(cells),
        header_line=header.line,
        width=width,
        start=len(sample[: header.end].encode()),
        first_line=header.next_line,
        skipped=tuple(skipped),
        numbered=width == len(cells) + 1 and all(row.text.startswith(f'"{i}"') for i, row in enumerate(rows, start=1)),
    )


def records_of(lines: Iterator[str], delimiter: str, strict: bool = False) -> Iterator[tuple[list[str], int]]:
    """Yield the cells of each record and the line where it starts, the first line being 1; blank lines are passed over."""
    reader = _reader(lines, delimiter, strict)
    before = 0
    for cells in reader:
        if cells:
            yield cells, before + 1
        before = reader.line_num


def _reader(lines: Iterator[str], delimiter: str, strict: bool = False) -> Any:
    csv.field_size_limit(LONGEST)
    return csv.reader(lines, delimiter=delimiter, strict=strict)


def is_blank(cells: list[str], width: int) -> bool:
    """Return whether a record is a line of nothing but spaces (or the end-of-file mark of DOS) in a table of several columns."""
    return width > 1 and len(cells) == 1 and not cells[0].strip().strip("\x1a")


def _before_header(sample: str) -> tuple[list[str], int, int]:
    """Return what stands before the header (a sep= line; blank lines count as nothing), and the character and line after it."""
    skipped, offset, line = [], 0, 1
    for text in io.StringIO(sample, newline=""):
        bare = text.rstrip("\r\n")
        if EXCEL.fullmatch(bare) and not skipped:
            skipped.append(bare)
        elif bare.strip():
            break
        offset, line = offset + len(text), line + 1
    return skipped, offset, line


def _records(sample: str, offset: int, line: int, delimiter: str, most: int) -> Iterator[Record]:
    position = offset

    def lines() -> Iterator[str]:
        nonlocal position
        for text in io.StringIO(sample[offset:], newline=""):
            position += len(text)
            yield text

    begin, next_line = offset, line
    reader = _reader(lines(), delimiter)
    try:
        for cells in reader:
            started, next_line = next_line, line + reader.line_num
            text, begin = sample[begin:position], position
            if cells and not (len(cells) == 1 and not cells[0].strip().strip("\x1a")):
                yield Record(cells, started, text, position, next_line)
                most -= 1
            if most < 0:
                return
    except csv.Error:  # a cell without end: the reading of the whole file says where
        return


def _sound(records: list[Record], cut: bool) -> list[Record]:
    """Return the records without the last where the sample ends within it."""
    return records[:-1] if cut and records and not records[-1].text.endswith(("\n", "\r")) else records


def _width(header: Record, rows: list[Record]) -> int:
    """Return the cells of a record: as many as the header has where any record agrees, else the usual number."""
    sizes = Counter(len(row.cells) for row in rows)
    return len(header.cells) if len(header.cells) in sizes else sizes.most_common(1)[0][0]


def _sniffed(sample: str, cut: bool, wanted: Collection[str]) -> str:
    """Return the delimiter under which the needed columns are in the header and the records have as many cells as it."""

    def score(delimiter: str) -> tuple:
        records = [record.cells for record in _sound(list(_records(sample, 0, 1, delimiter, LOOKED_AT)), cut)]
        if not records:
            return 0, False, 0.0, 0
        header, rows = records[0], records[1:]
        known = len(set(wanted) & {cell.strip() for cell in header})
        sizes = Counter(len(cells) for cells in rows)
        usual = sizes.most_common(1)[0][0] if sizes else len(header)
        # A title above the header, or row names, must not hide the delimiter of the rows.
        return known, max(len(header), usual) > 1, sizes[usual] / len(rows) if rows else 1.0, min(len(header), usual), usual

    return max(DELIMITERS, key=score)


def _check_header(header: Record, rows: list[Record], path: Path) -> None:
    first = header.cells[0].lstrip()
    usual = Counter(len(row.cells) for row in rows).most_common(1)[0][0]
    if first.startswith("#") and (len(header.cells) != usual or rows[0].cells[0].lstrip().startswith("#")):
        raise DataError(violation(path, "begins with #: remove the lines of comment above the header", row=header.line))
    if len(header.cells) == 1 and usual > 2:
        row = next(row.line for row in rows if len(row.cells) == usual)
        rule = f"has one cell where row {row} has {usual}: remove the lines above the header"
        raise DataError(violation(path, rule, row=header.line, value=_short(header.cells[0])))
    if len(rows[0].cells) == 1 and len(header.cells) > 1 and usual == 1:
        rule = f"has one cell where the header has {len(header.cells)}; --delimiter names what separates cells"
        raise DataError(violation(path, rule, row=rows[0].line))


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:57] + "..."
