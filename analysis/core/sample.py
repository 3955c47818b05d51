"""Where data meet the suite: a user's columns become typed arrays under names of our own, and come back as labels.

Inside, a column `size` is called `‹size›`, so that no column of a user can be taken for one that an estimator makes (unit,
time, outcome, cohort, const, ...). Numbers are float64, names int64 or text, periods an index whose step is one, cohorts
periods of that index, missing for never. Terms and messages are translated back on the way out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps

import numpy as np
import pandas as pd

from analysis.core.columns import filled, names, numbers, plain
from analysis.core.errors import BadOption, DataError, unknown, violation
from analysis.core.estimates import NotIdentified
from analysis.core.level_codes import level_codes
from analysis.core.method import Method
from analysis.core.periods import Calendar
from analysis.core.quoting import quoted
from analysis.core.representatives import LARGEST, MARK, STANDS_FOR, each
from analysis.core.roles import check_outcome, check_roles, without_rounding
from analysis.core.specification import BLANK_SPEAKS, LISTS, NAMES, SINGLE, TIMES, Specification, columns_of, flag, given
from analysis.core.spells import check_spells
from analysis.core.timing import check_cohorts, check_repeats, one_row_a_period, periods_of

WHERE = "the data"


@dataclass(frozen=True)
class Sample:
    """What an estimator reads: `frame`, whose columns `specification` names, and what leads back to the user's words.

    `labels` is the user's name of each quoted one; `calendar` leads from the index of periods to them; `left_out` counts
    rows that no estimate can use, by reason.
    """

    frame: pd.DataFrame
    specification: Specification
    labels: dict[str, str]
    calendar: Calendar
    left_out: str

    def translate(self, text: str) -> str:
        """Return a term or message with the user's names of columns and periods."""
        text = re.sub("‹@(-?\\d+)›", lambda found: str(self.calendar.value_of(int(found[1]))), text)
        return re.sub("‹[^‹›]*›", lambda found: self.labels.get(found[0], found[0]), text)


def entrance(method: Method) -> Callable:
    """Return the decorator that every estimator's `estimate` wears: it admits the data and labels the rows.

    `estimate.enter(panel, specification)` and `estimate.of(sample)` are its two halves. Raises DataError for what cannot be
    read as its role needs, UnknownName for a column that is not there.
    """

    def admit(science: Callable[[pd.DataFrame, Specification], list[dict]]) -> Callable:
        def enter(panel: pd.DataFrame, specification: Specification) -> Sample:
            method.read(specification)
            method.check(specification, given(specification))
            return sample_of(panel, _declared(specification, method), method)

        def of(sample: Sample) -> list[dict]:
            try:
                rows = science(sample.frame, sample.specification)
            except (BadOption, DataError, NotIdentified) as error:
                error.args = (sample.translate(str(error)), *error.args[1:])
                raise
            return labelled(rows, sample)

        @wraps(science)
        def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
            return of(enter(panel, specification))

        estimate.enter, estimate.of = enter, of  # type: ignore[attr-defined]
        return estimate

    return admit


