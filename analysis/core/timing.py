"""When rows are and when units are treated, as the user writes it: periods, cohorts, and one row per unit and period."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.core.columns import numbers, plain
from analysis.core.errors import DataError, violation
from analysis.core.estimates import NotIdentified
from analysis.core.level_codes import distinct
from analysis.core.method import Method
from analysis.core.periods import Calendar, calendar_of, check_periods_of_cohorts, is_whole, starting, written
from analysis.core.quoting import unquoted
from analysis.core.specification import Specification, flag


def periods_of(
    panel: pd.DataFrame, specification: Specification, method: Method, where: str, lines: Callable[[int], int]
) -> tuple[Calendar, np.ndarray, np.ndarray | None]:
    """Return the calendar, the periods as written, and the cohorts (rows,) as index of periods, NaN for never.

    A cohort after the last period is never treated inside the panel, however far away, unless the method makes something of it.
    """
    if not specification.time:
        return Calendar(), np.array([]), None
    time, cohort = specification.time, specification.cohort
    calendar, periods = calendar_of(panel[time], specification.frequency, where, flag("time"), lines)
    if method.periods_as_written and calendar.coding == "number":
        calendar = Calendar()
    if not cohort or cohort == time:
        return calendar, periods, periods if cohort else None
    values = _cohorts_written(panel[cohort], periods, specification, where, lines)
    check_periods_of_cohorts(calendar, values, periods, where, cohort, lines)
    calendar = starting(calendar, values)
    index = calendar.index_of(values)
    last = calendar.index_of(np.array([np.nanmax(periods)]))[0] if np.isfinite(periods).any() else np.inf
    later = index > last
    return calendar, periods, index if method.knows_later_cohorts or not later.any() else np.where(later, np.nan, index)


def _cohorts_written(
    column: pd.Series, periods: np.ndarray, specification: Specification, where: str, lines: Callable[[int], int]
) -> np.ndarray:
    """Return first treated periods as written, NaN for never: blank, 0 and infinity; refuse what is no period."""
    column = plain(column)
    dated = not pd.api.types.is_numeric_dtype(column.dtype) and pd.to_numeric(column.dropna(), errors="coerce").isna().any()
    if dated or isinstance(column.dtype, pd.PeriodDtype) or column.dtype.kind == "M":
        values, _ = written(column, specification.frequency, where, flag("cohort"), lines)
    else:
        values = numbers(column, where, flag("cohort"), lines, infinite=True)
    # Judged by distinct values: there are few, and millions of rows.
    seen = distinct(column.to_numpy()).astype(float) if is_whole(column) else pd.unique(values)
    first = np.nanmin(periods) if np.isfinite(periods).any() else 1.0
    # 0 stands for never, also where periods are counted from 0; amid negative periods nobody could tell which is meant.
    if first < 0 <= np.nanmax(periods) and (seen == 0).any():
        row = int(np.argmax(values == 0))
        rule = "0 could be a period or stand for never; write never as blank"
        raise DataError(violation(where, rule, lines(row), str(column.name), 0))
    for value in seen[~np.isnan(seen)]:
        if value == -np.inf or (value < 0 <= first) or (np.isfinite(value) and value % 1 != 0):
            line = violation(where, "", lines(int(np.argmax(values == value))), str(column.name), f"{value:g}").removesuffix(": ")
            raise NotIdentified("COHORT", f"{line}: must hold whole periods, and blank, 0 or Inf for never treated")
    if np.isinf(seen).any():
        values = np.where(np.isinf(values), np.nan, values)
    if first >= 0 and (seen == 0).any():
        values = np.where(values == 0, np.nan, values)
    return values


def one_row_a_period(inside: Specification, method: Method) -> bool:
    """Whether a unit may have but one row per period: not in stacks, nor where other effects than theirs say what a row is."""
    stacked = method.columns and not (inside.cohort or inside.treatment)
    return not stacked and set(inside.fixed_effects) <= {inside.unit, inside.time}


def check_cohorts(
    unit: np.ndarray, frame: pd.DataFrame, inside: Specification, panel: pd.DataFrame, where: str, lines: Callable[[int], int]
) -> None:
    """Refuse a unit with more than one cohort, naming a row that differs from the unit's first; `unit` holds codes, -1 for none."""
    cohort = frame[inside.cohort].to_numpy(float)
    cohort = np.where(np.isnan(cohort), np.inf, cohort)
    first = np.full(unit.max(initial=-1) + 2, np.nan)
    first[unit[::-1]] = cohort[::-1]
    changed = (first[unit] != cohort) & (unit >= 0)
    if changed.any():
        row = int(np.argmax(changed))
        name, column = frame[inside.unit].iloc[row], unquoted(inside.cohort)
        line = violation(where, "", lines(row), column, panel[column].iloc[row]).removesuffix(": ")
        raise NotIdentified("COHORT", f"{line}: unit {name} has more than one value of {column}; the first treated period is one per unit")


def check_repeats(
    unit: np.ndarray, frame: pd.DataFrame, inside: Specification, panel: pd.DataFrame, where: str, lines: Callable[[int], int]
) -> None:
    """Refuse a unit with several rows in one period; `unit` holds codes, -1 for none."""
    time = frame[inside.time].to_numpy()
    if _in_order(unit, time):
        return
    whole = np.flatnonzero((unit >= 0) & np.isfinite(time))
    if not len(whole):
        return
    period = (time[whole] - time[whole].min()).astype(np.int64)
    pair = unit[whole].astype(np.int64) * (period.max() + 1) + period
    # Counting is faster than hashing where the pairs are dense.
    dense = pair.max() < 8 * len(pair)
    if np.bincount(pair).max() == 1 if dense else len(np.unique(pair)) == len(pair):
        return
    twice = pd.Series(pair).duplicated().to_numpy()
    row = int(whole[np.argmax(twice)])
    columns = [unquoted(inside.unit), unquoted(inside.time)]
    rule = f"a unit has one row per period; rows that repeat a pair: {int(twice.sum())}. Remove or add them up first"
    shown = ", ".join(str(panel[column].iloc[row]) for column in columns)
    raise DataError(violation(where, rule, lines(row), ", ".join(columns), shown))


def _in_order(unit: np.ndarray, time: np.ndarray) -> bool:
    """Return whether rows are sorted by unit and, in a unit, by a period that rises: then no pair can repeat."""
    later = time[1:] > time[:-1]
    return bool((later | (unit[1:] > unit[:-1])).all() and (unit[1:] >= unit[:-1]).all())
