"""Text cells → numbers, or the first cell that is none and what to do about it.

Points are decimal marks. A comma is one where it cannot be anything else; what may separate thousands is never guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analysis.sources.files.names import set_aside

# What programs write for a missing number.
MARKERS = ("NA", "NaN", "nan", "N/A", "#N/A", "null", "NULL", ".")
TRUE, FALSE = ("TRUE", "True", "true"), ("FALSE", "False", "false")
EXPONENT = r"([eE][+-]?\d+)?"
INFINITE = "(?i:inf|infinity)"
NUMBER = rf"^[+-]?((\d+\.?\d*|\.\d+){EXPONENT}|{INFINITE})$"
WHOLE = rf"^[+-]?(\d+{EXPONENT}|{INFINITE})$"
COMMA = rf"^[+-]?\d*,\d+{EXPONENT}$"
# 1,234: a thousand and more, or one and a bit; 0,234 and 12,5 can only be the latter.
COMMA_OR_THOUSANDS = r"^[+-]?[1-9]\d{0,2},\d{3}$"
POINT_OR_THOUSANDS = r"^[+-]?[1-9]\d{0,2}\.\d{3}$"
HEXADECIMAL = ("0x", "0X", "-0x", "-0X")  # which Arrow would read as whole numbers
# The minus of typesetters, which spreadsheets and web tables write; a dash may be a range, and is not read.
MINUS = "\u2212"
# Marks of one kind that look alike on paper.
MONTH = r"(?i:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[a-zA-Z]*\.?"
ALIKE = {" ": "[ \u00a0\u2009\u202f]", "'": "['\u2019]"}


@dataclass(frozen=True)
class Marks:
    """What is known of the file: its delimiter; decimal mark and thousands mark as asked for, '' where nothing was.

    `elsewhere` is the decimal mark that other columns of the file have beyond doubt, if they have but one.
    """

    delimiter: str = ""
    decimal: str = ""
    thousands: str = ""
    elsewhere: str = ""


@dataclass
class Numbers:
    """`values`: int64 or float64 (NaN where missing); None when cell `wrong` is no number, for which `advice` says what to do.

    `decimal` is the mark that was found, '' where the cells show none.
    """

    values: np.ndarray | None
    blank: int = 0
    markers: dict[str, int] = field(default_factory=dict)
    decimal: str = ""
    wrong: int = -1
    advice: str = ""


def numbers_of(text: pa.ChunkedArray, marks: Marks, missing: tuple[str, ...] = ()) -> Numbers:
    """Return the cells as numbers; blanks, MARKERS and `missing` become NaN (of `missing`, also equal numbers)."""
    cells, blank, markers = set_aside(text, (*MARKERS, *missing))
    result = _read(cells, marks)
    result.blank, result.markers = blank, markers
    if result.values is not None and missing:
        values, coded = without_codes(pd.Series(result.values), missing)
        result.values = values.to_numpy(dtype=float, na_value=np.nan) if coded else result.values
        result.markers = {code: markers.get(code, 0) + coded.get(code, 0) for code in (*markers, *coded)}
    return result


def without_codes(values: pd.Series, missing: tuple[str, ...]) -> tuple[pd.Series, dict[str, int]]:
    """Return numbers with those that `missing` lists (as -99) missing, and how often each was found; integers stay so."""
    found = {}
    for code in missing:
        if re.fullmatch(NUMBER[1:-1], code) and (equal := values.eq(float(code)).fillna(False).astype(bool)).any():
            found[code] = int(equal.sum())
            values = (values.astype("Int64") if values.dtype.kind in "iu" else values).mask(equal)
    return values, found


def _read(cells: pa.ChunkedArray, marks: Marks) -> Numbers:
    values = _whole(cells)
    if values is not None:
        return Numbers(values)
    if not (marks.thousands or marks.decimal == ","):
        values = _cast(cells)
        if values is not None:
            return Numbers(values, decimal=_pointed(cells, marks)) if not _doubtful(cells, marks) else _wrong(cells, POINT_OR_THOUSANDS)
    if (values := _truths(cells)) is not None:
        return Numbers(values)
    if pc.any(pc.match_substring(cells, MINUS)).as_py():
        return _read(pc.replace_substring(cells, MINUS, "-"), marks)
    return _translated(cells, marks)


def _doubtful(cells: pa.ChunkedArray, marks: Marks) -> bool:
    """Return whether points may separate thousands: where semicolons or other columns suggest decimal commas."""
    suspect = marks.elsewhere == "," or (marks.delimiter == ";" and marks.elsewhere != ".")
    return suspect and not marks.decimal and _all_but_whole(cells, POINT_OR_THOUSANDS)


def _pointed(cells: pa.ChunkedArray, marks: Marks) -> str:
    """Return the point if the cells have one; only where it can tell anything about other columns."""
    return "." if marks.delimiter == ";" and pc.any(pc.match_substring(cells, ".")).as_py() else ""


def _translated(cells: pa.ChunkedArray, marks: Marks) -> Numbers:
    """Read cells with thousands marks or decimal commas."""
    plain, decimal = cells, marks.decimal
    if marks.thousands:
        mark = ALIKE.get(marks.thousands, re.escape(marks.thousands))
        other = re.escape(decimal) if decimal else "[.,]"
        grouped = pc.match_substring_regex(cells, rf"^[+-]?\d{{1,3}}({mark}\d{{3}})+({other}\d*)?$")
        plain = pc.if_else(grouped, pc.replace_substring_regex(cells, mark, ""), cells)
        # One mark cannot do both.
        decimal = decimal or {",": ".", ".": ","}.get(marks.thousands, "")
    if not decimal:
        decimal = "," if marks.delimiter != "," and _has_decimal_commas(plain, marks) else "."
    commas = pc.match_substring_regex(plain, COMMA)
    sound = pc.or_(commas, pc.match_substring_regex(plain, WHOLE)) if decimal == "," else pc.match_substring_regex(plain, NUMBER)
    wrong = pc.invert(pc.fill_null(sound, True))
    if pc.any(wrong).as_py():
        asked = marks.decimal or "," in (marks.delimiter, marks.thousands)
        return _refused(cells, wrong if asked else _fewest(plain, commas, wrong))
    return Numbers(_cast(pc.if_else(commas, pc.replace_substring(plain, ",", "."), plain)), decimal=decimal)


def _fewest(cells: pa.ChunkedArray, commas: pa.ChunkedArray, wrong: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return which cells to name as wrong: where decimal commas beyond doubt outnumber what is no number with them, the latter."""
    others = pc.invert(pc.fill_null(pc.or_(commas, pc.match_substring_regex(cells, WHOLE)), True))
    certain = pc.and_not(commas, pc.match_substring_regex(cells, COMMA_OR_THOUSANDS))
    few = 0 < pc.sum(others).as_py() < (pc.sum(certain).as_py() or 0)
    return others if few else wrong


