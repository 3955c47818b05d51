"""Whether commas and points in numbers written as text are decimal marks or stand between thousands: the file shows it, or is refused."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from analysis.core.errors import DataError, violation
from analysis.sources.firms.grid import ROW, Cells, framed

# Where cells end with semicolons, or are text of a sheet, a comma may be a decimal one. These can only be:
# 1.234,5, 12,5, 1234,567 and 1.234.567 ...
DECIMAL_COMMA = r"^\s*\(?-?(\d{1,3}(\.\d{3})+,\d+|\d+,(\d{1,2}|\d{4,})|\d{4,},\d+|0,\d+|\d{1,3}(\.\d{3}){2,})\)?\s*$"
# ... these can only be numbers with a decimal point: 12.5, 1,234.5, 1,234,567 ...
DECIMAL_POINT = r"^\s*\(?-?(\d+\.(\d{1,2}|\d{4,})|\d{4,}\.\d+|0\.\d+|\d{1,3}(,\d{3})+\.\d+|\d{1,3}(,\d{3}){2,})\)?\s*$"
# ... and these may be either: 12,345 and (several of them in a column) 12.345.
COMMA = r"^\s*\(?-?\d{1,3}(,\d{3})+\)?\s*$"
POINTS = r"^\s*\(?-?[1-9]\d{0,2}(\.\d{3})+\)?\s*$"
EUROPEAN = r"^\s*\(?-?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?\)?\s*$"
EUROPEAN_NOTE = "numbers have a decimal comma, and points between thousands"
# Cells of a column that must look like 12.345 before they are doubted where points are what is common.
SEVERAL = 2


def european(found: Cells, columns: list[str], name: str, fewest: int = SEVERAL, together: bool = False) -> bool:
    """Turn numbers with decimal commas into ones with points where the file shows that it has them; return whether it did.

    Raises DataError for numbers that may mean two things, in a file that shows neither or both.

    A column whose points are decimal marks has commas between thousands; with `together` one such column tells of all.
    """
    comma = [column for column in columns if _holds(found, column, DECIMAL_COMMA)]
    point = [column for column in columns if _holds(found, column, DECIMAL_POINT)]
    if comma and not point:
        for column in columns:
            text = found.table[column]
            number = text.str.fullmatch(EUROPEAN.strip("^$")).fillna(False).astype(bool)
            plain = text.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
            found.table[column] = text.mask(number, plain)
        return True
    for column in columns:
        pattern = DECIMAL_COMMA if column in comma else COMMA
        if column not in comma and (column in point or (together and point and not comma)):
            continue
        if _holds(found, column, pattern):
            _refuse_mark(found, column, pattern, name)
    if not point:
        refuse_points(found, columns, name, fewest)
    return False


def settled(found: Cells, text: dict[str, pa.Array], name: str) -> bool:
    """Read the marks of cells that are text among typed ones (`text`: None for the latter); return whether commas are decimal marks.

    A file of typed cells writes text where a number is as its writer had it: a single 1.234 may be either.
    """
    doubtful = {key: cells for key, cells in text.items() if pc.any(pc.match_substring_regex(cells, r"\d[.,]\d")).as_py()}
    if not doubtful:
        return False
    only_text = Cells(framed(doubtful, found.table[ROW]))
    commas = european(only_text, list(doubtful), name, fewest=1, together=True)
    for key in doubtful if commas else ():
        found.table[key] = only_text.table[key].fillna(found.table[key])
    return commas


def refuse_points(found: Cells, columns: list[str], name: str, fewest: int = SEVERAL) -> None:
    """Raise DataError for a column all of whose points may stand between thousands, where no column has a decimal one."""
    if any(_holds(found, column, DECIMAL_POINT) for column in columns):
        return
    for column in columns:
        many = pc.sum(pc.match_substring_regex(pa.array(found.table[column]), POINTS)).as_py() or 0
        dotted = pc.sum(pc.match_substring(pa.array(found.table[column]), ".")).as_py() or 0
        if many >= fewest and many == dotted:
            _refuse_mark(found, column, POINTS, name)


def _holds(found: Cells, column: str, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(pa.array(found.table[column]), pattern)).as_py())


def _refuse_mark(found: Cells, column: str, pattern: str, name: str) -> None:
    at = pc.index(pc.match_substring_regex(pa.array(found.table[column]), pattern), True).as_py()
    rule = "may have a decimal comma or separate thousands; write numbers with a point and without separators"
    raise DataError(violation(name, rule, row=int(found.table[ROW].iloc[at]), column=column, value=found.table[column].iloc[at]))
