"""A text file with delimiters → its columns as text, cell for cell, and the line of each record."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from analysis.core.errors import DataError, violation
from analysis.sources.files.asked import Reading
from analysis.sources.files.dialect import WORDS, Dialect, dialect_of, is_blank, records_of
from analysis.sources.files.encoding import decoded
from analysis.sources.files.lines import Lines
from analysis.sources.files.source import Source

BLOCK = 1 << 20


def open_text(data: bytes, asked: Reading, wanted: set[str], path: Path) -> Source:
    """Return the text file as a Source; DataError names the line of what cannot be read."""
    text, encoding, note = decoded(data, asked.encoding, path)
    dialect = dialect_of(text, asked.delimiter, wanted, path)
    header, shift, remark = _placed(text, dialect, path)
    facts = {
        "format": "text",
        "delimiter": WORDS.get(dialect.delimiter, repr(dialect.delimiter)),
        "decimal": {",": "comma"}.get(asked.decimal, "point"),
        "encoding": encoding,
        "lines skipped": ", ".join(dialect.skipped) or "none",
    }

    def take(positions: list[int], names: set[int]) -> tuple[list[pa.ChunkedArray], Lines]:
        columns, count = _cells(text, dialect, [position + shift for position in positions], path)
        return columns, _lines(text, dialect, count, path)

    return Source(
        header=header,
        take=take,
        header_row=dialect.header_line,
        delimiter=dialect.delimiter,
        typed=False,
        facts=facts,
        notes=[one for one in (note, remark) if one],
    )


def _placed(text: bytes, dialect: Dialect, path: Path) -> tuple[list[str], int, str]:
    """Return the header, how many cells stand before its first column, and a note; records may have cells beyond the header."""
    header = list(dialect.header)
    more = dialect.width - len(header)
    if more <= 0:
        return header, 0, ""
    beyond, _ = _cells(text, dialect, list(range(len(header), dialect.width)), path)
    blank = all(pc.all(pc.equal(pc.utf8_trim_whitespace(column), "")).as_py() is not False for column in beyond)
    if blank and dialect.numbered:
        rule = "lacks one name: row names come first, or each line ends in a delimiter; name every column, or remove that delimiter"
        raise DataError(violation(path, rule, row=dialect.header_line))
    if blank:
        return header, 0, f"every line ends in {more} blank cell{'s' if more > 1 else ''} beyond the header, left out"
    if more == 1:
        return header, 1, ""
    rule = f"has {len(header)} cells where the rows have {dialect.width}; name every column"
    raise DataError(violation(path, rule, row=dialect.header_line))


def _cells(text: bytes, dialect: Dialect, positions: list[int], path: Path) -> tuple[list[pa.ChunkedArray], int]:
    """Return these columns as text and the number of records; every record must have the same number of cells."""
    # The place is the name: a header's own names may repeat.
    places = [str(position) for position in range(dialect.width)]
    chosen = [str(position) for position in positions] or places[:1]
    body = pa.py_buffer(text)[dialect.start :]
    for block in (BLOCK, min(len(text) + 1, 2**31 - 1)):  # the second for a record that is longer than a block
        try:
            table = csv.read_csv(
                pa.BufferReader(body),
                read_options=csv.ReadOptions(use_threads=False, block_size=block, column_names=places),
                parse_options=csv.ParseOptions(
                    delimiter=dialect.delimiter,
                    newlines_in_values=True,
                    invalid_row_handler=lambda row: "skip" if is_blank([row.text], dialect.width) else "error",
                ),
                convert_options=csv.ConvertOptions(
                    column_types=dict.fromkeys(places, pa.string()),
                    include_columns=chosen,
                    strings_can_be_null=False,
                    check_utf8=False,
                ),
            )
            return [table[place] for place in chosen[: len(positions)]], table.num_rows
        except pa.ArrowInvalid as error:
            if "straddl" in str(error) and block == BLOCK:
                continue
            raise _ragged(text, dialect, path, str(error)) from error
    raise AssertionError("one of the two blocks reads or raises")


def _ragged(text: bytes, dialect: Dialect, path: Path, reason: str) -> DataError:
    """Return the error that names the first record with another number of cells than the others."""
    for cells, line in _followed(text, dialect, strict=False):
        if len(cells) != dialect.width and not is_blank(cells, dialect.width):
            over = f" (or the {WORDS.get(dialect.delimiter, 'delimiter')} is not what separates cells: --delimiter)" if line < 4 else ""
            open_quote = "; a quotation mark may not be closed" if any("\n" in cell for cell in cells) else ""
            rule = f"has {len(cells)} cells where {_expected(dialect)}{open_quote}{over}"
            return DataError(violation(path, rule, row=line))
    return DataError(violation(path, f"cannot be read ({' '.join(reason.split())[:200]})"))


def _expected(dialect: Dialect) -> str:
    return f"the header has {dialect.width}" if dialect.width == len(dialect.header) else f"the row before has {dialect.width}"


def _followed(text: bytes, dialect: Dialect, strict: bool) -> Any:
    body = io.TextIOWrapper(io.BytesIO(memoryview(text)[dialect.start :]), encoding="utf-8", newline="")
    for cells, line in records_of(body, dialect.delimiter, strict):
        yield cells, line + dialect.first_line - 1


def _lines(text: bytes, dialect: Dialect, count: int, path: Path) -> Lines:
    """Return the line where each of `count` records starts.

    As a rule a record is a line. Where it is not (blank lines, line breaks within quotation marks) the file is read again
    record by record, strictly: a quotation mark that is not closed would make one record of two.
    """
    end = len(text)
    while end > dialect.start and text[end - 1] in b"\r\n \x1a":
        end -= 1
    if text.count(b"\n", dialect.start, end) + 1 == count:
        return Lines.following(dialect.first_line, count)
    starts = np.empty(count, dtype=np.int64)
    seen, line = 0, dialect.first_line
    try:
        for cells, line in _followed(text, dialect, strict=True):
            if not is_blank(cells, dialect.width):
                if seen < count:
                    starts[seen] = line
                seen += 1
    except Exception as error:  # csv.Error: text after a closing quotation mark, or none that closes
        rule = f"a quotation mark after this row is not closed, or stands within a cell ({error})"
        raise DataError(violation(path, rule, row=line)) from error
    if seen != count:
        raise DataError(violation(path, f"cannot be followed line by line: {count} records, {seen} by line"))
    return Lines(starts)
