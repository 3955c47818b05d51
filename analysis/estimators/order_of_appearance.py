"""Which class of assets came first?

The order of first deals is a matter of dates, not of sampling: its interval is what the precision of the dates allows
(a deal dated to the year may fall on any day of it) and what the codes allow: a pool of mixed rights may or may not
hold rights of the class in question, and surely holds others. A register can miss earlier deals, so that a first date is an
upper bound; that is a limit of the data and no interval repairs it. What a mix consists of is another question: class_composition.
"""

from __future__ import annotations

import calendar
import re

import numpy as np
import pandas as pd

from analysis.core.columns import named
from analysis.core.estimates import NotIdentified, parameter
from analysis.core.method import Method
from analysis.core.options import Option
from analysis.core.periods import Calendar
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._left_out import without

DATE = re.compile(r"\d{4}(-(0?[1-9]|1[0-2])(-(0?[1-9]|[12]\d|3[01]))?)?")

METHOD = Method(
    title="Which class came first",
    citation="dates as bounds",
    library="analysis",
    needs=("time",),
    periods_as_written=True,
    options={
        "column": Option("underlying", "column of classes", columns=True),
        "first_class": Option("patent", "class whose first date is compared", name=True),
        "mixed": Option("mixed", "value that may hold any class", name=True),
        "ignore": Option(["not stated"], "values that name no class", name=True),
    },
    columns=("date", "deal_id"),
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return 'lead' and 'first_year:<class>'.

    'lead' is the first date of class `first_class` less that of the earliest other class, in years: below zero it came
    first. Options: column, first_class, mixed (the value that may hold any class), ignore (values that name no class).
    """
    options = METHOD.read(specification)
    METHOD.need(panel, specification, options.column)
    lost = without(panel, [specification.time], [options.column])
    deals = panel.assign(**{options.column: named(panel[options.column])}).dropna(subset=[specification.time, options.column])
    deals = deals[~deals[options.column].isin(options.ignore)].sort_values([specification.time, "date", "deal_id"])
    if options.first_class not in set(deals[options.column]) or deals[options.column].nunique() < 2:
        raise NotIdentified("SUPPORT", f"the register holds no '{options.first_class}', or nothing else")
    classes = deals[options.column].to_numpy(str)
    dates = panel.attrs.get("calendar")
    bounds = np.array([_bounds(date, period, dates) for date, period in zip(deals["date"], deals[specification.time], strict=True)])
    rows = [_lead(bounds, classes == options.first_class, classes == options.mixed)]
    firsts = {name: bounds[classes == name, 0].min() for name in np.unique(classes)}
    rows += [
        parameter(f"first_year:{name}", np.floor(first), inference="dates", n_obs=int((classes == name).sum()))
        for name, first in firsts.items()
    ]
    return [row | {"left_out": lost} for row in rows] if lost else rows


def _bounds(date: object, period: int, dates: Calendar | None = None) -> tuple[float, float]:
    """Return the earliest and the latest moment, in years, that a date known to the day, month or year allows.

    Without a date these are the ends of the period: a year, or an index of the months or other parts that `dates` counts.
    """
    if pd.isna(date):
        if dates is None:
            return float(period), float(period) + 1
        begins, ends = dates.days_of(int(period))
        return _bounds(begins.isoformat(), period)[0], _bounds(ends.isoformat(), period)[1]
    if not DATE.fullmatch(str(date)):
        raise NotIdentified("DATES", f"'{date}' is no date written as 2021-03-15, 2021-03 or 2021")
    parts = [int(part) for part in str(date).split("-")]
    if len(parts) == 1:
        return float(parts[0]), float(parts[0]) + 1
    days = 366 if calendar.isleap(parts[0]) else 365
    before = sum(calendar.monthrange(parts[0], month)[1] for month in range(1, parts[1]))
    first, length = (0, calendar.monthrange(parts[0], parts[1])[1]) if len(parts) == 2 else (parts[2] - 1, 1)
    return parts[0] + (before + first) / days, parts[0] + (before + first + length) / days


def _lead(bounds: np.ndarray, own: np.ndarray, mixed: np.ndarray) -> dict:
    """Return the lead if mixed pools hold none of the class, with an interval that also allows them to hold it."""
    (own_low, own_high), (other_low, other_high) = bounds[own].min(0), bounds[~own].min(0)
    low, high = own_low - other_high, own_high - other_low
    middle = (low + high) / 2
    if mixed.any():
        mixed_low, mixed_high = bounds[mixed].min(0)
        # Where the earliest other deal is a mixed pool, it may be the earliest of the class as well.
        low = min(low, 0.0 if mixed_high <= other_high else mixed_low - other_high)
    return parameter("lead", middle, inference="dates", ci_low=low, ci_high=high, ci90_low=low, ci90_high=high, n_obs=len(bounds))
