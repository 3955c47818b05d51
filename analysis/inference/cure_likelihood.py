"""Likelihood of durations of which a share never ends, with its derivatives (Farewell 1982, Biometrics 38: 1041-1046).

A duration ends at all with probability p = logit(z'c); if it does, log T = x'b + sigma W with W extreme-value (Weibull),
logistic or normal. Written in w = (log t - x'b)/sigma, a row's share of the likelihood is p f(w)/(sigma t) when it ended at
t, p [S(w1) - S(w2)] when it ended between two dates, and 1 - p + p S(w) when it had not ended; a row observed only from some
time on is divided by what the last formula gives for that time. p = 1 leaves the ordinary accelerated failure time model
(Kalbfleisch and Prentice 2002, The Statistical Analysis of Failure Time Data, sections 3.2 to 3.4).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, log_expit, log_ndtr

from analysis.estimates import NotIdentified

SMALLEST = 1e-300  # an interval holds at least this share of what is left
EXACT = 1e-9  # an interval no longer than this part of its end is a date
NARROW = 1e-2  # one shorter in w is integrated by two points: a difference of survivals would lose its digits
HALF_LOG_2_PI = 0.5 * np.log(2 * np.pi)


def _weibull(w: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return log survival, log density, and the density's first and second log derivative at `w`; so do the other two."""
    hazard = np.exp(w)
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
        return cls(*map(np.flatnonzero, kinds), first, last, entry)

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
    parts = DISTRIBUTIONS[distribution]
    scale = np.exp(log_scale)
    ends = np.zeros(len(location)) if odds is None else log_expit(odds)
    share = np.ones(len(location)) if odds is None else expit(odds)
    first, second = np.zeros((3, len(location))), np.zeros((3, 3, len(location)))
    at = spells.interval
    narrow = spells.last[at] - spells.first[at] < NARROW * scale
    value = 0.0
    for part, rows in ((_dates, spells.exact), (_intervals, at[~narrow]), (_narrow, at[narrow])):
        if len(rows):
            value += part(spells, rows, parts, location, scale, first, second) + float(ends[rows].sum())
            first[2, rows] = 1 - share[rows]
            second[2, 2, rows] = -share[rows] * (1 - share[rows])
    for rows, until, sign in ((spells.censored, spells.last, 1), (spells.late, spells.entry, -1)):
        if len(rows):
            value += _survivors(rows, until, sign, parts, location, scale, odds, first, second)
    return Derivatives(value, first, second)


def _dates(spells, at, parts, location, scale, first, second) -> float:
    """Add derivatives of spells `at` that ended at a date and return their log likelihood; so do the next three."""
    w = (spells.last[at] - location[at]) / scale
    _, log_density, slope, bend = parts(w)
    _place(first, second, at, scale, ((w, slope),), {(0, 0): bend})
    first[1, at] -= 1.0
    return float((log_density - np.log(scale) - spells.last[at]).sum())


def _intervals(spells, at, parts, location, scale, first, second) -> float:
    w = (spells.last[at] - location[at]) / scale
    log_survival, log_density, slope, _ = parts(w)
    starts = np.isfinite(spells.first[at])
    from_ = np.where(starts, (spells.first[at] - location[at]) / scale, 0.0)
    before, density_before, slope_before, _ = parts(from_)
    before = np.where(starts, before, 0.0)
    mass = before + np.log(-np.expm1(np.minimum(log_survival - before, -SMALLEST)))
    out = np.where(starts, np.exp(np.minimum(density_before - mass, 700.0)), 0.0)
    into = np.exp(np.minimum(log_density - mass, 700.0))
    bends = {(0, 0): -out * slope_before - out**2, (1, 1): into * slope - into**2, (0, 1): out * into}
    _place(first, second, at, scale, ((from_, -out), (w, into)), bends)
    return float(mass.sum())


def _narrow(spells, at, parts, location, scale, first, second) -> float:
    """As _intervals, by Gauss-Legendre quadrature at two points, exact to the fourth power of the interval's length."""
    half = (spells.last[at] - spells.first[at]) / 2
    middle = spells.last[at] - half
    one, two = (middle - half / np.sqrt(3) - location[at]) / scale, (middle + half / np.sqrt(3) - location[at]) / scale
    (_, density_one, slope_one, bend_one), (_, density_two, slope_two, bend_two) = parts(one), parts(two)
    mass = np.logaddexp(density_one, density_two)
    share_one, share_two = np.exp(density_one - mass), np.exp(density_two - mass)
    to_one, to_two = share_one * slope_one, share_two * slope_two
    bends = {
        (0, 0): share_one * (bend_one + slope_one**2) - to_one**2,
        (1, 1): share_two * (bend_two + slope_two**2) - to_two**2,
        (0, 1): -to_one * to_two,
    }
    _place(first, second, at, scale, ((one, to_one), (two, to_two)), bends)
    first[1, at] -= 1.0
    return float((mass + np.log(half / scale)).sum())


def _survivors(at, until, sign, parts, location, scale, odds, first, second) -> float:
    """As _dates, of rows `at` that had not ended at log times `until`; with `sign` -1 that is what they are conditioned on."""
    w = (until[at] - location[at]) / scale
    log_survival, log_density, slope, _ = parts(w)
    ends = np.zeros(len(at)) if odds is None else log_expit(odds[at])
    share = np.ones(len(at)) if odds is None else expit(odds[at])
    left = log_survival if odds is None else np.logaddexp(log_expit(-odds[at]), ends + log_survival)
    hazard = np.exp(np.minimum(ends + log_density - left, 700.0))
    _place(first, second, at, scale, ((w, -sign * hazard),), {(0, 0): sign * (-hazard * slope - hazard**2)})
    will_end = np.exp(ends + log_survival - left)
    first[2, at] += sign * (will_end - share)
    second[2, 2, at] += sign * (will_end * (1 - will_end) - share * (1 - share))
    cross = -sign * hazard * (1 - will_end)
    second[0, 2, at] -= cross / scale
    second[1, 2, at] -= cross * w
    second[2, :2, at] = second[:2, 2, at].T
    return float(sign * left.sum())


def _place(first, second, at, scale, firsts, seconds) -> None:
    """Add derivatives in location and log scale, from those of each row in its one or two w (chain rule)."""
    for w, value in firsts:
        first[0, at] -= value / scale
        first[1, at] -= w * value
        second[0, 1, at] += value / scale
        second[1, 1, at] += w * value
    for (i, j), value in seconds.items():
        one, two, times = firsts[i][0], firsts[j][0], 1 if i == j else 2
        second[0, 0, at] += times * value / scale**2
        second[0, 1, at] += times * value * (one + two) / 2 / scale
        second[1, 1, at] += times * value * one * two
    second[1, 0, at] = second[0, 1, at]
