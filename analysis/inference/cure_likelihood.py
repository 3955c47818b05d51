"""Likelihood of durations of which a share never ends, with its derivatives (Farewell 1982, Biometrics 38: 1041-1046).

A duration ends at all with probability p = logit(z'c); if it does, log T = x'b + sigma W with W extreme-value (Weibull),
logistic or normal. Written in w = (log t - x'b)/sigma, a row's share of the likelihood is p f(w)/(sigma t) when it ended at
t, p [S(w1) - S(w2)] when it ended between two dates, and 1 - p + p S(w) when it had not ended. p = 1 leaves the ordinary
accelerated failure time model (Kalbfleisch and Prentice 2002, chapter 3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_expit, log_ndtr

from analysis.estimates import NotIdentified

STEPS = 100
NEAR = 1e-10  # Newton decrement from which one more step is enough: the next is its square
FARTHEST = 9.0  # log odds beyond which the share is all or nothing
SMALLEST = 1e-12  # an interval holds at least this share of what is left
SOONEST = 1e-10  # stands for a duration of zero, whose logarithm there is none of
EXACT = 1e-9  # an interval no longer than this is a date
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
    interval's upper end, and of the end of observation.
    """

    exact: np.ndarray
    interval: np.ndarray
    censored: np.ndarray
    first: np.ndarray
    last: np.ndarray

    @classmethod
    def between(cls, low: np.ndarray, high: np.ndarray) -> Spells:
        """Return spells that end between `low` and `high` (rows,); an infinite `high` is a duration that had not ended."""
        ended = np.isfinite(high)
        exact = ended & (high - low < EXACT)
        with np.errstate(divide="ignore"):
            first = np.log(np.maximum(low, 0.0))
        last = np.log(np.maximum(np.where(ended, high, low), SOONEST))
        return cls(*(np.flatnonzero(kind) for kind in (exact, ended & ~exact, ~ended)), first, last)


@dataclass(frozen=True)
class Derivatives:
    """Log likelihood (scalar), its first (3, rows) and second (3, 3, rows) derivatives in location, log scale and log odds of ever ending."""

    value: float
    first: np.ndarray
    second: np.ndarray


@dataclass(frozen=True)
class Maximum:
    """Coefficients on location, log scale and log odds `theta` (k,), scores (rows, k), minus the Hessian (k, k) and first derivatives (3, rows)."""

    theta: np.ndarray
    scores: np.ndarray
    information: np.ndarray
    first: np.ndarray

    def variance(self, clustered: np.ndarray) -> np.ndarray:
        """Return the sandwich (k, k) from scores summed by cluster, without a small-sample factor."""
        bread = np.linalg.inv(self.information)
        return bread @ (clustered.T @ clustered) @ bread


def derivatives(spells: Spells, distribution: str, location: np.ndarray, log_scale: float, odds: np.ndarray | None) -> Derivatives:
    """Return the likelihood at `location` (rows,), `log_scale` and `odds` (rows,); None: everything ends."""
    parts = DISTRIBUTIONS[distribution]
    scale = np.exp(log_scale)
    ends = np.zeros(len(location)) if odds is None else log_expit(odds)
    share = np.ones(len(location)) if odds is None else expit(odds)
    w = (spells.last - location) / scale
    first, second = np.zeros((3, len(w))), np.zeros((3, 3, len(w)))
    value = 0.0
    log_survival, log_density, slope, bend = parts(w)

    at = spells.exact
    value += float((ends[at] + log_density[at] - log_scale - spells.last[at]).sum())
    _place(first, second, at, scale, ((w[at], slope[at]),), {(0, 0): bend[at]})
    first[1, at] -= 1.0

    at = spells.interval
    starts = np.isfinite(spells.first[at])
    from_ = np.where(starts, (spells.first[at] - location[at]) / scale, 0.0)
    before, density_before, slope_before, _ = parts(from_)
    before = np.where(starts, before, 0.0)
    mass = before + np.log(-np.expm1(np.minimum(log_survival[at] - before, -SMALLEST)))
    value += float((ends[at] + mass).sum())
    out = np.where(starts, np.exp(np.minimum(density_before - mass, 700.0)), 0.0)
    into = np.exp(np.minimum(log_density[at] - mass, 700.0))
    bends = {(0, 0): -out * slope_before - out**2, (1, 1): into * slope[at] - into**2, (0, 1): out * into}
    _place(first, second, at, scale, ((from_, -out), (w[at], into)), bends)
    for at in (spells.exact, spells.interval):
        first[2, at] = 1 - share[at]
        second[2, 2, at] = -share[at] * (1 - share[at])

    at = spells.censored
    left = log_survival[at] if odds is None else np.logaddexp(log_expit(-odds[at]), ends[at] + log_survival[at])
    value += float(left.sum())
    hazard = np.exp(np.minimum(ends[at] + log_density[at] - left, 700.0))
    _place(first, second, at, scale, ((w[at], -hazard),), {(0, 0): -hazard * slope[at] - hazard**2})
    will_end = np.exp(ends[at] + log_survival[at] - left)
    first[2, at] = will_end - share[at]
    second[2, 2, at] = will_end * (1 - will_end) - share[at] * (1 - share[at])
    cross = -hazard * (1 - will_end)
    second[0, 2, at] = second[2, 0, at] = -cross / scale
    second[1, 2, at] = second[2, 1, at] = -cross * w[at]
    return Derivatives(value, first, second)


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


