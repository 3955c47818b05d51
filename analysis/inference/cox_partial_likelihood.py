"""Cox's partial likelihood with late entry, strata and tied durations, its score residuals and its proportionality test.

Ties by Efron (1977, JASA 72: 557-565). Libraries either lack cluster-robust errors for spells that enter late or are
wrong when an entry equals another's event time; the residuals here reproduce R's survival (Therneau and Grambsch 2000,
Modeling Survival Data, sections 4.6 and 7.1). A spell is at risk in (entry, stop].
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.core.distributions import chi2_tail
from analysis.inference.product_limit import curve
from analysis.inference.risk_sets import RiskSets
from analysis.inference.standard_units import Dependent, Standardized, standardize

ITERATIONS = 100
# Share of an interaction with time that the covariates themselves do not explain; below it is rounding.
NO_CHANGE = 1e-9


class Separated(ValueError):
    """The likelihood rises for ever along a combination of the covariates at `columns`."""

    def __init__(self, columns: list[int]) -> None:
        super().__init__("the partial likelihood has no maximum")
        self.columns = columns


@dataclass(frozen=True)
class Spells:
    """`entry`, `stop` (rows,), `event` (rows,) 0/1, `x` (rows, k), `strata` (rows,) codes."""

    entry: np.ndarray
    stop: np.ndarray
    event: np.ndarray
    x: np.ndarray
    strata: np.ndarray


class PartialLikelihood:
    """The likelihood and its derivatives at coefficients `beta` (k,) of `x` (rows, k), for given risk sets.

    Efron's successive risk sets, one per death, take off a share of those who end at the same time; with `breslow` none.
    """

    def __init__(self, sets: RiskSets, x: np.ndarray, beta: np.ndarray, breslow: bool = False) -> None:
        self.sets, self.x, self.beta, self.breslow = sets, x, beta, breslow
        index = x @ beta
        # A shift of a stratum's log hazards cancels in its risk sets, and keeps their exponentials within range.
        self.index = index - sets.highest(index)
        self.risk = np.exp(self.index)

    def at(self, beta: np.ndarray) -> PartialLikelihood:
        return PartialLikelihood(self.sets, self.x, beta, self.breslow)

    @cached_property
    def _owner(self) -> np.ndarray:
        return np.repeat(np.arange(len(self.sets.deaths)), self.sets.deaths)

    @cached_property
    def _share(self) -> np.ndarray:
        deaths = self.sets.deaths
        first = np.cumsum(deaths) - deaths
        return (np.arange(len(self._owner)) - first[self._owner]) / deaths[self._owner] * (not self.breslow)

    def steps(self, values: np.ndarray) -> np.ndarray:
        """Return sums of `values` (rows, m) over the successive risk sets (deaths, m)."""
        whole = self.sets.gather(values)[self._owner]
        if not self._share.any():
            return whole
        return whole - self._share[:, None] * self.sets.by_time(values[self.sets.dead])[self._owner]

    def over_time(self, values: np.ndarray) -> np.ndarray:
        """Return sums of `values` (deaths, m), one per successive risk set, over the sets that each row is in (rows, m)."""
        found = self.sets.spread(self.by_time(values))
        if self._share.any():
            found[self.sets.dead] -= self.by_time(self._share[:, None] * values)[self.sets.which]
        return found

    def by_time(self, values: np.ndarray) -> np.ndarray:
        if len(self._owner) == len(self.sets.deaths):
            return values
        return np.column_stack([np.bincount(self._owner, column, len(self.sets.deaths)) for column in values.T])

    @cached_property
    def size(self) -> np.ndarray:
        return self.steps(self.risk[:, None])[:, 0]

    @cached_property
    def mean(self) -> np.ndarray:
        """Mean covariates of the successive risk sets (deaths, k)."""
        return self.steps(self.risk[:, None] * self.x) / self.size[:, None]

    @cached_property
    def loglik(self) -> float:
        """The log likelihood; -inf where log hazards lie so far apart that nothing is left of a risk set."""
        if not (self.size > 1e-280).all():
            return -np.inf
        return float(self.index[self.sets.dead].sum() - np.log(self.size).sum())

    @cached_property
    def score(self) -> np.ndarray:
        return self.x[self.sets.dead].sum(0) - self.mean.sum(0)

    @cached_property
    def exposure(self) -> np.ndarray:
        """Cumulative baseline hazard over each row's time at risk (rows,)."""
        return self.over_time(1 / self.size[:, None])[:, 0]

    @cached_property
    def information(self) -> np.ndarray:
        return self._spread(self.exposure, np.ones(len(self.size)))

    def _spread(self, exposure: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """Return the sum of the covariances of x over the successive risk sets, each with its `weight` (deaths,)."""
        # The second moments of all risk sets add up row by row: no k x k matrix a risk set is needed.
        second = self.x.T @ (self.x * (self.risk * exposure)[:, None])
        return second - self.mean.T @ (self.mean * weight[:, None])

    def score_residuals(self) -> np.ndarray:
        """Return each row's contribution to the score (rows, k); they add to zero at the maximum."""
        drift = self.over_time(self.mean / self.size[:, None])
        residuals = -self.risk[:, None] * (self.x * self.exposure[:, None] - drift)
        average = self.by_time(self.mean) / self.sets.deaths[:, None]
        residuals[self.sets.dead] += self.x[self.sets.dead] - average[self.sets.which]
        return residuals

    def interaction(self, time: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return score (k,), covariance with the score of x (k, k) and variance (k, k) of the interactions of x with `time` (events,)."""
        own = self.sets.by_time(self.x[self.sets.dead])
        weight = time[self._owner]
        score = time @ own - weight @ self.mean
        hazards = self.over_time(np.column_stack([weight, weight**2]) / self.size[:, None])
        return score, self._spread(hazards[:, 0], weight), self._spread(hazards[:, 1], weight**2)


@dataclass(frozen=True)
class Maximum:
    """The likelihood at its maximum, found in standardized covariates; everything it returns is in the units of `x`."""

    likelihood: PartialLikelihood
    units: Standardized
    spells: Spells

    @property
    def beta(self) -> np.ndarray:
        return self.units.per_unit(self.likelihood.beta)

    @cached_property
    def covariance(self) -> np.ndarray:
        """The inverse information (k, k)."""
        half = self.units.per_unit(np.linalg.inv(np.linalg.cholesky(self.likelihood.information)))
        return half.T @ half

    @property
    def information(self) -> np.ndarray:
        forth = np.linalg.inv(self.units.back) * self.units.spread
        return forth.T @ self.likelihood.information @ forth

    def score_residuals(self) -> np.ndarray:
        """Return each row's contribution to the score (rows, k); they add to zero."""
        return self.likelihood.score_residuals() @ (np.linalg.inv(self.units.back) * self.units.spread)

    def influence(self, residuals: np.ndarray | None = None) -> np.ndarray:
        """Return what each row adds to the coefficients (rows, k), from the likelihood's score residuals or those given."""
        residuals = self.likelihood.score_residuals() if residuals is None else residuals
        return self.units.per_unit(np.linalg.solve(self.likelihood.information, residuals.T).T)

    def proportionality(self) -> tuple[np.ndarray, float]:
        """Return score statistics of each coefficient's interaction with time (k,), and the joint one (chi-squared, k degrees).

        Time enters as one less the Kaplan-Meier survival left of each event, pooled over strata, as in R's cox.zph. Missing where
        a coefficient could not be seen to change: its covariate differs among those at risk at one time only.
        """
        score, cross, square = self.likelihood.interaction(self._clock())
        adjusted = square - cross @ np.linalg.solve(self.likelihood.information, cross)
        # One interaction of x itself, added to the model with all main effects.
        forth = np.linalg.inv(self.units.back)
        alone, before = (np.einsum("ij,jk,ki->i", forth.T, matrix, forth) for matrix in (adjusted, square))
        seen = alone > NO_CHANGE * before
        single = np.where(seen, (score @ forth) ** 2 / np.where(seen, alone, 1.0), np.nan)
        if not seen.all():
            return single, np.nan
        size = np.sqrt(np.diag(adjusted))
        unlike = np.linalg.eigvalsh(adjusted / np.outer(size, size)).min() > NO_CHANGE
        return single, float(score @ np.linalg.solve(adjusted, score)) if unlike else np.nan

    def _clock(self) -> np.ndarray:
        s = self.spells
        pooled = curve(s.stop, s.event.astype(bool), s.entry)
        passed = 1 - pooled.before(pooled.times)
        return (passed - passed @ pooled.ends / pooled.ends.sum())[np.searchsorted(pooled.times, self.likelihood.sets.times)]


def maximise(spells: Spells) -> Maximum:
    """Return the maximum; raise Dependent or Separated (with the positions of the covariates) when there is none."""
    units = standardize(spells.x, spells.strata)
    sets = RiskSets(spells.entry, spells.stop, spells.event.astype(bool), spells.strata)
    return Maximum(ascend(PartialLikelihood(sets, units.z, np.zeros(spells.x.shape[1])), units), units, spells)


def ascend(start: PartialLikelihood, units: Standardized) -> PartialLikelihood:
    """Return the maximum by Newton steps, halved until the likelihood rises, from zero coefficients.

    The gradient is measured in standard errors (the Newton decrement), which no scale of the covariates changes.
    """
    _seen_in_risk_sets(start, units)
    current, before, slow = start, np.inf, 0
    for _ in range(ITERATIONS):
        step, decrement = _newton(current, units)
        if decrement < 1e-12 or (decrement < 1e-7 and decrement > before / 2):
            return current  # the latter: as small as rounding allows
        # Newton steps near a maximum shrink by squares. Towards infinity each moves the log hazard by about one for ever.
        endless = decrement < 1e-4 and decrement > before / 10 and np.ptp(current.x @ step) > 0.1
        slow = slow + 1 if endless else 0
        if slow == 3:
            raise Separated(_columns(units.back @ step))
        risen = _risen(current, step)
        if risen is None:
            break
        current, before = risen, decrement
    raise Separated(_columns(units.back @ step))


def _newton(current: PartialLikelihood, units: Standardized) -> tuple[np.ndarray, float]:
    """Return the Newton step and its length in standard errors; Separated where no information is left."""
    values, vectors = np.linalg.eigh(current.information)
    if values[0] < 1e-13 * len(current.size):
        raise Separated(_columns(units.back @ vectors[:, 0]))
    along = vectors.T @ current.score
    return vectors @ (along / values), float(np.sqrt(np.sum(along**2 / values)))


def _risen(current: PartialLikelihood, step: np.ndarray) -> PartialLikelihood | None:
    """Return the likelihood after the step, or the largest half of it that does not lower it; None where none does."""
    slack = 1e-12 * abs(current.loglik)
    for halving in range(30):
        candidate = current.at(current.beta + step / 2**halving)
        if candidate.loglik >= current.loglik - slack:
            return candidate
    return None


def _seen_in_risk_sets(start: PartialLikelihood, units: Standardized) -> None:
    """Raise Dependent for covariates that vary, but not among those at risk when a spell ends."""
    values, vectors = np.linalg.eigh(start.information)
    if values[0] < 1e-12 * len(start.size):
        columns = _columns(units.back @ vectors[:, 0])
        raise Dependent(columns, constant=len(columns) == 1)


def _columns(direction: np.ndarray) -> list[int]:
    size = np.abs(direction)
    return np.flatnonzero(size > 1e-3 * size.max()).tolist()


def chi_squared(statistic: float, degrees: int) -> float:
    return chi2_tail(statistic, degrees)
