"""Cox's partial likelihood with the penalty of Firth (1993, Biometrika 80: 27-38): finite where a covariate separates.

The penalty is half the log determinant of the information; intervals and tests profile the penalized likelihood
(Heinze and Schemper 2001, Biometrics 57: 114-119). They differ from Wald's where the likelihood is far from a parabola,
which is where the penalty is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from scipy.optimize import brentq

from analysis.core.distributions import chi2_tail, normal_quantile
from analysis.inference.cox_partial_likelihood import PartialLikelihood, Spells
from analysis.inference.risk_sets import RiskSets
from analysis.inference.standard_units import standardize

ITERATIONS = 500


class Unbounded(ValueError):
    """The penalized likelihood, or its profile, was not maximised."""


class Penalized(PartialLikelihood):
    """The partial likelihood and its penalty at coefficients `beta` (k,)."""

    def at(self, beta: np.ndarray) -> Penalized:
        return Penalized(self.sets, self.x, beta)

    @cached_property
    def penalized(self) -> float:
        if not np.isfinite(self.loglik):
            return -np.inf
        sign, logarithm = np.linalg.slogdet(self.information)
        return self.loglik + logarithm / 2 if sign > 0 else -np.inf

    @cached_property
    def gradient(self) -> np.ndarray:
        """Score with half the trace of inverse information times its derivative (k,): third moments of the risk sets, row by row."""
        root = np.linalg.inv(np.linalg.cholesky(self.information)).T
        y, centre = self.x @ root, self.mean @ root
        length = np.sum(y**2, axis=1)
        expected = self.steps((self.risk * length)[:, None])[:, 0] / self.size
        drift = self.over_time(centre / self.size[:, None])
        held = self.risk * (length * self.exposure - 2 * np.sum(y * drift, axis=1))
        third = self.x.T @ held - expected @ self.mean + 2 * np.sum(centre**2, axis=1) @ self.mean
        return self.score + third / 2


class PenalizedMaximum:
    """The maximum of the penalized likelihood: `beta` (k,) per unit of x, `covariance` (k, k) and profiles."""

    def __init__(self, spells: Spells) -> None:
        self.units = standardize(spells.x, spells.strata)
        sets = RiskSets(spells.entry, spells.stop, spells.event.astype(bool), spells.strata)
        self.best = _ascend(Penalized(sets, self.units.z, np.zeros(spells.x.shape[1])))
        self.beta = self.units.per_unit(self.best.beta)
        half = self.units.per_unit(np.linalg.inv(np.linalg.cholesky(self.best.information)))
        self.covariance = half.T @ half

    def p_value(self, j: int) -> float:
        """Return the p-value of coefficient `j` being zero, by the penalized likelihood ratio."""
        return chi2_tail(max(2 * (self.best.penalized - self._profile(j)(0.0)), 0.0), 1)

    def interval(self, j: int, level: float) -> tuple[float, float]:
        """Return the ends of the profile interval of coefficient `j`, in the units of x; infinite where the profile stays above."""
        scale, error = self.units.spread[j], np.sqrt(self.covariance[j, j])
        cut = normal_quantile(0.5 + level / 2) ** 2 / 2
        profile = self._profile(j)
        low, high = (_crossing(lambda b: profile(b * scale) - self.best.penalized + cut, self.beta[j], way * error) for way in (-1, 1))
        return low, high

    def _profile(self, j: int) -> Callable[[float], float]:
        """Return the penalized likelihood maximised over the other coefficients, given coefficient `j` of the scaled covariates."""
        fixed = self.units.back[j]

        def profile(value: float) -> float:
            move = fixed * (value - fixed @ self.best.beta) / (fixed @ fixed)
            return _ascend(self.best.at(self.best.beta + move), fixed).penalized

        return profile


def _ascend(current: Penalized, fixed: np.ndarray | None = None) -> Penalized:
    """Return the maximum from `current` on, by steps of the information; along `fixed` (k,) nothing moves."""
    for _ in range(ITERATIONS if np.isfinite(current.penalized) else 0):
        step = np.linalg.solve(current.information, current.gradient)
        if fixed is not None:
            along = np.linalg.solve(current.information, fixed)
            step -= along * (fixed @ step) / (fixed @ along)
        if step @ current.information @ step < 1e-20:
            return current
        # Far from the maximum the information may vanish, and a step of it would leap.
        step /= max(1.0, np.abs(current.x @ step).max() / 5)
        for halving in range(30):
            candidate = current.at(current.beta + step / 2**halving)
            if candidate.penalized >= current.penalized - 1e-12 * abs(current.penalized):
                break
        else:
            break
        current = candidate
    raise Unbounded("no maximum of the penalized likelihood was found: leave out covariates that order the durations almost perfectly")


def _crossing(height: Callable[[float], float], start: float, step: float) -> float:
    """Return where `height`, positive at `start`, falls to zero on the side of `step`; infinite where it does not within reach."""
    near = start
    for doubling in range(12):
        far = start + step * 2**doubling
        if height(far) < 0:
            return float(brentq(height, near, far, xtol=abs(step) * 1e-9, rtol=1e-12))
        near = far
    return float(np.copysign(np.inf, step))
