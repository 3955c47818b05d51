"""The choices of a method: what each may be, and those that several methods share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from analysis.core.errors import BadOption

# How each kind of value is called in messages; more draws than MOST_DRAWS are a slip of the keyboard.
TYPES = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", list: "a list"}
MOST_DRAWS = 1_000_000
# So are more periods than MOST_PERIODS, and violations of parallel trends beyond MOST_VIOLATION times the largest before treatment.
MOST_PERIODS, MOST_VIOLATION = 1_000, 10


def _number(value: Any, kind: type) -> Any:
    """Return a whole number written as 1e6 or 3.0, or for a `kind` float any number, as such; what is none stays as it is."""
    if isinstance(value, str):
        # YAML takes 1e6 for text.
        try:
            value = float(value)
        except ValueError:
            return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if kind is float:
        return float(value)
    return int(value) if value % 1 == 0 else value


def _named(value: Any) -> Any:
    """Return a whole number as the name that it is in a column of names; other values stay as they are."""
    whole = isinstance(value, int | float) and not isinstance(value, bool) and value % 1 == 0
    return f"{value:.0f}" if whole else value


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


@dataclass(frozen=True)
class Option:
    """One choice of a method: its default, what it means, and, where the list is closed, the allowed values.

    `minimum`, `maximum` and, itself excluded, `below` bound a number and each number of a list; `columns` says that the value
    names columns of the data, `period` that it holds periods as the data write them (0: none). `fewest` is the least positive
    number of draws. `name` says that the value stands in a column of names, where 3 and '3' are one. `beside` names options without any of which this one changes nothing: other options of the method, or
    NAME=VALUE for one that must have that value. Items of a list are whole numbers where those of the default are, and numbers where bounded.
    """

    default: Any
    meaning: str
    choices: tuple = ()
    minimum: float | None = None
    maximum: float | None = None
    columns: bool = False
    below: float | None = None
    fewest: int = 0
    period: bool = False
    name: bool = False
    beside: tuple[str, ...] = ()

    def check(self, name: str, value: Any, context: str) -> Any:
        """Return `value` if it is allowed, else raise BadOption in one line."""
        if self.columns and type(value) is int and isinstance(self.default, str):
            value = str(value)  # a column may be called 1
        if self.name:
            value = [_named(one) for one in value] if isinstance(value, list) else _named(value)
        if value is None and self.default is None:
            return None
        if self.choices:
            if value not in self.choices:
                raise BadOption(
                    f"{context}: option {name} is '{value}'; it must be {', '.join(map(str, self.choices))}", name, value, self.choices
                )
            return value
        # A period that need not be given is a whole number all the same.
        kind = int if self.period and self.default is None else type(self.default)
        if kind in (int, float):
            value = _number(value, kind)
        if kind is list and isinstance(value, str | int | float) and not isinstance(value, bool):
            value = [value] if value != "" else []
        if kind is not type(None) and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
            raise BadOption(
                f"{context}: option {name} is '{value}'; it must be {TYPES[kind]}, like {_written(2019 if self.default is None else self.default)}",
                name,
                value,
                TYPES[kind],
            )
        if kind is float and not math.isfinite(value):
            raise BadOption(f"{context}: option {name} is {value}; it must be a finite number", name, value, "a finite number")
        if kind is list:
            return [self._check_item(name, item, context) for item in value]
        self._check_bounds(name, value, context)
        if self.fewest and 0 < value < self.fewest:
            what = "a standard error" if self.fewest == 2 else "an interval"
            asked = "two" if self.fewest == 2 else self.fewest
            raise BadOption(
                f"{context}: option {name} is {value}; {what} needs {asked} draws at least, and 0 asks for none",
                name,
                value,
                (0, f"at least {asked}"),
            )
        return value

    def _check_item(self, name: str, item: Any, context: str) -> Any:
        """Return one item of a list if it is allowed: a whole number 3.0 becomes 3."""
        whole = bool(self.default) and all(type(one) is int for one in self.default)
        bounded = any(bound is not None for bound in (self.minimum, self.maximum, self.below))
        if whole and isinstance(item, float) and item % 1 == 0:
            item = int(item)
        if whole and type(item) is not int:
            raise BadOption(
                f"{context}: option {name} holds '{item}'; its items must be whole numbers, like {self.default!r}",
                name,
                item,
                "whole numbers",
            )
        if bounded and (isinstance(item, bool) or not isinstance(item, int | float)):
            raise BadOption(f"{context}: option {name} holds '{item}'; its items must be numbers", name, item, "numbers")
        if self.columns and type(item) is int:
            item = str(item)
        if self.columns and not isinstance(item, str):
            raise BadOption(f"{context}: option {name} holds '{item}'; its items must be names of columns", name, item, "names of columns")
        self._check_bounds(name, item, context)
        return item

    def _check_bounds(self, name: str, value: Any, context: str) -> None:
        for bound, kept, rule in (
            (self.minimum, lambda: value >= self.minimum, "at least"),
            (self.maximum, lambda: value <= self.maximum, "at most"),
            (self.below, lambda: value < self.below, "below"),
        ):
            # Written so that NaN, which no bound holds, is refused.
            if bound is not None and not kept():
                raise BadOption(f"{context}: option {name} is {value}; it must be {rule} {bound:.15g}", name, value, f"{rule} {bound:.15g}")
        if isinstance(value, float) and not math.isfinite(value):
            raise BadOption(f"{context}: option {name} is {value}; it must be a finite number", name, value, "a finite number")


# Options that several methods share are declared once.
PERMUTED_WITHIN = Option("", "column of strata: labels are permuted among units of one stratum, not among all", columns=True)
DRAWS = Option(0, "draws of randomization inference; 0 for none", minimum=0, maximum=MOST_DRAWS)
ANTICIPATION = Option(0, "periods before treatment in which units may already respond", minimum=0)
MISSING_BASE = Option(
    "last",
    "cohort not observed in the period before treatment (less anticipation): its last observed period is its base, or it is left out",
    ("last", "leave_out"),
)
AGGREGATION = Option(
    "simple", "which averages are reported beside the overall effect", ("simple", "dynamic", "group", "calendar", "group_time")
)
EVENT_WINDOW = Option([-10, 10], "first and last event time reported (aggregation=dynamic)", beside=("aggregation=dynamic",))
COVARIANCE = Option(
    "default",
    "default: clustered (by unit, or by what is named); else the variance used where no cluster is named",
    ("default", "cluster", "cr3", "unadjusted", "hc1", "hc3", "driscoll_kraay"),
)
LAGS = Option(-1, "lags of Driscoll-Kraay errors; -1: the fourth root of the number of periods, rounded down")
TWO_WAY = Option(
    "min",
    "small-sample factor of two-way clustering: the smaller number of clusters for all parts (fixest), or each its own",
    ("min", "own"),
)
# Bounds under violations of parallel trends (inference.honest_bounds).
BOUNDS = {
    "honest": Option(
        [], "magnitudes of relative violations of parallel trends to allow for (aggregation=dynamic)", minimum=0, maximum=MOST_VIOLATION
    ),
    "breakdown": Option(
        False, "report the largest relative violation of parallel trends that leaves zero outside the interval (aggregation=dynamic)"
    ),
    "honest_smoothness": Option([], "changes of the violation's slope to allow for (aggregation=dynamic)", minimum=0),
    "honest_target": Option(
        "average",
        "effect that these bound: the average over treated cells (as aggregation=simple weighs them), or that of the first period",
        ("average", "first"),
        beside=("honest", "honest_smoothness", "breakdown"),
    ),
}
PRETREND_POWER = Option(
    0.0,
    "report the trend that the test of early coefficients finds with this probability, 0 for none (aggregation=dynamic; Roth 2022)",
    minimum=0,
    below=1,
)
REFERENCE = Option(
    "normal",
    "reference of intervals: normal, or t with the effective number of treated clusters less one (Carter, Schnepel and Steigerwald 2017)",
    ("normal", "effective_clusters"),
)
