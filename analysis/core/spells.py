"""Spells as a user gives them: each ends after it starts, those of a unit follow one another, and every row says when it begins."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.core.errors import violation
from analysis.core.estimates import NotIdentified
from analysis.core.method import Method
from analysis.core.periods import Calendar, coding_of
from analysis.core.quoting import unquoted
from analysis.core.specification import Specification

# Of whole numbers of that length, the share that could be a period so written; and how rarely chance may look like periods.
SHARE = {"half": 0.2, "quarter": 0.4, "month": 0.12, "week": 0.53, "day": 0.04}
CHANCE = 1e-6


def check_spells(
    frame: pd.DataFrame, inside: Specification, method: Method, panel: pd.DataFrame, where: str, lines: Callable[[int], int]
) -> None:
    """Raise NotIdentified, naming row and value, for spells that cannot be meant; rows with a blank are not looked at.

    `frame` holds typed columns under the names of `inside`; `method` says which fields it takes, and whether ends recur; `panel`
    is what the user gave, for messages.
    """
    named = [inside.duration, inside.entry, inside.unit, inside.treatment, *inside.controls, *inside.strata, *inside.cluster]
    if not inside.upper:
        named.append(inside.event)
    columns = [name for name in dict.fromkeys(named) if name]
    whole = frame[columns].notna().all(axis=1).to_numpy()
    stop = frame[inside.duration].to_numpy()
    entry = frame[inside.entry].to_numpy() if inside.entry else np.zeros(len(frame))

    def refuse(row: int, column: str, rule: str) -> None:
        name = unquoted(column)
        line = violation(where, "", lines(row), name, panel[name].iloc[row]).removesuffix(": ")
        raise NotIdentified("SUPPORT", f"{line}: {rule}")

    for name in filter(None, (inside.duration, inside.entry, inside.upper)):
        _check_clock(frame[name].to_numpy(float), name, refuse)
    known = {field for need in (*method.needs, *method.accepts) for field in need.split("|")}
    backwards = (stop <= entry) if inside.entry else (stop < 0)
    if not inside.entry and not inside.upper:
        # Nothing lasts no time; the interval-censored likelihoods alone know a spell that is censored at once, which says nothing.
        backwards |= (stop == 0) & (("upper" not in known) | (frame[inside.event].to_numpy() > 0))
    backwards &= whole
    if backwards.any():
        row = int(np.argmax(backwards))
        rule = f"spell {row + 1} ends at {stop[row]:g}, not after its start at {entry[row]:g}; drop or correct such spells first"
        refuse(row, inside.duration, rule)
    if inside.upper:
        _check_upper(frame[inside.upper].to_numpy(), stop, whole, inside, refuse)
    if inside.event:
        others = frame[[name for name in columns if name != inside.event]].notna().all(axis=1).to_numpy()
        _check_blanks(frame[inside.event].to_numpy(float), others, inside, refuse)
        _check_events(frame[inside.event].to_numpy(), whole, inside, refuse)
    # A method that clusters by unit and knows no late entry takes the rows of a unit as spells of their own.
    if inside.unit and ("entry" in known or "cluster" not in known):
        ended = frame[inside.event].to_numpy() > 0 if inside.event and not method.ends_recur else np.zeros(len(frame), bool)
        _check_stretches(frame[inside.unit], entry, stop, ended, whole, inside, "entry" in known, refuse, lines)


def _check_clock(times: np.ndarray, column: str, refuse: Callable[[int, str, str], None]) -> None:
    """Refuse dates written as numbers (20191231, 201912, 20194): their differences are no lengths of time."""
    seen = np.unique(times[np.isfinite(times)])
    if not len(seen) or (seen % 1 != 0).any():
        return
    coding = coding_of(seen, "")
    if coding in SHARE and SHARE[coding] ** len(seen) < CHANCE:
        row, last = int(np.flatnonzero(np.isfinite(times))[0]), Calendar(coding)
        rule = f"looks like {last.describe()}: write the time that has passed since the start, in days, months or years"
        refuse(row, column, rule)


def _check_blanks(event: np.ndarray, others: np.ndarray, inside: Specification, refuse: Callable[[int, str, str], None]) -> None:
    """Refuse ends that are marked, and never denied: leaving out blanks would leave no spell censored; `others` are not missing."""
    blank = np.isnan(event) & others
    if blank.any() and (event > 0).any() and not (event == 0).any():
        count = int(blank.sum())
        rule = (
            f"a blank is missing, not censored, and 0 stands nowhere: write 0 in those of the {count} blank rows whose spell has not "
            "ended, and leave out the others"
        )
        refuse(int(np.argmax(blank)), inside.event, rule)


def _check_upper(
    upper: np.ndarray, lower: np.ndarray, whole: np.ndarray, inside: Specification, refuse: Callable[[int, str, str], None]
) -> None:
    below = whole & (upper < lower)
    if below.any():
        row = int(np.argmax(below))
        why = f"ends before it starts: {upper[row]:g} is below {lower[row]:g} in {inside.duration[1:-1]}; blank means that it has not ended"
        refuse(row, inside.upper, why)
    at_zero = whole & (upper <= 0)
    if at_zero.any():
        rule = f"ended at duration 0, which has no logarithm: say between which durations it ended, {inside.duration[1:-1]} and a later one"
        refuse(int(np.argmax(at_zero)), inside.upper, rule)


def _check_events(event: np.ndarray, whole: np.ndarray, inside: Specification, refuse: Callable[[int, str, str], None]) -> None:
    broken = whole & ((event % 1 != 0) | (event < 0))
    if broken.any():
        refuse(int(np.argmax(broken)), inside.event, "must be 0 (censored), 1 (ended) and, for competing ends, 2, 3, ...")


def _check_stretches(
    unit: pd.Series,
    entry: np.ndarray,
    stop: np.ndarray,
    ended: np.ndarray,
    whole: np.ndarray,
    inside: Specification,
    takes_entry: bool,
    refuse: Callable[[int, str, str], None],
    lines: Callable[[int], int],
) -> None:
    """Several rows of a unit are stretches of one history: each must say when it begins, none may overlap another, and an end is the last."""
    rows = np.flatnonzero(whole)
    codes = pd.factorize(unit.to_numpy()[rows])[0]
    if len(rows) == 0 or np.bincount(codes).max() == 1:
        return
    if not inside.entry:
        second = rows[pd.Series(codes).duplicated().to_numpy()][0]
        rule = f"unit {unit.iloc[second]} has several rows, and none says when it begins: " + (
            "name --entry for stretches of one history, or leave --unit out for spells of their own (and name --cluster, where it is taken)"
            if takes_entry
            else "this method takes one spell per unit; leave --unit out for spells of their own"
        )
        refuse(second, inside.unit, rule)
    order = rows[np.lexsort((stop[rows], entry[rows], codes))]
    same = codes[np.searchsorted(rows, order)]
    # As in survival's timefix, times that agree to rounding are equal.
    slack = 1e-9 * np.abs(stop[order][:-1])
    overlap = (same[1:] == same[:-1]) & (entry[order][1:] < stop[order][:-1] - slack)
    if overlap.any():
        at = int(np.argmax(overlap))
        first, second = order[at], order[at + 1]
        rule = (
            f"the stretch of unit {unit.iloc[second]} from {entry[second]:g} to {stop[second]:g} overlaps that of row {lines(first)}, "
            f"from {entry[first]:g} to {stop[first]:g}"
        )
        refuse(second, inside.entry, rule)
    goes_on = (same[1:] == same[:-1]) & ended[order][:-1]
    if goes_on.any():
        at = int(np.argmax(goes_on))
        first, second = order[at], order[at + 1]
        rule = (
            f"unit {unit.iloc[first]} ends here, at {stop[first]:g}, but goes on in row {lines(second)}, from {entry[second]:g}: an end is "
            "the last of a history; mark it in the last row only, or use recurrent_events where ends recur"
        )
        refuse(first, inside.event, rule)