def _has_decimal_commas(cells: pa.ChunkedArray, marks: Marks) -> bool:
    return _all_but_whole(cells, COMMA) and (marks.elsewhere == "," or not _all_but_whole(cells, COMMA_OR_THOUSANDS))


def _all_but_whole(cells: pa.ChunkedArray, pattern: str) -> bool:
    """Return whether some cells match the pattern, and all others are whole numbers."""
    fits = pc.match_substring_regex(cells, pattern)
    either = pc.or_(fits, pc.match_substring_regex(cells, WHOLE))
    return bool(pc.any(fits).as_py()) and pc.all(either).as_py() is not False


def _whole(cells: pa.ChunkedArray) -> np.ndarray | None:
    try:
        values = pc.cast(cells, pa.int64())
    except pa.ArrowInvalid:
        return None
    if any(pc.any(pc.starts_with(cells, start)).as_py() for start in HEXADECIMAL):
        return None
    return values.to_numpy() if values.null_count == 0 else pc.cast(values, pa.float64(), safe=False).to_numpy()


def _cast(cells: pa.ChunkedArray) -> np.ndarray | None:
    try:
        return pc.cast(cells, pa.float64()).to_numpy()
    except pa.ArrowInvalid:
        return None


def _truths(cells: pa.ChunkedArray) -> np.ndarray | None:
    """Return 1 and 0 where every cell says true or false, else None."""
    true = pc.is_in(cells, pa.array(TRUE))
    either = pc.or_(true, pc.is_in(cells, pa.array(FALSE)))
    if pc.all(pc.or_(either, pc.is_null(cells))).as_py() is False:
        return None
    return np.where(pc.is_null(cells).to_numpy(), np.nan, true.to_numpy())


