"""A column of periods, however it is written, as a whole-number index of the panel whose step is one.

Quarters written 20191, months written 200112, waves every two years and `Period` values all become consecutive numbers, so
that a lag, a lead or an event time is always one step of the panel. Yearly numbers stay what they are. A wave that nobody
has stays a hole in the index: nothing is bridged.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.core.columns import EXACT, first_of_other_kind, holds_bytes, no_numbers_among
from analysis.core.errors import DataError, violation
from analysis.core.level_codes import distinct

STEPS = {2: "every second", 3: "every third", 4: "every fourth", 5: "every fifth", 10: "every tenth"}
PARTS = {"half": 2, "quarter": 4, "month": 12}


@dataclass(frozen=True)
class Calendar:
    """How periods are written (`coding`), and the index they become: (position - origin) / step + first.

    `coding`: "number" (as they stand), or the frequency whose number ends each period: half (YYYYH), quarter (YYYYQ), month
    (YYYYMM), week (YYYYWW, ISO), day (YYYYMMDD). A `position` counts such parts without a gap at the turn of the year.
    """

    coding: str = "number"
    origin: float = 0.0
    step: float = 1.0
    first: float = 0.0

    def index_of(self, values: np.ndarray) -> np.ndarray:
        """Return the index of periods as written, as floats; between two periods of the panel, the later one. NaN stays."""
        if self.is_plain:
            # A cohort between two whole periods was refused on the way in.
            return np.asarray(values, dtype=float)
        exact = (_positions(values, self.coding) - self.origin) / self.step + self.first
        return np.ceil(exact - 1e-9)

    def value_of(self, index: int) -> int:
        """Return the period of an index as it is written in the data."""
        return _written((index - self.first) * self.step + self.origin, self.coding)

    def days_of(self, index: int) -> tuple[datetime.date, datetime.date]:
        """Return the first and the last day of a period of a coded calendar."""
        start = round((index - self.first) * self.step + self.origin)
        first, after = (_first_day(position, self.coding) for position in (start, start + 1))
        return first, after - datetime.timedelta(1)

    @property
    def is_plain(self) -> bool:
        """Whether the index is the period itself."""
        return self == Calendar()

    def describe(self) -> str:
        """Return in words what was detected."""
        coded = {"half": "half-years as YYYYH", "quarter": "quarters as YYYYQ", "month": "months as YYYYMM", "week": "ISO weeks as YYYYWW"}
        name = {**coded, "day": "days as YYYYMMDD"}.get(self.coding, "whole numbers")
        if self.step == 1:
            return name
        often = STEPS.get(int(self.step), f"every {self.step:g}th")
        biennial = " (biennial, if they are years)" if self.step == 2 and self.coding == "number" else ""
        return f"{name}, {often} one observed{biennial}"


def calendar_of(column: pd.Series, frequency: str, where: str, flag: str, lines: Callable[[int], int]) -> tuple[Calendar, np.ndarray]:
    """Return the Calendar of a time column and its values as written (rows,), NaN where blank.

    Raises DataError, naming row, column and value, for what cannot be read as periods.
    """
    values, coding = written(column, frequency, where, flag, lines)
    seen = distinct(column.to_numpy()).astype(float) if is_whole(column) else pd.unique(values)
    seen = np.sort(seen[np.isfinite(seen)])
    if not len(seen):
        return Calendar(), values
    if coding == "number":
        coding = coding_of(seen, frequency)
    if not np.isfinite(positions := _positions(seen, coding)).all():
        row = int(np.argmax(values == seen[np.argmax(~np.isfinite(positions))]))
        raise DataError(violation(where, f"is no {coding}", lines(row), str(column.name), int(values[row])))
    step = float(np.gcd.reduce(np.diff(positions).astype(np.int64))) if len(seen) > 1 else 1.0
    step = step or 1.0
    if coding == "number" and step == 1 and seen[0] > 0:
        return Calendar(), values
    return Calendar(coding, float(positions[0]), step, 1.0), values


def check_periods_of_cohorts(
    calendar: Calendar, cohorts: np.ndarray, periods: np.ndarray, where: str, column: object, lines: Callable[[int], int]
) -> None:
    """Raise DataError, naming row, column and value, for a cohort (rows,) that is no period as `periods` (rows,) are written.

    It would count as never treated: a 13th month has no index, and a month among years comes after the last of them.
    """
    seen = pd.unique(cohorts[np.isfinite(cohorts)])
    if calendar.coding == "number":
        last = np.nanmax(periods, initial=-np.inf)
        wrong = seen[(seen > last) & _finer_than_years(seen)] if np.nanmin(periods, initial=np.inf) >= 1700 and last < 2300 else seen[:0]
        what, written_as = "year", "years"
    else:
        wrong = seen[~np.isfinite(calendar.index_of(seen))]
        what, written_as = calendar.coding, calendar.describe()
    if len(wrong):
        row = int(np.argmax(cohorts == wrong[0]))
        rule = f"is no {what}; periods are {written_as}, and blank, 0 or Inf stand for never treated"
        raise DataError(violation(where, rule, lines(row), str(column), int(wrong[0])))


def _finer_than_years(values: np.ndarray) -> np.ndarray:
    """Return which values (n,) read as a quarter, a month or a day of the years 1700 to 2299."""
    scales = {"quarter": 10, "month": 100, "day": 10000}
    found = [np.isfinite(_positions(values, coding)) & (values // one >= 1700) & (values // one < 2300) for coding, one in scales.items()]
    return np.logical_or.reduce(found)


def starting(calendar: Calendar, cohorts: np.ndarray) -> Calendar:
    """Return the calendar with its first index moved up so that no finite cohort (as written) falls below one."""
    finite = cohorts[np.isfinite(cohorts)]
    if calendar.is_plain or not len(finite):
        return calendar
    lowest = calendar.index_of(np.array([finite.min()]))[0]
    more = max(0.0, 1.0 - lowest)
    return Calendar(calendar.coding, calendar.origin, calendar.step, calendar.first + more)


def written(column: pd.Series, frequency: str, where: str, flag: str, lines: Callable[[int], int]) -> tuple[np.ndarray, str]:
    """Return periods as numbers as a person writes them, and their coding ("number" where nothing says otherwise)."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    if isinstance(column.dtype, pd.PeriodDtype):
        return _from_periods(column)
    dates = _as_dates(column, frequency)
    if dates is not None:
        if not frequency or frequency == "index":
            row = int(np.argmax(dates.notna().to_numpy()))
            rule = f"{flag} needs whole numbers, not dates; say --frequency year (or quarter, month, week, day), or write years"
            raise DataError(violation(where, rule, lines(row), str(column.name), _shown(column.iloc[row])))
        return _from_dates(dates, frequency)
    if is_whole(column):
        return column.to_numpy(dtype="float64"), "number"
    if pd.api.types.is_timedelta64_dtype(column.dtype) or isinstance(column.dtype, pd.IntervalDtype):
        row = int(np.argmax(column.notna().to_numpy()))
        kind = "intervals; name each by one" if isinstance(column.dtype, pd.IntervalDtype) else "times between dates; count days or weeks"
        rule = f"{flag} needs whole numbers, not {kind}"
        raise DataError(violation(where, rule, lines(row), str(column.name), str(column.iloc[row])))
    if holds_bytes(column):
        row = first_of_other_kind(column)
        rule = f"{flag} needs numbers, not bytes (store them as numbers, or as text)"
        raise DataError(violation(where, rule, lines(row), str(column.name), str(column.iloc[row])))
    numbers = pd.to_numeric(column, errors="coerce") if column.dtype.kind not in "iuf" else column
    numbers = numbers.to_numpy(dtype="float64", na_value=np.nan)
    most, digits = EXACT.get(str(column.dtype).lower(), (np.inf, 0))
    if (large := np.isfinite(numbers) & (np.abs(numbers) > most)).any():
        row = int(np.argmax(large))
        rule = f"{flag}: numbers of {digits} and more digits were kept as floats and can have merged; store them as integers or text"
        raise DataError(violation(where, rule, lines(row), str(column.name), f"{numbers[row]:.0f}"))
    blank = column.isna().to_numpy()
    distinct = pd.unique(numbers)
    not_numbers = (np.isnan(numbers) & ~blank) | no_numbers_among(column, numbers)
    fractions = [value for value in distinct if np.isfinite(value) and value % 1 != 0]
    for wrong, rule in (
        (not_numbers, f"{flag} needs numbers"),
        (np.isin(numbers, fractions) if fractions else blank[:0], f"{flag} needs whole numbers"),
    ):
        if wrong.any():
            row = int(np.argmax(wrong))
            if rule.endswith("needs numbers") and frequency and frequency != "index":
                # Of texts, those are wrong that no frequency makes a period.
                neither = wrong & _dates_of(column).isna().to_numpy()
                row = int(np.argmax(neither if neither.any() else wrong))
                rule = f"{flag} holds dates or texts such as 2019Q1, 2019-03 and 2019-03-31 with --frequency, all of them; this is none"
            elif rule.endswith("needs numbers"):
                rule += "; dates and texts such as 2019Q1 need --frequency"
            raise DataError(violation(where, rule, lines(row), str(column.name), _shown(column.iloc[row])))
    return numbers, "number"


