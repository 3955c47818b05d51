"""A text file with delimiters → its cells. Arrow reads what is one record a line; anything else is read record by record."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

import pyarrow as pa
from pyarrow import csv as arrow

from analysis.core.errors import DataError, violation
from analysis.sources.firms.faults import noted
from analysis.sources.firms.grid import HEAD, ROW, Cells, Grid, Ragged, framed, only, unread
from analysis.sources.firms.marks import EUROPEAN_NOTE, european, refuse_points
from analysis.sources.firms.mojibake import IN_PART, LETTERS_LOST, SET_RIGHT, halved, lost, mended
from analysis.sources.firms.text import as_utf8

DELIMITERS = (",", "\t", ";", "|")
# Excel's word to itself about the delimiter.
EXCEL = re.compile(rb'"?sep=(.)"?\n', re.IGNORECASE)
SAMPLE = 1 << 20
# Lines at the end of a file among which notes are looked for.
TAIL = 20
# Bytes of a line beyond which it is no note.
LONG_LINE = 1 << 16
TEXT_LINE = "is a line of text, no record"


def open_delimited(data: bytes, name: str, path: Path, suffix: str) -> Grid:
    """Return the text as a grid; raises DataError for what is no text."""
    text, assumed = as_utf8(data, name)
    text, more, doubts = _set_right(text)
    told = EXCEL.match(text)
    skipped = 1 if told else 0
    body = text[told.end() :] if told else text
    sample = body[:SAMPLE].decode(errors="ignore")
    delimiter = told.group(1).decode() if told else _delimiter(sample)
    head, offsets = _head(sample, delimiter)
    if not head:
        raise DataError(violation(name, "is empty"))
    width = _width(head)

    notes = [f"is not UTF-8; read as {assumed}"] if assumed else []
    notes += more

    def take(top: int, columns: dict[str, int], where: dict[str, Collection[str]], named: Collection[str]) -> Cells:
        line = head[top][0]
        wide = max(width, len(_trimmed(head[top][1])))
        wide = min(wide, max(len(head[top][1]), width))
        rest = body[offsets[top] :].rstrip(b"\n\r \x1a")
        beyond = {f"(beyond) {place}": place for place in range(len(head[top][1]), wide)}
        asked = columns | beyond
        found = _fast(rest, delimiter, wide, asked, line + skipped) or _slow(rest, delimiter, wide, asked, line + skipped, name)
        _refuse_beyond(found, list(beyond), len(head[top][1]), name)
        numbers = [key for key in columns if key not in named]
        if delimiter == ";" and european(found, numbers, name):
            notes.append(EUROPEAN_NOTE)
        if delimiter == "\t":
            refuse_points(found, numbers, name)
        found.table = only(found.table, where)
        return found

    def asides(top: int, used: set[int]) -> Iterator[tuple[int, int, str, bool]]:
        first = [(line + skipped, cells) for line, cells in head[top + 1 :]]
        return unread([*first, *_tail(body, delimiter, skipped)], used)

    return Grid(name, path, suffix, [(line + skipped, cells) for line, cells in head], take, notes, asides, doubts)


def _set_right(text: bytes) -> tuple[bytes, list[str], list[str]]:
    """Return the text with what was read in a wrong encoding before, and notes and doubts on it."""
    if text.isascii():
        return text, [], []
    old = text.decode()
    made, count = mended(old)
    found = ((LETTERS_LOST, lost(made)), (IN_PART, halved(old, made)))
    notes = [f"{SET_RIGHT} ({count:,} times)"] if count else []
    return made.encode() if count else text, notes, [f"{said} (first: {place})" for said, place in found if place]


def _tail(body: bytes, delimiter: str, skipped: int) -> list[tuple[int, list[str]]]:
    """Return the last lines, where notes stand; a line within a cell in quotes is read as one of its own."""
    lines = body.rstrip(b"\n\r \x1a").split(b"\n") if len(body) < SAMPLE else body[-SAMPLE // 16 :].rstrip(b"\n\r \x1a").split(b"\n")
    end = body.rstrip(b"\n\r \x1a").count(b"\n") + 1 + skipped
    last = lines[-TAIL:]
    rows = range(end - len(last) + 1, end + 1)
    return [
        (row, next(csv.reader([line.decode(errors="ignore")], delimiter=delimiter), []))
        for row, line in zip(rows, last, strict=True)
        if line.strip() and len(line) < LONG_LINE
    ]


def _refuse_beyond(found: Cells, beyond: list[str], width: int, name: str) -> None:
    """Raise DataError where records go on behind the last header: their cells may stand under the header of another.

    1,234 without quotes is two cells, and a program that writes the names of rows writes no header for them.
    """
    for column in beyond:
        filled = found.table[column].notna()
        if filled.any():
            at = found.table.loc[filled].iloc[0]
            rule = f"has more cells than the header ({width}): a comma between thousands without quotes, or names of rows without a header?"
            raise DataError(violation(name, rule, row=int(at[ROW]), value=str(at[column])))
    found.table = found.table.drop(columns=beyond)


def _delimiter(sample: str) -> str:
    """Return the mark under which most records have the same, and the largest, number of cells."""
    start = "\n".join(sample.split("\n")[:HEAD])

    def score(mark: str) -> tuple[float, int]:
        try:
            sizes = Counter(len(cells) for cells in csv.reader(io.StringIO(start), delimiter=mark) if cells)
        except csv.Error:
            return 0.0, 0
        most, times = max(sizes.items(), key=lambda item: (item[0] > 1, item[1])) if sizes else (1, 0)
        return (times / max(sum(sizes.values()), 1) if most > 1 else 0.0), most

    # A tenth more agreement counts less than one more cell: titles above a header agree with nothing.
    return max(DELIMITERS, key=lambda mark: (round(score(mark)[0] * 4), score(mark)[1]))


def _head(sample: str, delimiter: str) -> tuple[list[tuple[int, list[str]]], list[int]]:
    """Return the first records with the line on which each ends, and the byte at which the next one begins."""
    ends, position = [0], 0
    for line in sample.split("\n"):
        position += len(line.encode()) + 1
        ends.append(position)
    head, offsets = [], []
    reader = csv.reader(io.StringIO(sample), delimiter=delimiter)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                head.append((reader.line_num, cells))
                offsets.append(ends[min(reader.line_num, len(ends) - 1)])
            if len(head) >= HEAD:
                break
    except csv.Error:  # a cell without end: the reading of the whole file says where
        pass
    return head, offsets


def _trimmed(cells: list[str]) -> list[str]:
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    return cells


def _width(head: list[tuple[int, list[str]]]) -> int:
    """Return the number of cells that most records have."""
    sizes = Counter(len(cells) for _, cells in head[1:] or head)
    return sizes.most_common(1)[0][0]


def _fast(body: bytes, delimiter: str, width: int, columns: dict[str, int], line: int) -> Cells | None:
    """Return the records where each is one line and has `width` cells, else None."""
    if not body:
        return Cells(framed({name: pa.array([], pa.string()) for name in columns}, []))
    places = [str(position) for position in range(width)]
    chosen = list(dict.fromkeys(str(position) for position in columns.values())) or places[:1]
    try:
        table = arrow.read_csv(
            pa.BufferReader(body),
            read_options=arrow.ReadOptions(use_threads=False, column_names=places),
            parse_options=arrow.ParseOptions(delimiter=delimiter, newlines_in_values=False),
            convert_options=arrow.ConvertOptions(
                column_types=dict.fromkeys(places, pa.string()), include_columns=chosen, strings_can_be_null=False, check_utf8=False
            ),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows != body.count(b"\n") + 1 or body.count(b'"') % 2:
        return None
    read = {name: table[str(position)] for name, position in columns.items()}
    return noted(Cells(framed(read, range(line + 1, line + 1 + table.num_rows)), count=table.num_rows), read)


def _slow(body: bytes, delimiter: str, width: int, columns: dict[str, int], line: int, name: str) -> Cells:
    """Return the records one by one: cells with line breaks, blank lines and ragged records, which are named."""
    reader = csv.reader(io.StringIO(body.decode(), newline=""), delimiter=delimiter, strict=True)
    records, lines, ragged = [], [], []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            row = line + reader.line_num
            more = _trimmed(cells)
            # With blanks behind, a comma between thousands would pass for one between cells.
            if len(cells) == width:
                records.append(cells)
                lines.append(row)
            elif len(more) == 1 and width > 3:
                ragged.append(Ragged(row, TEXT_LINE, more[0]))
            else:
                ragged.append(Ragged(row, f"has {len(cells)} cells where the header has {width}"))
    except csv.Error as error:
        raise DataError(violation(name, f"cannot be read ({error})", row=line + reader.line_num)) from error
    if sum(one.rule != TEXT_LINE for one in ragged) > len(records):
        raise DataError(violation(name, f"{ragged[0].rule}, as most rows", row=ragged[0].row))
    read = {key: pa.array([cells[position] for cells in records], pa.string()) for key, position in columns.items()}
    return noted(Cells(framed(read, lines), ragged, len(records) + len(ragged)), read)
