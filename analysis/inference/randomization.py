"""Randomization inference on estimators that are linear in the outcome: p-values, intervals, detectable effects.

Sharp null: the effect on every treated cell is `tau`. Under it the untreated outcome is Y - tau D, with D the
treated cells of the actual assignment, and a permuted assignment of the same shape has the distribution of the
actual one if assignments were drawn like lots (exchangeability: the assumption of every p-value made here).
Statistics: the t-ratio (Young 2019, QJE 134: 557-598; MacKinnon and Webb 2020, J. Econometrics 218: 435-450)
and the coefficient itself.

An estimator that is linear in the outcome needs each assignment evaluated once, on Y and on D: the estimate on
Y - tau D is a - tau b, its squared standard error is v_yy - 2 tau v_yd + tau^2 v_dd. Every p(tau) follows
without re-estimating, so that intervals are exact inversions of the test and not normal approximations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.core.estimates import parameter

GRID = 41  # values of tau tried on each pass when a test is inverted
PASSES = 3


@dataclass(frozen=True)
class Draws:
    """Estimates on Y (`a`) and on D (`b`) and their (co)variances, one entry per permuted assignment, shape (draws,)."""

    a: np.ndarray
    b: np.ndarray
    v_yy: np.ndarray
    v_yd: np.ndarray
    v_dd: np.ndarray

    def usable(self, least: float = 0.0) -> np.ndarray:
        """Return under which assignments (draws,) the estimator exists, with a variance above `least`."""
        return np.isfinite(self.a) & np.isfinite(self.b) & (self.v_yy > least)

    def those(self, kept: np.ndarray) -> Draws:
        """Return the assignments that are `kept` (boolean)."""
        return Draws(self.a[kept], self.b[kept], self.v_yy[kept], self.v_yd[kept], self.v_dd[kept])

    @classmethod
    def joined(cls, parts: Iterable[tuple[np.ndarray, ...]]) -> Draws:
        """Return the assignments of all `parts`, tuples of the five columns."""
        return cls(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    def statistic(self, tau: float, scaled: bool) -> np.ndarray:
        """Return the t-ratios (or, unscaled, the estimates) on Y - tau D."""
        value = self.a - tau * self.b
        if not scaled:
            return value
        variance = np.maximum(self.v_yy - 2 * tau * self.v_yd + tau**2 * self.v_dd, 1e-300)
        return value / np.sqrt(variance)


def moments(estimate: np.ndarray, influence: np.ndarray, means: bool = False) -> tuple[np.ndarray, ...]:
    """Return the columns of a Draws: `estimate` (2, draws) on Y and on D, and their (co)variances: sums of squares of `influence`
    (2, draws, units or clusters), or with `means` their means over units, over units."""
    size = influence.shape[2] ** 2 if means else 1
    cross = ((0, 0), (0, 1), (1, 1))
    return (*estimate, *(np.einsum("du,du->d", influence[i], influence[j]) / size for i, j in cross))


@dataclass(frozen=True)
class Test:
    """A randomization test of one parameter."""

    p_value: float
    interval95: tuple[float, float]
    interval90: tuple[float, float]
    mde80: float
    draws: int

    def row(self, term: str, estimate: float, inference: str, **about: Any) -> dict:
        """Return the row of the parameter, with what else it says `about` itself."""
        (low, high), (low90, high90) = self.interval95, self.interval90
        found = {"p_value": self.p_value, "ci_low": low, "ci_high": high, "ci90_low": low90, "ci90_high": high90}
        return parameter(term, estimate, inference=inference, **found, mde80=self.mde80, draws=self.draws, **about)


def p_value(tau: float, actual: Draws, permuted: Draws, scaled: bool, complete: bool = False) -> float:
    """Return the two-sided p-value of the sharp null that every effect is `tau`.

    The actual assignment counts as a draw, unless the draws are `complete`: then it is one of them.
    """
    observed = abs(actual.statistic(tau, scaled)[0])
    # The tolerance counts assignments equal to the actual one as ties whatever the rounding.
    exceeding = np.sum(np.abs(permuted.statistic(tau, scaled)) >= observed * (1 - 1e-9))
    return float(exceeding / len(permuted.a)) if complete else float((1 + exceeding) / (1 + len(permuted.a)))


_through: ContextVar[Callable[[Draws, bool], Draws] | None] = ContextVar("through", default=None)


@contextmanager
def redirected(through: Callable[[Draws, bool], Draws]) -> Iterator[None]:
    """Send the permuted draws of every test in the block, and whether they are complete, `through` a function, in the order of the tests.

    It may keep them, and it may return others to test with: so a sweep scatters draws over jobs and joins them (analysis.sweeps).
    """
    token = _through.set(through)
    try:
        yield
    finally:
        _through.reset(token)


def test(actual: Draws, permuted: Draws, scaled: bool = True, complete: bool = False) -> Test:
    """Return p-value, inverted 95 % and 90 % intervals and the smallest detectable effect.

    `actual` holds one entry, the observed assignment; `permuted` the permuted ones, `complete` if they are all there are.
    """
    if through := _through.get():
        permuted = through(permuted, complete)
    permuted = permuted.those(permuted.usable())
    return Test(
        p_value=p_value(0.0, actual, permuted, scaled, complete),
        interval95=invert(actual, permuted, 0.05, scaled, complete),
        interval90=invert(actual, permuted, 0.10, scaled, complete),
        mde80=detectable(actual, permuted, scaled),
        draws=len(permuted.a),
    )


def rows(term: str, actual: Draws, permuted: Draws, **about: Any) -> list[dict]:
    """Return the rows of the test on the t-ratio, 'randomization_t', and on the coefficient, 'randomization_beta'."""
    names = {True: "randomization_t", False: "randomization_beta"}
    return [test(actual, permuted, scaled).row(term, actual.a[0], name, **about) for scaled, name in names.items()]


def invert(actual: Draws, permuted: Draws, level: float, scaled: bool, complete: bool = False) -> tuple[float, float]:
    """Return the smallest interval that holds every tau with p > level; infinite where the test never rejects.

    The estimate itself has p = 1. Each end is bracketed by doubling steps and refined on grids, because p(tau) is a
    step function that need not be monotone: the outermost crossing is taken, which can only widen the interval.
    """
    estimate = float(actual.a[0] / actual.b[0])
    # Zero only where no assignment moves anything: then any step does.
    step = max(float(np.std(permuted.a)), float(np.sqrt(actual.v_yy[0]))) or 1e-12 * (abs(estimate) or 1.0)
    low, high = (_end(actual, permuted, level, scaled, estimate, direction * step, complete) for direction in (-1, 1))
    return low, high


def _end(actual: Draws, permuted: Draws, level: float, scaled: bool, estimate: float, step: float, complete: bool) -> float:
    def accepted(reach: float) -> bool:
        return p_value(estimate + reach * step, actual, permuted, scaled, complete) > level

    reach = 8.0
    while accepted(reach):
        reach *= 2
        if reach > 2e3:
            return float(np.copysign(np.inf, step))
    inside, outside = 0.0, reach
    for _ in range(PASSES):
        grid = np.linspace(inside, outside, GRID)
        last = max((i for i, r in enumerate(grid) if accepted(r)), default=0)
        inside, outside = grid[last], grid[min(last + 1, len(grid) - 1)]
    return float(estimate + outside * step)


def detectable(actual: Draws, permuted: Draws, scaled: bool, level: float = 0.05, power: float = 0.80) -> float:
    """Return the size from which the test rejects constant effects of either sign at `level` with probability `power`.

    The placebo distribution of the statistic plays its noise. An effect of tau adds tau to the estimate, that is tau
    over the standard error of the actual assignment to its t-ratio: the design at hand, not an average over designs.
    Within strata that distribution need not lie around zero, so that one sign is easier to detect than the other: the harder counts.
    """
    statistics = permuted.statistic(0.0, scaled)
    critical = float(np.quantile(np.abs(statistics), 1 - level))
    scale = float(np.sqrt(actual.v_yy[0])) if scaled else 1.0
    return scale * max(_detected(sign * statistics, critical, power) for sign in (1, -1))


def _detected(statistics: np.ndarray, critical: float, power: float) -> float:
    """Return by how much `statistics` (draws,) must rise for the share `power` of them to lie beyond `critical`."""
    low, high = 0.0, 4 * (critical + float(np.max(np.abs(statistics))))
    for _ in range(60):
        middle = (low + high) / 2
        share = np.mean(np.abs(statistics + middle) > critical)
        low, high = (low, middle) if share >= power else (middle, high)
    return float(high)
