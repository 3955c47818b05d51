"""One column of a user's data as an array of a known type: numbers, or names; anything else is refused by cell."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pandas as pd

from analysis.core.errors import DataError, violation

# Text that is a whole number as a computer would print it: other spellings (01, 1.0, +1) are names of their own.
CANONICAL = r"(?:0|-?[1-9]\d{0,17})"
# Beyond it, whole numbers kept as floats are no longer all distinct; and below how many digits they are.
EXACT = {"float16": (2**11, 4), "float32": (2**24, 8), "float64": (2**53, 16)}
# What to do about text that may be numbers with marks in them.
MARKS = "; say --thousands or --decimal if this is one"
# Floats that hold fewer than the 15 digits of a double.
SHORT = ("float16", "float32")
# Values that a column of objects may hold among numbers, and that are none.
MOMENTS = (datetime.date, datetime.time, datetime.timedelta, pd.Timestamp, pd.Timedelta, pd.Period)
BYTES = (bytes, bytearray, memoryview)


def plain(column: pd.Series) -> pd.Series:
    """Return a categorical column as the values that its rows hold; levels that no row has are gone."""
    return column.astype(column.cat.categories.dtype) if isinstance(column.dtype, pd.CategoricalDtype) else column


def filled(column: pd.Series) -> pd.Series:
    """Return a column as `plain` does, missing where a text is blank."""
    column = plain(column)
    if column.dtype.kind not in "OUT" and not pd.api.types.is_string_dtype(column.dtype):
        return column
    blank = column.map(lambda value: isinstance(value, str) and not value.strip()).to_numpy(bool)
    return column.mask(blank) if blank.any() else column


def named(column: pd.Series) -> pd.Series:
    """Return a column that an option names as text (rows,), None where missing: 3, 3.0 and '3' are one name."""
    found = pd.Series(names(column, "the data", "the option", lambda position: position + 2), index=column.index, dtype=object)
    return found.map(str, na_action="ignore")


def numbers(
    column: pd.Series, where: str, asked: str, lines: Callable[[int], int], infinite: bool = False, decimals: bool = False
) -> np.ndarray:
    """Return a column as float64 (rows,), NaN where missing.

    Booleans are 0 and 1; nullable, decimal and text columns count where every value is a number. With `decimals`, numbers kept
    in single precision are the decimals that were written (0.3, not 0.300000012), so that they meet equal ones kept in double.
    Raises DataError for dates, periods, times between dates, bytes, other text and, unless `infinite`, infinity: with file, row,
    column, value and what to do.
    """
    column = plain(column)
    values = _float(column)
    if values is not None and decimals and str(column.dtype).lower() in SHORT:
        values = _as_written(values, str(column.dtype).lower())
    if values is None:
        row = first_of_other_kind(column)
        kind = _kind(column.iloc[[row]])
        raise DataError(violation(where, f"{asked} needs numbers, not {kind}", lines(row), str(column.name), _shown(column.iloc[row])))
    wrong = (np.isnan(values) & column.notna().to_numpy() & ~_is_nan(column)) | no_numbers_among(column, values)
    if not infinite:
        wrong |= np.isinf(values)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            violation(where, f"{asked} needs numbers{_advice(column.iloc[row])}", lines(row), str(column.name), column.iloc[row])
        )
    return values


def first_of_other_kind(column: pd.Series) -> int:
    """Return the position of the first value that is of no kind of numbers: in a column of objects it may stand among them."""
    if column.dtype != object:
        return int(np.argmax(column.notna().to_numpy()))
    return int(np.argmax([isinstance(value, (*MOMENTS, *BYTES)) and value is not pd.NaT for value in column.array]))


def no_numbers_among(column: pd.Series, values: np.ndarray) -> np.ndarray:
    """Return where (rows,) a column of objects holds what pandas would make a number of.

    These are complex numbers, and true or false beside other `values` than 0 and 1: a slip of a spreadsheet.
    """
    if column.dtype != object:
        return np.zeros(len(column), dtype=bool)
    kinds = np.array([1 if isinstance(v, (bool, np.bool_)) else 2 if isinstance(v, complex) else 0 for v in column.array])
    others = values[kinds == 0]
    mixed = (np.isfinite(others) & (others != 0) & (others != 1)).any()
    return (kinds == 2) | ((kinds == 1) & mixed)


def _float(column: pd.Series) -> np.ndarray | None:
    """Return the column as floats, NaN where a value is no number; None where its type holds no numbers at all."""
    kind = column.dtype.kind if isinstance(column.dtype, np.dtype) else "of pandas"
    if holds_bytes(column):
        return None
    if kind in tuple("fiub"):
        return column.to_numpy(dtype="float64")
    if kind in tuple("mMc") or isinstance(column.dtype, (pd.PeriodDtype, pd.IntervalDtype, pd.DatetimeTZDtype)):
        return None
    if pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype):
        return column.to_numpy(dtype="float64", na_value=np.nan)
    if _holds(column, MOMENTS):
        return None
    if _holds(column, Decimal):
        column = column.map(lambda value: float(value) if isinstance(value, Decimal) else value)
    elif str(column.dtype).startswith("decimal"):
        return column.astype("object").map(float, na_action="ignore").to_numpy(dtype="float64", na_value=np.nan)
    return pd.to_numeric(column.astype("object"), errors="coerce").to_numpy(dtype="float64", na_value=np.nan)


def _as_written(values: np.ndarray, precision: str) -> np.ndarray:
    """Return floats (rows,) of a short `precision` as the shortest decimals that it keeps so; whole numbers stay as they are."""
    distinct, place = np.unique(values, return_inverse=True)
    broken = np.isfinite(distinct) & (distinct % 1 != 0)
    distinct[broken] = distinct[broken].astype(precision).astype(str).astype("float64")
    return distinct[place]


def _holds(column: pd.Series, kinds: type | tuple[type, ...]) -> bool:
    return column.dtype == object and any(isinstance(value, kinds) and value is not pd.NaT for value in column.array)


def holds_bytes(column: pd.Series) -> bool:
    """Return whether any value is bytes, which pandas takes for the number that their letters spell."""
    return column.dtype.kind == "S" or _holds(column, BYTES)


def _is_nan(column: pd.Series) -> np.ndarray | bool:
    """Where a nullable column holds the number NaN rather than nothing: missing all the same."""
    if isinstance(column.dtype, np.dtype) or not pd.api.types.is_float_dtype(column.dtype):
        return False
    return np.isnan(column.to_numpy(dtype="float64", na_value=np.nan))


def _kind(column: pd.Series) -> str:
    if pd.api.types.is_timedelta64_dtype(column.dtype) or _holds(column, datetime.timedelta):
        return "times between dates (write them in days, months or years)"
    if holds_bytes(column):
        return "bytes (store them as numbers, or as text)"
    if _holds(column, datetime.time):
        return "times of day (write hours as numbers)"
    if column.dtype.kind == "c":
        return "complex numbers"
    if isinstance(column.dtype, pd.IntervalDtype):
        return "intervals (write a number for each)"
    return "dates (write years, or the time passed since a day, as numbers)"


def _advice(value: object) -> str:
    text = str(value).strip()
    if text.lower() in ("inf", "-inf", "infinity", "-infinity"):
        return ", all finite"
    if text.replace(",", "").replace(" ", "").replace(".", "").lstrip("-").isdigit():
        return MARKS
    if text in ("True", "False", "true", "false"):
        return "; write 1 and 0"
    return ""


def _shown(value: object) -> str:
    return value.isoformat()[:10] if isinstance(value, datetime.date) else str(value)


def names(column: pd.Series, where: str, asked: str, lines: Callable[[int], int]) -> np.ndarray:
    """Return a column of names (units, clusters, strata): int64 where every name is a whole number, else text; None where missing.

    The spelling of a name is its identity: '01', '1' and '001' are three. Numbers, whole numbers kept as floats and text of
    whole numbers give the same names; moments of one day are several names. Raises DataError for floats too large to tell neighbours apart.
    """
    column = plain(column)
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu":
        return column.to_numpy()
    try:
        codes, found = pd.factorize(column)
    except TypeError as error:
        row = int(np.argmax(column.map(lambda value: isinstance(value, (list, dict, np.ndarray)))))
        rule = f"{asked} needs one name a row, not several"
        raise DataError(violation(where, rule, lines(row), str(column.name), column.iloc[row])) from error
    found = pd.Series(found)
    blank = found.map(lambda value: isinstance(value, str) and not value.strip()).to_numpy(bool) if found.dtype.kind == "O" else None
    if blank is not None and blank.any():
        codes = np.where((codes < 0) | blank[codes], -1, (np.cumsum(~blank) - 1)[codes])
        found = found[~blank].reset_index(drop=True)
    most, digits = EXACT.get(str(found.dtype).lower(), (np.inf, 0))
    if digits and (large := (found.abs() > most).to_numpy(bool, na_value=False)).any():
        row = int(np.argmax(codes == int(np.argmax(large))))
        rule = f"{asked}: numbers of {digits} and more digits were kept as floats and can have merged; store the column as text"
        raise DataError(violation(where, rule, lines(row), str(column.name), f"{column.iloc[row]:.0f}"))
    try:
        cleaned, missing = _cleaned(found), codes < 0
    except UnicodeDecodeError as error:
        broken = error.object
        row = int(np.argmax(column.map(lambda value: value == broken)))
        rule = f"{asked} needs names, not bytes that are no UTF-8 text"
        raise DataError(violation(where, rule, lines(row), str(column.name), column.iloc[row])) from error
    if cleaned.dtype == np.int64 and not missing.any():
        return cleaned[codes]
    # Never as floats: they would merge long whole numbers.
    return np.append(cleaned.astype(object), np.array([None]))[codes]


def _spelled(value: object) -> str:
    """Return a name as text: dates and moments as ISO 8601 has them, a day without its midnight; bytes as the text that they hold."""
    if isinstance(value, datetime.date):
        return value.isoformat().removesuffix("T00:00:00")
    return value.decode() if isinstance(value, bytes) else str(value)


def _cleaned(found: pd.Series) -> np.ndarray:
    """Return distinct names (n,) as int64 where all are whole numbers, else as text; names that differ stay different."""
    if not len(found):
        return np.array([], dtype=object)
    if pd.api.types.is_bool_dtype(found.dtype):
        return found.astype(str).to_numpy(object)
    if pd.api.types.is_numeric_dtype(found.dtype):
        values = found.astype("float64") if pd.api.types.is_float_dtype(found.dtype) else found
        if str(found.dtype).lower() in SHORT:
            values = pd.Series(_as_written(values.to_numpy(), str(found.dtype).lower()))
        if (values % 1 == 0).all():
            return found.to_numpy(dtype="int64")
        return np.array([f"{value:g}" if float(f"{value:g}") == value else repr(float(value)) for value in values], dtype=object)
    text = found.map(_spelled)
    if isinstance(found.dtype, pd.DatetimeTZDtype):
        # In one zone a day has one midnight.
        text = text.str.replace(r"T00:00:00[+-]\d\d:\d\d$", "", regex=True)
    # Whole numbers that came as floats among text read "1.0"; as names they are "1".
    text = text.where(~found.map(lambda value: isinstance(value, float) and value % 1 == 0), text.str.removesuffix(".0"))
    if text.str.fullmatch(CANONICAL).all() and text.is_unique:
        return text.astype("int64").to_numpy()
    return text.to_numpy(object)