def is_whole(column: pd.Series) -> bool:
    """Return whether the column's type holds whole numbers only, none missing."""
    return isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu"


def _shown(value: object) -> str:
    return value.isoformat()[:10] if isinstance(value, (datetime.date, pd.Timestamp)) else str(value)


def _as_dates(column: pd.Series, frequency: str) -> pd.Series | None:
    """Return the column as dates where it holds dates, or texts that are to be read as periods of `frequency`; else None."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return column.dt.tz_localize(None) if getattr(column.dt, "tz", None) is not None else column
    if pd.api.types.is_numeric_dtype(column.dtype):
        return None
    filled = column.dropna()
    if len(filled) and filled.map(lambda v: isinstance(v, datetime.date)).all():
        return pd.to_datetime(column)
    if not frequency or frequency == "index" or pd.to_numeric(filled, errors="coerce").notna().all():
        return None
    dates = _dates_of(column)
    return dates if (dates.notna() == column.notna()).all() else None


def _dates_of(column: pd.Series) -> pd.Series:
    """Return texts of days, months, quarters and half-years as dates, NaT where a text is none of them."""
    texts = column.astype("string").str.strip().str.replace(r"^(\d{4})[-: ]?([QqHhSs])(\d)$", r"\1\2\3", regex=True)
    halves = texts.str.extract(r"^(\d{4})[HhSs]([12])$")
    if halves[0].notna().any():
        texts = texts.mask(halves[0].notna(), halves[0] + "-" + halves[1].map({"1": "01", "2": "07"}) + "-01")
    quarters = texts.str.extract(r"^(\d{4})[Qq]([1-4])$")
    if quarters[0].notna().any():
        month = quarters[1].map({"1": "01", "2": "04", "3": "07", "4": "10"})
        texts = texts.mask(quarters[0].notna(), quarters[0] + "-" + month + "-01")
    months = texts.str.extract(r"^(\d{4})[Mm-](\d{1,2})$")
    texts = texts.mask(months[0].notna(), months[0] + "-" + months[1].str.zfill(2) + "-01")
    return pd.to_datetime(texts, errors="coerce", format="%Y-%m-%d")


def _from_dates(dates: pd.Series, frequency: str) -> tuple[np.ndarray, str]:
    year = dates.dt.year.to_numpy(float)
    if frequency == "year":
        return year, "number"
    if frequency == "week":
        iso = dates.dt.isocalendar()
        return iso["year"].to_numpy("float64", na_value=np.nan) * 100 + iso["week"].to_numpy("float64", na_value=np.nan), "week"
    month = dates.dt.month.to_numpy(float)
    if frequency == "day":
        return year * 10000 + month * 100 + dates.dt.day.to_numpy(float), "day"
    part = np.ceil(month * PARTS[frequency] / 12)
    return year * (100 if frequency == "month" else 10) + part, frequency


def _from_periods(column: pd.Series) -> tuple[np.ndarray, str]:
    kind = column.dtype.freq.name[:1]
    frequency = {"Y": "year", "A": "year", "Q": "quarter", "M": "month", "W": "week", "D": "day"}.get(kind)
    if frequency is None:
        return column.astype("int64").where(column.notna()).to_numpy(float), "number"
    return _from_dates(column.dt.to_timestamp(how="end" if frequency == "week" else "start"), frequency)


def coding_of(seen: np.ndarray, frequency: str) -> str:
    """Return the coding of whole numbers: what `frequency` says, or what every one of them fits and a plain count would not."""
    if frequency in ("index", "year"):
        return "number"
    if frequency:
        return frequency
    year, part = np.divmod(seen, 10)
    if len(seen) > 1 and ((year >= 1700) & (year < 2300)).all():
        parts = set(part)
        if parts <= {1, 2, 3, 4}:
            # Two parts a year, 1 and 2, are half-years; quarters 1 and 3 are quarters with a step of two.
            return "half" if parts == {1, 2} and len(seen) > 2 else "quarter"
    year, part = np.divmod(seen, 100)
    if len(seen) > 1 and ((year >= 1700) & (year < 2300) & (part >= 1) & (part <= 53)).all():
        return "month" if part.max() <= 12 else "week"
    year = seen // 10000
    if len(seen) > 1 and ((year >= 1700) & (year < 2300)).all() and np.isfinite(_positions(seen, "day")).all():
        return "day"
    return "number"


def _positions(values: np.ndarray, coding: str) -> np.ndarray:
    """Return how many parts lie between a fixed start and each period (rows,), NaN where it is none of that coding.

    A year has four digits: 2011 is no month (not the eleventh of year 20).
    """
    values = np.asarray(values, dtype=float)
    if coding == "number":
        return values
    finite = np.isfinite(values)
    result = np.where(finite, np.nan, values)
    whole = values[finite].astype(np.int64)
    if coding in PARTS:
        year, part = np.divmod(whole, 100 if coding == "month" else 10)
        there = (part >= 1) & (part <= PARTS[coding]) & (year >= 1000) & (year < 10000)
        result[finite] = np.where(there, year * PARTS[coding] + part - 1, np.nan)
        return result
    unique, where = np.unique(whole, return_inverse=True)
    result[finite] = np.array([_day(one, coding) for one in unique])[where]
    return result


def _day(value: int, coding: str) -> float:
    """Return the ordinal of a day, or of an ISO week, or NaN where there is no such one."""
    if value < (100_000 if coding == "week" else 10_000_000):
        return np.nan
    try:
        if coding == "week":
            return datetime.date.fromisocalendar(value // 100, value % 100, 1).toordinal() // 7
        return float(datetime.date(value // 10000, value // 100 % 100, value % 100).toordinal())
    except ValueError:
        return np.nan


def _first_day(position: int, coding: str) -> datetime.date:
    if coding in PARTS:
        year, part = divmod(position, PARTS[coding])
        return datetime.date(year, part * 12 // PARTS[coding] + 1, 1)
    return datetime.date.fromordinal(position * 7 + 1 if coding == "week" else position)


def _written(position: float, coding: str) -> int:
    position = round(position)
    if coding == "number":
        return position
    if coding in PARTS:
        year, part = divmod(position, PARTS[coding])
        return year * (100 if coding == "month" else 10) + part + 1
    if coding == "week":
        year, week, _ = datetime.date.fromordinal(position * 7 + 1).isocalendar()
        return year * 100 + week
    return int(datetime.date.fromordinal(position).strftime("%Y%m%d"))
