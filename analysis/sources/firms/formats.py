"""A file of any format that readers bring → text cells with the row of each record.

Cells are text, blanks are missing; nothing is guessed. `ROW` holds the line (or sheet row, or record) of each record, so
that every later message can name it.
"""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pandas as pd

from analysis.core.errors import DataError, violation
from analysis.core.rawfiles import SUFFIXES
from analysis.core.storage import read_table

ROW = "(row)"
FILE = "(file)"  # of records of several files that are read as one
# A number that a file separated by semicolons may mean in two ways: 12,345.
COMMA = re.compile(r"-?\d+,\d+")
ENCODINGS = ("utf-8-sig", "utf-16", "gb18030")
DELIMITERS = (",", "\t", ";", "|")
# What exports print for "no value".
BLANKS = ("", ".", "--", "NA", "N/A", "n.a.", "nan", "NaN", "None", "NULL", "null")


def read_cells(path: Path, rows: int | None = None) -> pd.DataFrame:
    """Return the records of `path` as text with column ROW; `rows` limits how many are read.

    Raises DataError that names the file and, where one is at fault, the row.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise DataError(violation(path.name, f"unknown kind of file; known: {', '.join(SUFFIXES)}"))
    try:
        if suffix == ".json":
            table = _company_facts(path)
        elif suffix in (".csv", ".txt", ".tsv"):
            return _blank(_delimited(path, rows))
        else:
            table = {".xlsx": _sheet, ".parquet": _parquet, ".dta": _stata}[suffix](path)
    except DataError:
        raise
    except Exception as error:  # whatever a reader library raises, the file is at fault
        raise DataError(violation(path.name, f"cannot be read ({' '.join(str(error).split())[:200]})")) from error
    return _blank(table if rows is None else table.head(rows))


def _blank(table: pd.DataFrame) -> pd.DataFrame:
    table = table.copy()
    for column in table.columns.drop(ROW):
        if pd.api.types.is_numeric_dtype(table[column]) or pd.api.types.is_bool_dtype(table[column]):
            continue  # typed files hold numbers as numbers
        text = table[column].astype("string").str.strip()
        table[column] = text.mask(text.isin(BLANKS))
    return table


def _delimited(path: Path, rows: int | None) -> pd.DataFrame:
    text = _decoded(path)
    first = text.split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=first.count)
    try:
        reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
        header = [cell.strip() for cell in next(reader)]
        records, lines = [], []
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                rule = f"has {len(cells)} cells where the header has {len(header)}"
                raise DataError(violation(path.name, rule, row=reader.line_num))
            if delimiter == ";":
                _check_commas(header, cells, reader.line_num, path)
            records.append(cells)
            lines.append(reader.line_num)
            if rows is not None and len(records) >= rows:
                break
    except StopIteration as error:
        raise DataError(violation(path.name, "is empty")) from error
    except csv.Error as error:
        raise DataError(violation(path.name, f"cannot be read ({error})", row=reader.line_num)) from error
    return _framed(header, records, lines, path)


def _check_commas(header: list[str], cells: list[str], line: int, path: Path) -> None:
    """Raise DataError for a comma inside a number: where cells end with semicolons it may be a decimal comma."""
    for column, cell in zip(header, cells, strict=True):
        if COMMA.fullmatch(cell.strip()):
            rule = "may be a decimal comma or separate thousands; write numbers with a point and without separators"
            raise DataError(violation(path.name, rule, row=line, column=column, value=cell))


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    if not data:
        raise DataError(violation(path.name, "is empty"))
    _check_utf8(data, path)
    order = ENCODINGS if not data.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-16",)
    for encoding in order:
        if encoding == "utf-16" and b"\x00" not in data[:4000]:
            continue
        try:
            text = data.decode(encoding)
        except UnicodeError:
            continue
        if "\x00" in text or "\N{REPLACEMENT CHARACTER}" in text:
            continue
        return text.replace("\r\n", "\n").replace("\r", "\n")
    raise DataError(violation(path.name, f"is not text in any of {', '.join(ENCODINGS)}"))


def _check_utf8(data: bytes, path: Path) -> None:
    """Raise DataError for a few corrupt bytes in what is otherwise UTF-8: another encoding would read them as letters."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return
    text = data.decode("utf-8", errors="replace")
    corrupt = text.count("\N{REPLACEMENT CHARACTER}")
    letters = sum(character > "\x7f" for character in text) - corrupt
    if corrupt > 0 and (letters > 3 * corrupt or corrupt <= 3):
        row = text[: text.index("\N{REPLACEMENT CHARACTER}")].count("\n") + 1
        raise DataError(violation(path.name, "holds bytes that are not UTF-8 text", row=row))