def sample_of(panel: pd.DataFrame, specification: Specification, method: Method) -> Sample:
    """Return the Sample of a panel (rows as the user has them)."""
    fields = columns_of(specification)
    options, further = _columns_of_options(panel, specification, method)
    _check_columns(panel, fields, specification, method)
    check_roles(fields, method)
    where, lines = panel.attrs.get("file", WHERE), _line_finder(panel)
    calendar, periods, cohorts = periods_of(panel, specification, method, where, lines)
    data: dict = {}
    for column, roles in fields.items():
        data[quoted(column)] = _typed(panel[column], roles, where, lines)
    if specification.time:
        data[quoted(specification.time)] = _whole(calendar.index_of(periods))
    if specification.cohort:
        data[quoted(specification.cohort)] = cohorts
    for column in further:
        data.setdefault(quoted(column), filled(panel[column]).array)
    for column in method.columns:
        if column in panel:
            data[column] = plain(panel[column]).array
    if panel.attrs.get(MARK):
        data[STANDS_FOR] = panel[STANDS_FOR].to_numpy(float)
    frame = pd.DataFrame(data, copy=False)
    frame.attrs = {key: panel.attrs[key] for key in ("evidence", "absent") if key in panel.attrs}
    if panel.attrs.get(MARK):
        frame.attrs[LARGEST] = panel.attrs.get(LARGEST)
    if calendar.coding != "number":
        frame.attrs["calendar"] = calendar  # for estimators to which dates matter, not the order of periods alone
    inside = _inside(specification, options | _dated_options(options, method, calendar, specification))
    if specification.unit and len(frame) and (specification.time or specification.cohort):
        unit = level_codes(frame[inside.unit])
        if specification.time and one_row_a_period(inside, method):
            check_repeats(unit, frame, inside, panel, where, lines)
        if specification.cohort:
            check_cohorts(unit, frame, inside, panel, where, lines)
    if specification.duration:
        check_spells(frame, inside, method, panel, where, lines)
    holes = _holes(frame, inside)
    if specification.outcome:
        check_outcome(frame[inside.outcome], ~holes.to_numpy().any(1), method, panel, where, lines)
    labels = {quoted(column): column for column in (*fields, *further)}
    return Sample(frame, inside, labels, calendar, _incomplete(holes, labels, each(frame)))


# ---------------------------------------------------------------------- columns and their roles


def _declared(specification: Specification, method: Method) -> Specification:
    """Return the specification without what changes nothing: effects and clusters that the method has in any case."""
    known = {field for need in (*method.needs, *method.accepts) for field in need.split("|")}
    unused: dict = {field: "" for field in SINGLE if field not in known} | {field: () for field in LISTS if field not in known}
    return replace(specification, **unused)


def _columns_of_options(panel: pd.DataFrame, specification: Specification, method: Method) -> tuple[dict, list[str]]:
    """Return the options with names of columns quoted, and those columns. What is no column stays as it is."""
    options, found = dict(specification.options), []
    for name, option in method.options.items():
        value = options.get(name, option.default)
        if not option.columns or value in (None, "", []):
            continue
        listed = value if isinstance(value, list) else [value]
        # A column may be called 1, which the command line reads as a number.
        names_only = isinstance(option.default, str | list)
        listed = [str(one) if type(one) is int and names_only else one for one in listed]
        for column in listed:
            if isinstance(column, str) and column not in panel and not (column == option.default and not specification.options.get(name)):
                raise unknown(column, map(str, panel.columns), f"{specification.estimator}: option {name}", "column")
        found += [column for column in listed if isinstance(column, str) and column in panel]
        changed = [quoted(column) if column in found else column for column in listed]
        # A default that is no column of these data was not chosen by anybody.
        if name in options or any(column in found for column in listed):
            options[name] = changed if isinstance(value, list) else changed[0]
    return options, list(dict.fromkeys(found))


def _dated_options(options: dict, method: Method, calendar: Calendar, specification: Specification) -> dict:
    """Return the options that hold periods, as index of the calendar; refuse what is no period as the data write them."""
    found = {}
    for name, option in method.options.items():
        value = options.get(name, option.default)
        if not option.period or not specification.time or calendar.is_plain or value in (0, None):
            continue
        listed = value if isinstance(value, list) else [value]
        index = calendar.index_of(np.array(listed, dtype=float))
        if not np.isfinite(index).all():
            wrong = listed[int(np.argmin(np.isfinite(index)))]
            raise BadOption(
                f"{specification.estimator}: option {name} names {wrong}; periods are read as {calendar.describe()}",
                name,
                wrong,
                calendar.describe(),
            )
        found[name] = [int(one) for one in index] if isinstance(value, list) else int(index[0])
    return found


def _check_columns(panel: pd.DataFrame, fields: dict, specification: Specification, method: Method) -> None:
    for column, roles in fields.items():
        if column not in panel:
            where = panel.attrs.get("file", WHERE)
            raise unknown(column, map(str, panel.columns), f"{where}: {flag(roles[0])}", "column")
        if isinstance(panel[column], pd.DataFrame):
            raise DataError(violation(panel.attrs.get("file", WHERE), "two columns have this name; rename one", column=column))
    made = specification.cohort or specification.treatment
    missing = [column for column in method.columns if column not in panel]
    if missing and not made:
        needed = ", ".join(method.columns)
        raise DataError(
            violation(
                panel.attrs.get("file", WHERE), f"{specification.estimator} reads the columns {needed}; missing: {', '.join(missing)}"
            )
        )


