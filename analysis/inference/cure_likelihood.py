"""Likelihood of durations of which a share never ends, with its derivatives (Farewell 1982, Biometrics 38: 1041-1046).

A duration ends at all with probability p = logit(z'c); if it does, log T = x'b + sigma W with W extreme-value (Weibull),
logistic or normal. Written in w = (log t - x'b)/sigma, a row's share of the likelihood is p f(w)/(sigma t) when it ended at
t, p [S(w1) - S(w2)] when it ended between two dates, and 1 - p + p S(w) when it had not ended; a row observed only from some
time on is divided by what the last formula gives for that time. p = 1 leaves the ordinary accelerated failure time model
(Kalbfleisch and Prentice 2002, The Statistical Analysis of Failure Time Data, sections 3.2 to 3.4).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, log_expit, log_ndtr

from analysis.core.estimates import NotIdentified

SMALLEST = 1e-300  # an interval holds at least this share of what is left
EXACT = 1e-9  # an interval no longer than this part of its end is a date
NARROW = 1e-2  # one shorter in w is integrated by two points: a difference of survivals would lose its digits
HALF_LOG_2_PI = 0.5 * np.log(2 * np.pi)
# Second derivatives in location (0), log scale (1) and log odds (2), in the order in which parts of the likelihood return them.
PAIRS = ((0, 0), (0, 1), (1, 1), (2, 2), (0, 2), (1, 2))
Part = tuple[float, np.ndarray, list[np.ndarray]]


def _weibull(w: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return log survival, log density, and the density's first and second log derivative at `w`; so do the other two."""
    # Beyond, a survival of zero would be multiplied by infinity.
    hazard = np.exp(np.minimum(w, 300.0))
    return -hazard, w - hazard, 1 - hazard, -hazard


def _loglogistic(w: np.ndarray) -> tuple[np.ndarray, ...]:
    above = expit(w)
    return log_expit(-w), log_expit(w) + log_expit(-w), 1 - 2 * above, -2 * above * (1 - above)


def _lognormal(w: np.ndarray) -> tuple[np.ndarray, ...]:
    return log_ndtr(-w), -0.5 * w**2 - HALF_LOG_2_PI, -w, np.full(len(w), -1.0)


DISTRIBUTIONS = {"weibull": _weibull, "lognormal": _lognormal, "loglogistic": _loglogistic}


@dataclass(frozen=True)
class Spells:
    """Durations by kind: rows that ended at a date, in an interval, or not at all, with logs of their ends (rows of a kind,).

    `first` is the log of an interval's lower end, minus infinity where it begins at zero; `last` that of the date, of the
    interval's upper end, and of the end of observation. Rows `late` came under observation only at a time whose log is `entry`.
    A row that had not ended at zero says nothing, and is of no kind.
    """

    exact: np.ndarray
    interval: np.ndarray
    censored: np.ndarray
    late: np.ndarray
    first: np.ndarray
    last: np.ndarray
    entry: np.ndarray

    @classmethod
    def between(cls, low: np.ndarray, high: np.ndarray, entry: np.ndarray | None = None) -> Spells:
        """Return spells that end between `low` and `high` (rows,); an infinite `high` is a duration that had not ended.

        `entry` (rows,): when each came under observation. Raises NotIdentified for an end dated at zero: it has no logarithm.
        """
        ended = np.isfinite(high)
        if (zero := ended & (high <= 0)).any():
            raise NotIdentified("SUPPORT", f"{_count(zero)} at duration 0, which has no logarithm: say between which durations they ended")
        exact = ended & (high - low <= EXACT * high)
        with np.errstate(divide="ignore"):
            first, entry = np.log(np.maximum(low, 0.0)), np.log(np.maximum(np.zeros(len(low)) if entry is None else entry, 0.0))
        last = np.log(np.where(ended, high, np.where(low > 0, low, 1.0)))
        kinds = exact, ended & ~exact, ~ended & (low > 0), np.isfinite(entry)
        exactly, within, unended, late = map(np.flatnonzero, kinds)
        return cls(exactly, within, unended, late, first, last, entry)

    def measured(self, origin: float, unit: float) -> Spells:
        """Return the spells with log time from `origin` in units of `unit`."""
        return replace(self, **{name: (getattr(self, name) - origin) / unit for name in ("first", "last", "entry")})

    def middles(self) -> np.ndarray:
        """Return logs of the dates, and of the middles of the intervals, at which spells ended."""
        at = self.interval
        # The middle of an interval in time, not in its logarithm.
        return np.concatenate([self.last[self.exact], self.last[at] + np.log1p(np.exp(self.first[at] - self.last[at])) - np.log(2)])


def _count(rows: np.ndarray) -> str:
    return "a spell ends" if rows.sum() == 1 else f"{rows.sum()} spells end"


@dataclass(frozen=True)
class Derivatives:
    """Log likelihood (scalar), its first (3, rows) and second (3, 3, rows) derivatives in location, log scale and log odds of ever ending."""

    value: float
    first: np.ndarray
    second: np.ndarray