def start(spells: Spells, n_location: int, n_odds: int) -> np.ndarray:
    """Return coefficients to begin from; the constants are the last of location and odds. `n_odds` 0: everything ends."""
    dates = spells.last[spells.exact]
    middles = np.log((np.exp(spells.first[spells.interval]) + np.exp(spells.last[spells.interval])) / 2)
    middle = np.maximum(np.concatenate([dates, middles]), np.log(0.1))
    theta = np.zeros(n_location + 1 + n_odds)
    theta[n_location - 1] = middle.mean() + 0.5
    theta[n_location] = np.log(max(middle.std(), 0.1)) - 0.3
    if n_odds:
        share = min(max(1.3 * len(middle) / len(spells.last), 0.05), 0.9)
        theta[-1] = np.log(share / (1 - share))
    return theta


def maximise(spells: Spells, distribution: str, x: np.ndarray, z: np.ndarray | None, theta: np.ndarray) -> Maximum:
    """Return the maximum over `x` (rows, k) on location, one log scale and `z` (rows, m) on the odds, by Newton's method from `theta`.

    Raises NotIdentified when the likelihood has no inner maximum.
    """
    blocks = [x, np.ones((len(x), 1))] + ([] if z is None else [z])
    cuts = np.cumsum([x.shape[1], 1])

    def at(point) -> Derivatives:
        location, log_scale, odds = np.split(point, cuts)
        return derivatives(spells, distribution, x @ location, float(log_scale[0]), None if z is None else z @ odds)

    with np.errstate(over="ignore", invalid="ignore"):
        now = at(theta)
        for _ in range(STEPS):
            gradient, information = _slopes(now, blocks)
            # Away from the maximum the likelihood need not be concave: negative curvature is turned round.
            eigenvalues, vectors = np.linalg.eigh(information)
            step = vectors @ ((vectors.T @ gradient) / np.maximum(np.abs(eigenvalues), 1e-8))
            near = gradient @ step < NEAR
            moved = (theta + step, at(theta + step)) if near else _uphill(at, theta, now.value, step)
            if moved is None:
                break
            theta, now = moved
            if near:
                break
        gradient, information = _slopes(now, blocks)
    _need_inner(information, gradient, theta, None if z is None else z @ theta[cuts[1] :], len(x))
    scores = np.column_stack([row[:, None] * block for row, block in zip(now.first, blocks, strict=False)])
    return Maximum(theta, scores, information, now.first)


def _slopes(at: Derivatives, blocks: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the gradient (k,) and minus the Hessian (k, k)."""
    gradient = np.concatenate([row @ block for row, block in zip(at.first, blocks, strict=False)])
    rows = [[a.T @ (at.second[i, j][:, None] * b) for j, b in enumerate(blocks)] for i, a in enumerate(blocks)]
    return gradient, -np.block(rows)


def _uphill(at, theta, value, step) -> tuple[np.ndarray, Derivatives] | None:
    """Return the first point along `step`, halved until then, whose likelihood is above `value`."""
    step = step / max(1.0, np.abs(step).max() / 2)
    for _ in range(30):
        reached = at(theta + step)
        if np.isfinite(reached.value) and reached.value > value:
            return theta + step, reached
        step = step / 2
    return None


def _need_inner(information, gradient, theta, odds, n_rows: int) -> None:
    size = np.sqrt(np.abs(np.diag(information)))
    # The curvature per unit of each coefficient's own size: whether there is a maximum does not depend on units.
    curved = bool((size > 0).all()) and np.linalg.eigvalsh(information / np.outer(size, size)).min() > 1e-7
    edge = odds is not None and np.abs(odds).max() > FARTHEST
    if not curved or edge or not np.isfinite(theta).all() or np.abs(gradient).max() > 1e-3 * n_rows:
        what = "the share that never ends is" if odds is not None else "its coefficients are"
        raise NotIdentified("CONVERGENCE", f"the likelihood has no inner maximum: {what} not identified")