def _framed(header: list, records: list, lines: list, path: Path) -> pd.DataFrame:
    repeated = sorted({name for name in header if name and header.count(name) > 1})
    if repeated:
        raise DataError(violation(path.name, "column appears twice", row=1, column=repeated[0]))
    table = pd.DataFrame(records, columns=header, dtype="string")
    table[ROW] = pd.array(lines, dtype="int64")
    return table


def _sheet(path: Path) -> pd.DataFrame:
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    # Some exports begin with a line of description: the header is the first row with at least half as many cells as the widest.
    filled = [sum(cell is not None for cell in row) for row in rows]
    if not rows or max(filled) == 0:
        raise DataError(violation(path.name, "is empty"))
    top = next(i for i, count in enumerate(filled) if count * 2 >= max(filled))
    width = max(i + 1 for i, cell in enumerate(rows[top]) if cell is not None)
    header = [_cell(cell) or "" for cell in rows[top][:width]]
    body = [(i + 1, row[:width]) for i, row in enumerate(rows) if i > top and any(cell is not None for cell in row[:width])]
    return _framed(header, [[_cell(cell) for cell in row] for _, row in body], [line for line, _ in body], path)


def _cell(value: object) -> str | None:
    if value is None:
        return None
    if hasattr(value, "date"):
        return value.date().isoformat()
    return f"{value:.15g}" if isinstance(value, float) else str(value).strip()


def _parquet(path: Path) -> pd.DataFrame:
    return _numbered(read_table(path))


def _stata(path: Path) -> pd.DataFrame:
    return _numbered(pd.read_stata(path, convert_categoricals=False))


def _numbered(table: pd.DataFrame) -> pd.DataFrame:
    """Return typed records as they are: their numbers need no parsing; dates become text. Records count from 1."""
    for column in table:
        if pd.api.types.is_datetime64_any_dtype(table[column]):
            table[column] = table[column].dt.strftime("%Y-%m-%d")
    return table.assign(**{ROW: range(1, len(table) + 1)})


def _company_facts(path: Path) -> pd.DataFrame:
    """Return SEC company facts, one row per fact: cik, entityName, tag, unit, start, end, quarters, val, fy, fp, form, filed."""
    try:
        content = json.loads(_decoded(path))
    except json.JSONDecodeError as error:
        raise DataError(violation(path.name, f"is not valid JSON ({error.msg})", row=error.lineno)) from error
    if not isinstance(content, dict) or not {"cik", "facts"} <= set(content) or not isinstance(content["facts"], dict):
        raise DataError(violation(path.name, "holds no 'cik' and 'facts', which a company-facts file has"))
    records = []
    for tag, about in content["facts"].get("us-gaap", {}).items():
        for unit, facts in about.get("units", {}).items():
            records += [
                {**fact, "tag": tag, "unit": unit, "cik": str(content["cik"]), "entityName": content.get("entityName")} for fact in facts
            ]
    columns = ["cik", "entityName", "tag", "unit", "start", "end", "val", "fy", "fp", "form", "filed"]
    table = pd.DataFrame(records).reindex(columns=columns)
    started, ended = (pd.to_datetime(table[name], errors="coerce") for name in ("start", "end"))
    days = (ended - started).dt.days
    table["quarters"] = (days / 91.3).round().fillna(0).astype(int).astype(str)
    table["val"] = [None if pd.isna(v) else repr(v) if isinstance(v, (int, float)) else str(v) for v in table["val"]]
    table[columns] = table[columns].astype("string")
    # A fact has no line of its own: it is named by its place in the list.
    return table.assign(**{ROW: range(1, len(table) + 1)})