def derivatives(spells: Spells, distribution: str, location: np.ndarray, log_scale: float, odds: np.ndarray | None) -> Derivatives:
    """Return the likelihood at `location` (rows,), `log_scale` and `odds` (rows,); None: everything ends."""
    parts, scale = DISTRIBUTIONS[distribution], np.exp(log_scale)
    first, second = np.zeros((3, len(location))), np.zeros((3, 3, len(location)))
    at, value = spells.interval, 0.0
    narrow = spells.last[at] - spells.first[at] < NARROW * scale
    for part, rows in ((_dates, spells.exact), (_intervals, at[~narrow]), (_narrow, at[narrow])):
        if len(rows):
            added, slopes, bends = part(spells, rows, parts, location[rows], scale)
            value += added
            first[:2, rows] = slopes
            for pair, bend in zip(PAIRS, bends, strict=False):
                second[*pair, rows] = bend
            if odds is not None:
                share = expit(odds[rows])
                value += float(log_expit(odds[rows]).sum())
                first[2, rows], second[2, 2, rows] = 1 - share, -share * (1 - share)
    for rows, until, sign in ((spells.censored, spells.last, 1), (spells.late, spells.entry, -1)):
        if len(rows):
            added, slopes, bends = _survivors(until[rows], parts, location[rows], scale, None if odds is None else odds[rows])
            value += sign * added
            first[: len(slopes), rows] += sign * slopes
            for pair, bend in zip(PAIRS, bends, strict=False):
                second[*pair, rows] += sign * bend
    second[1, 0], second[2, 0], second[2, 1] = second[0, 1], second[0, 2], second[1, 2]
    return Derivatives(value, first, second)


def _dates(spells: Spells, at: np.ndarray, parts: Callable, location: np.ndarray, scale: float) -> Part:
    """Return the log likelihood of spells `at` that ended at a date, its slopes in location and log scale (2, rows of the kind) and
    its second derivatives in the order of PAIRS; so do the next three."""
    w = (spells.last[at] - location) / scale
    _, log_density, slope, bend = parts(w)
    slopes, bends = _chain(scale, ((w, slope),), {(0, 0): bend})
    slopes[1] -= 1.0
    return float((log_density - np.log(scale) - spells.last[at]).sum()), slopes, bends


def _intervals(spells: Spells, at: np.ndarray, parts: Callable, location: np.ndarray, scale: float) -> Part:
    w = (spells.last[at] - location) / scale
    log_survival, log_density, slope, _ = parts(w)
    starts = np.isfinite(spells.first[at])
    from_ = np.where(starts, (spells.first[at] - location) / scale, 0.0)
    before, density_before, slope_before, _ = parts(from_)
    before = np.where(starts, before, 0.0)
    mass = before + np.log(-np.expm1(np.minimum(log_survival - before, -SMALLEST)))
    out = np.where(starts, np.exp(np.minimum(density_before - mass, 700.0)), 0.0)
    into = np.exp(np.minimum(log_density - mass, 700.0))
    seconds = {(0, 0): -out * slope_before - out**2, (1, 1): into * slope - into**2, (0, 1): out * into}
    return float(mass.sum()), *_chain(scale, ((from_, -out), (w, into)), seconds)


def _narrow(spells: Spells, at: np.ndarray, parts: Callable, location: np.ndarray, scale: float) -> Part:
    """As _intervals, by Gauss-Legendre quadrature at two points, exact to the fourth power of the interval's length."""
    half = (spells.last[at] - spells.first[at]) / 2
    middle = spells.last[at] - half - location
    one, two = (middle - half / np.sqrt(3)) / scale, (middle + half / np.sqrt(3)) / scale
    (_, density_one, slope_one, bend_one), (_, density_two, slope_two, bend_two) = parts(one), parts(two)
    mass = np.logaddexp(density_one, density_two)
    share_one, share_two = np.exp(density_one - mass), np.exp(density_two - mass)
    to_one, to_two = share_one * slope_one, share_two * slope_two
    seconds = {
        (0, 0): share_one * (bend_one + slope_one**2) - to_one**2,
        (1, 1): share_two * (bend_two + slope_two**2) - to_two**2,
        (0, 1): -to_one * to_two,
    }
    slopes, bends = _chain(scale, ((one, to_one), (two, to_two)), seconds)
    slopes[1] -= 1.0
    return float((mass + np.log(half / scale)).sum()), slopes, bends


def _survivors(until: np.ndarray, parts: Callable, location: np.ndarray, scale: float, odds: np.ndarray | None) -> Part:
    """As _dates, of rows that had not ended at log times `until`; with `odds` the slopes are (3, rows) and all PAIRS are returned."""
    w = (until - location) / scale
    log_survival, log_density, slope, _ = parts(w)
    ends, left = (0.0, log_survival)
    if odds is not None:
        ends = log_expit(odds)
        left = np.logaddexp(log_expit(-odds), ends + log_survival)
    hazard = np.exp(np.minimum(ends + log_density - left, 700.0))
    slopes, bends = _chain(scale, ((w, -hazard),), {(0, 0): -hazard * slope - hazard**2})
    if odds is None:
        return float(left.sum()), slopes, bends
    share, will_end = expit(odds), np.exp(ends + log_survival - left)
    cross = hazard * (1 - will_end)
    bends += [will_end * (1 - will_end) - share * (1 - share), cross / scale, cross * w]
    return float(left.sum()), np.vstack([slopes, will_end - share]), bends


def _chain(scale: float, firsts: tuple, seconds: dict) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return derivatives in location and log scale from those of each row in its one or two w (chain rule): (2, rows), three (rows,)."""
    slopes = np.zeros((2, len(firsts[0][0])))
    bends = [np.zeros(slopes.shape[1])] * 3
    for w, value in firsts:
        slopes[0] -= value / scale
        slopes[1] -= w * value
    bends[1], bends[2] = -slopes[0], -slopes[1]
    for (i, j), value in seconds.items():
        one, two, times = firsts[i][0], firsts[j][0], 1 if i == j else 2
        bends[0] = bends[0] + times * value / scale**2
        bends[1] = bends[1] + times * value * (one + two) / 2 / scale
        bends[2] = bends[2] + times * value * one * two
    return slopes, bends