def _wrong(cells: pa.ChunkedArray, pattern: str) -> Numbers:
    return _refused(cells, pc.match_substring_regex(cells, pattern))


def _refused(cells: pa.ChunkedArray, wrong: pa.ChunkedArray) -> Numbers:
    """Return the first of the cells marked as wrong, and what to do about it."""
    place = pc.index(wrong, pa.scalar(True)).as_py()
    return Numbers(None, wrong=place, advice=_advice(cells[place].as_py()))


def _advice(value: str) -> str:
    """Return what to do about a cell that is no number."""
    for pattern, advice in ADVICE.items():
        if re.fullmatch(pattern, value):
            return advice
    # A cell with figures says something: to call it missing would drop what it says.
    if re.search(r"\d", value) and "#" not in value:
        return "write the number alone, in figures from 0 to 9"
    return "correct it" if "," in value else f"correct it, or add --missing '{value}' if it stands for no value"


A_DATE = "a date: write a year as 2001, a month as 200101, a day as days from a start"
ADVICE = {
    r"[+-]?[1-9]\d{0,2},\d{3}": "add --thousands , if the comma separates thousands, --decimal , if it is a decimal comma",
    r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?": "add --thousands , if the commas separate thousands",
    r"[+-]?[1-9]\d{0,2}\.\d{3}": "add --thousands . if the point separates thousands, --decimal . if it is a decimal point",
    r"[+-]?\d{1,3}(\.\d{3})+(,\d*)?": "add --thousands . if the points separate thousands",
    rf"[+-]?\d{{1,3}}({ALIKE[' ']}\d{{3}})+([.,]\d*)?": "add --thousands ' ' if the spaces separate thousands",
    rf"[+-]?\d{{1,3}}({ALIKE[chr(39)]}\d{{3}})+([.,]\d*)?": "add --thousands apostrophe if it separates thousands",
    r"[+-]?\d*,\d+": "add --decimal , if it is a decimal comma",
    r"[+-]?\d*\.\d*": "the decimal mark of this column is a comma; write all its numbers alike",
    r"(\d{1,4}([-/.])\d{1,2}\2\d{1,4}|\d{4}[-/]\d{1,2}|\d{1,2}[-/]\d{4})([ T].*)?": A_DATE,
    rf"(\d{{1,2}}\.?[ -]?)?{MONTH},?[ -]?(\d{{1,2}},? )?\d{{2,4}}": A_DATE,
    r"\d{1,3}:\d{2}(:\d{2}(\.\d*)?)?": "a time: write it as one number, of hours or days",
    r"[+-]?[\d.,]+ ?%": "write numbers without the sign",
    r"[+-]?\d{1,3}(_\d{3})+(\.\d*)?": "add --thousands _ if it separates thousands",
    r"\([\d.,' ]+\)": "write a negative number with a minus, not in brackets",
    r"[\d.,]+ ?-": "write the minus before the number",
    r"[\u2010-\u2015] ?[\d.,]+": "write a dash that means minus as -",
    r"[<>≤≥]=? ?[\d.,]+": "a bound, no number; if only a bound of a duration is known, --event is 0 there, or --upper names the other bound",
    r"[\d.,]+ ?\+": "write the number alone; a duration that had not ended has 0 in --event",
}
