"""One column of a file, read for what it is used as: names stay text as written, numbers become numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa

from analysis.core.specification import flag
from analysis.sources.files.asked import Reading
from analysis.sources.files.names import names_of
from analysis.sources.files.numbers import A_DATE, MARKERS, Marks, numbers_of, without_codes
from analysis.sources.files.source import Raw, Source

# Fields of a Specification that hold names and may be text; all others hold numbers.
NAMES = ("unit", "fixed_effects", "cluster", "strata")
# Fields that hold periods, which may be dates and texts where it is said what a period is.
PERIODS = ("time", "cohort")
# Fields that hold times which have passed: a date is none, however it is coded.
TIMES = ("duration", "entry", "upper")
PASSED = "a date: write the time that has passed since the start, in days, months or years"
ENDS = "write 1 where the spell ended, 0 where it is censored (2, 3, ... for other kinds of ends)"
# Fields of regressors, each of which is one number a row.
COVARIATES = ("treatment", "controls", "instruments")
NAMED = "make a column of 0 and 1 for each name of a group"
OTHER_PERIODS = "dates and texts such as 2019Q1 need --frequency (year, quarter, month, week, day)"


@dataclass
class Column:
    """A column as it was read.

    `refused` is the row (from 0), the value and the rule where a number was needed; `read_as` says in words what came out.
    """

    name: str
    roles: tuple[str, ...]
    values: pd.Series
    read_as: str
    blank: int = 0
    markers: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    decimal: str = ""
    refused: tuple[int, object, str] | None = None


def holds_names(roles: set[str]) -> bool:
    """Return whether a column with these roles is kept as text: units always, else where no role needs numbers."""
    return bool(roles) and ("unit" in roles or roles <= set(NAMES))


def column_of(name: str, roles: set[str], raw: Raw, source: Source, asked: Reading, elsewhere: str = "") -> Column:
    """Return the column. Without roles, or where they may be text, it becomes numbers where every cell is one, else names.

    `elsewhere` is the decimal mark of other columns where it is beyond doubt.
    """
    found = Column(name, tuple(sorted(roles)), pd.Series(dtype=object), "")
    if isinstance(raw, pd.Series):
        return _typed(found, raw, source, asked, elsewhere)
    marks = Marks(source.delimiter, asked.decimal, asked.thousands, elsewhere)
    return _names(found, raw, asked) if holds_names(roles) else _numbers(found, raw, marks, asked)


def _names(found: Column, text: pa.ChunkedArray, asked: Reading) -> Column:
    names = names_of(text, asked.missing)
    notes = [f"column '{found.name}': {note}" for note in names.notes]
    return replace(found, values=pd.Series(names.values), read_as="names", blank=names.blank, markers=names.markers, notes=notes)


def _numbers(found: Column, text: pa.ChunkedArray, marks: Marks, asked: Reading) -> Column:
    numbers, needed = numbers_of(text, marks, asked.missing), set(found.roles) - set(NAMES)
    if numbers.values is not None:
        made: dict = {"blank": numbers.blank, "markers": numbers.markers, "decimal": numbers.decimal}
        return replace(found, values=pd.Series(numbers.values), read_as="numbers", **made)
    periods = asked.periods_as_text and needed <= set(PERIODS)
    column = _names(found, text, replace(asked, missing=(*MARKERS, *asked.missing)) if needed else asked)
    if periods or not found.roles:
        return column
    field = next(role for role in found.roles if role in needed)
    cell = text[numbers.wrong].as_py()
    rule = f"{flag(field)} needs numbers; {_advice(field, cell, numbers.advice)}"
    return replace(column, read_as="text", refused=(numbers.wrong, cell, rule))


def _advice(field: str, cell: str, advice: str) -> str:
    """Return what to do about a cell that is no number, for what the column is used as."""
    if field in PERIODS and not advice.startswith("add"):
        return OTHER_PERIODS
    if field in TIMES and advice == A_DATE:
        return PASSED
    words = not re.search(r"[\d#]", cell) and any(map(str.isalpha, cell))
    # "yes" is no missing value of an event, nor "high" one of a covariate.
    if field == "event" and words:
        return ENDS
    return f"{NAMED}, or {advice.removeprefix('correct it, or ')}" if field in COVARIATES and words and "--missing" in advice else advice


def _typed(found: Column, values: pd.Series, source: Source, asked: Reading, elsewhere: str) -> Column:
    """Return a column whose type the file knows: handed on unchanged, but for text and for the codes that `missing` lists."""
    blank = int(values.isna().sum())
    if values.dtype == object and (texts := _texts(values)).any():
        if holds_names(set(found.roles)) or (source.typed and not found.roles):
            return _text(found, values, asked)
        return _mixed(found, values, texts, Marks("", asked.decimal, asked.thousands, elsewhere), asked)
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        values, markers = without_codes(values, asked.missing)
        return replace(found, values=values, read_as="numbers", blank=blank, markers=markers)
    values, markers = _without(values, asked.missing)
    return replace(found, values=values, read_as=_kind(values), blank=blank, markers=markers)


def _without(values: pd.Series, missing: tuple[str, ...]) -> tuple[pd.Series, dict[str, int]]:
    """Return decimal numbers, dates and the like with those missing that `missing` lists as they are written, and how often each was found."""
    if not missing:
        return values, {}
    decimals = values.map(lambda value: isinstance(value, Decimal)).to_numpy(bool)
    numbers, found = without_codes(values.map(lambda value: float(value) if isinstance(value, Decimal) else np.nan), missing)
    written = values.map(lambda value: None if isinstance(value, Decimal) else _written(value))
    for code in missing:
        if (equal := written.eq(code)).any():
            found[code] = int(equal.sum())
    return values.mask((decimals & numbers.isna()) | written.isin(missing)), found


def _texts(values: pd.Series) -> np.ndarray:
    """Return which objects are text."""
    if pd.api.types.infer_dtype(values, skipna=True) == "string":
        return values.notna().to_numpy()
    return values.map(lambda value: isinstance(value, str)).to_numpy(dtype=bool)


def _text(found: Column, values: pd.Series, asked: Reading) -> Column:
    """Return names of typed cells: text as it is; numbers, dates and the like among it as they are written."""
    if pd.api.types.infer_dtype(values, skipna=True) != "string":
        values = values.map(_written)
    return _names(found, pa.chunked_array([pa.array(values, pa.large_string(), from_pandas=True)]), asked)


def _written(value: object) -> str | None:
    if isinstance(value, str):
        return value
    if pd.isna(value):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, pd.Timestamp) or hasattr(value, "isoformat"):
        return value.isoformat().removesuffix("T00:00:00")
    return str(value)


def _mixed(found: Column, values: pd.Series, texts: np.ndarray, marks: Marks, asked: Reading) -> Column:
    """Return numbers of a typed column where some cells are numbers stored as text."""
    column = _numbers(found, pa.chunked_array([pa.array(values[texts], pa.string())]), marks, asked)
    rows, rest = np.flatnonzero(texts), values[~texts].dropna()
    blank = column.blank + int(values.isna().sum())
    if column.refused:
        place, value, rule = column.refused
        return replace(column, values=values, blank=blank, refused=(int(rows[place]), value, rule))
    if column.read_as == "names" and rest.empty:
        # Periods in words: blanks and what `missing` lists are none.
        return replace(column, values=pd.Series(column.values.to_numpy(), rows).reindex(values.index), blank=blank)
    if column.read_as == "names" or not rest.map(lambda value: isinstance(value, int | float)).all():
        return replace(found, values=values, read_as=_kind(values), blank=blank) if found.roles else _text(found, values, asked)
    numbers = values.where(~texts).astype(float)
    numbers, coded = without_codes(numbers, asked.missing)
    numbers[texts] = column.values.to_numpy()
    markers = {code: column.markers.get(code, 0) + coded.get(code, 0) for code in (*column.markers, *coded)}
    stored = int(column.values.notna().sum())
    notes = [f"column '{found.name}': {stored} numbers are stored as text"] if stored else []
    return replace(column, values=numbers, blank=blank, markers=markers, notes=notes)


def _kind(values: pd.Series) -> str:
    """Return in words what a typed column holds."""
    if pd.api.types.is_bool_dtype(values):
        return "true/false"
    if pd.api.types.is_numeric_dtype(values):
        return "numbers"
    if pd.api.types.is_datetime64_any_dtype(values):
        return "dates"
    if values.dtype != object:
        return str(values.dtype)
    kinds = sorted({type(value).__name__ for value in values.dropna()})
    return "text" if kinds == ["str"] else f"text ({', '.join(kinds)})" if "str" in kinds else ", ".join(kinds) or "nothing"