def _line_finder(panel: pd.DataFrame) -> Callable[[int], int]:
    """Return the function from a row's position to its line in the file (the header being line 1)."""
    lines = panel.attrs.get("lines")
    return lambda position: int(lines[position]) if lines is not None else position + 2


def _typed(column: pd.Series, roles: list[str], where: str, lines: Callable[[int], int]) -> np.ndarray:
    """Return a column as the roles need it; one that is both a number and a name is read as a number."""
    numeric = [role for role in roles if role not in NAMES]
    if "time" in roles or numeric == ["cohort"]:
        return np.zeros(0) if not len(column) else np.empty(len(column))  # replaced by the index of periods
    if numeric:
        return numbers(column, where, flag(numeric[0]), lines, infinite=numeric == ["upper"], decimals=not set(TIMES).isdisjoint(numeric))
    return names(column, where, flag(roles[0]), lines)


def _whole(index: np.ndarray) -> np.ndarray:
    """Return an index of periods as int64, or as floats where some are missing."""
    return index.astype(np.int64) if np.isfinite(index).all() else index


def _inside(specification: Specification, options: dict) -> Specification:
    """Return the specification with quoted names."""
    single: dict = {field: quoted(getattr(specification, field)) for field in SINGLE if getattr(specification, field)}
    lists: dict = {field: tuple(quoted(column) for column in getattr(specification, field)) for field in LISTS}
    return replace(specification, options=options, **single, **lists)


# ---------------------------------------------------------------------- what is left out, and labels


def _holes(frame: pd.DataFrame, inside: Specification) -> pd.DataFrame:
    """Return which rows lack a value that every estimate needs, a column (rows,) each."""
    fields = columns_of(inside)
    return frame[[column for column, roles in fields.items() if not set(roles) <= set(BLANK_SPEAKS)]].isna()


def _incomplete(holes: pd.DataFrame, labels: dict, many: np.ndarray | None) -> str:
    """Return in words how many rows lack a value that every estimate needs, by the first column that lacks it."""
    left = np.ones(len(holes), bool)
    parts = []
    for column in holes:
        missing = holes[column].to_numpy()
        lost = missing & left
        if lost.any() and (count := int(lost.sum()) if many is None else round(many[lost].sum())):
            parts.append(f"{count} row{'s' * (count > 1)} without {labels[column]}")
            left &= ~missing
    return "; ".join(parts)


def labelled(rows: list[dict], sample: Sample) -> list[dict]:
    """Return the rows in the user's words: terms, reasons and cohorts, with what was left out.

    A column called as a term of our own ('att', 'const', 'mean_<another>') is shown as 'att (column)'.
    """
    ours = {sample.translate(row["term"]) for row in rows if row["term"] not in sample.labels}
    clash = {quote: f"{name} (column)" for quote, name in sample.labels.items() if name in ours}
    effects = sample.specification.outcome and sample.specification.cohort
    largest = sample.frame.attrs.get(LARGEST) or sample.frame[sample.specification.outcome].abs().max() if effects else 0.0
    found = []
    for row in rows:
        row = without_rounding(row, largest) if effects else row
        term = clash.get(row["term"], row["term"])
        row = {key: sample.translate(value) if isinstance(value, str) and "‹" in value else value for key, value in row.items()}
        row["term"] = sample.translate(term)
        if not sample.calendar.is_plain:
            row = _dated(row, sample.calendar)
        found.append(row | {"incomplete": sample.left_out} if sample.left_out else row)
    return found


def _dated(row: dict, calendar: Calendar) -> dict:
    """Return the row with its cohort as the user writes periods."""
    dated = row.get("cohort") is not None and pd.notna(row["cohort"])
    return row | {"cohort": calendar.value_of(int(row["cohort"]))} if dated else row
