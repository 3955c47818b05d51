"""Regressions for outcomes from 0 to 1: log likelihood of logit, probit and complementary log-log, maximized by Newton's method.

The likelihood is that of Bernoulli outcomes, for fractions a quasi-likelihood (Papke and Wooldridge 1996, J. Applied Econometrics
11: 619-632, equation 5). It is concave in the coefficients; the search runs in standard units and stops by the Newton decrement.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import root
from scipy.special import expit, log_expit, log_ndtr

from analysis.core.estimates import NotIdentified
from analysis.inference.cluster import cluster_sums, cr1_factor
from analysis.inference.separation import direction
from analysis.inference.standard_units import orthonormal

STEPS = 500
DONE = 1e-18  # Newton decrement (squared distance to the top in standard errors) at which the search ends
NEAR = 1e-10  # decrement, per unit of log likelihood, from which steps are not shortened
CONVERGED = 1e-12  # the largest decrement that is taken for a maximum
ADJUSTED = 1e-27  # squared distance at which Fisher scoring ends, which nears the end by a factor a step, not by squares
SILENT = 1e-8  # slope of a row's likelihood in its index below which the row may belong to a separated set
SHORTEST = 1e-12  # step in standard units that is not halved again
FLOOR = 1e-15  # least curvature, of the largest: below it there is rounding
HALF_LOG_2_PI = 0.5 * np.log(2 * np.pi)


class Separated(NotIdentified):
    """The likelihood has no maximum: in some direction it only rises."""

    def __init__(self, message: str = "the likelihood has no maximum"):
        super().__init__("SEPARATION", message)


@dataclass(frozen=True)
class Link:
    """At an index (rows,): `mean` gives the mean, its derivative, and the logarithmic derivative of that; `logs` (2, 3, rows) the logs
    of the mean and of one less the mean, each with its first and second derivative."""

    mean: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]
    logs: Callable[[np.ndarray], np.ndarray]


def _logit(index: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    mean, other = expit(index), expit(-index)
    return mean, mean * other, other - mean


def _logit_logs(index: np.ndarray) -> np.ndarray:
    mean, other = expit(index), expit(-index)
    return np.array([[log_expit(index), other, -mean * other], [log_expit(-index), -mean, -mean * other]])


def _probit(index: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.exp(log_ndtr(index)), np.exp(-0.5 * index**2 - HALF_LOG_2_PI), -index


def _probit_logs(index: np.ndarray) -> np.ndarray:
    found = []
    for sign in (1, -1):
        log_mean = log_ndtr(sign * index)
        # The inverse Mills ratio, finite in both tails.
        ratio = np.exp(-0.5 * index**2 - HALF_LOG_2_PI - log_mean)
        found.append([log_mean, sign * ratio, -ratio * (sign * index + ratio)])
    return np.array(found)


def _cloglog(index: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    hazard = np.exp(index)
    return -np.expm1(-hazard), np.exp(index - hazard), 1 - hazard


def _cloglog_logs(index: np.ndarray) -> np.ndarray:
    hazard = np.exp(np.minimum(index, 300.0))
    held = np.minimum(hazard, 700.0)
    # hazard / (exp(hazard) - 1), which is one where the hazard vanishes
    ratio = np.where(held > 0, held / np.where(held > 0, np.expm1(held), 1.0), 1.0)
    return np.array([[np.log(-np.expm1(-hazard)), ratio, ratio * (1 - held - ratio)], [-hazard, -hazard, -hazard]])


LINKS = {"logit": Link(_logit, _logit_logs), "probit": Link(_probit, _probit_logs), "cloglog": Link(_cloglog, _cloglog_logs)}


@dataclass(frozen=True)
class Fit:
    """Standard coefficients `theta` (k,), index (rows,), design (rows, k), scores (rows, k) and information (k, k) in standard units;
    `back` (k, k) turns coefficients into the user's units."""

    theta: np.ndarray
    index: np.ndarray
    design: np.ndarray
    scores: np.ndarray
    information: np.ndarray
    back: np.ndarray

    @property
    def coefficients(self) -> np.ndarray:
        return self.back @ self.theta

    def unadjusted(self) -> np.ndarray:
        """Return the inverse information in standard units, (k, k); so do the next two their sandwich."""
        return np.linalg.inv(self.information)

    def clustered(self, clusters: np.ndarray, n_clusters: int, n_obs: int, n_parameters: int) -> np.ndarray:
        sums = cluster_sums(self.scores, clusters)
        return cr1_factor(n_obs, n_clusters, n_parameters) * self.unadjusted() @ (sums.T @ sums) @ self.unadjusted()

    def robust(self) -> np.ndarray:
        """Return the sandwich of independent rows, without a small-sample factor (statsmodels' HC1 of this model)."""
        return self.unadjusted() @ (self.scores.T @ self.scores) @ self.unadjusted()

    def errors(self, variance: np.ndarray) -> np.ndarray:
        """Return standard errors (k,) in the user's units of a `variance` (k, k) in standard ones."""
        return np.sqrt(np.diag(self.back @ variance @ self.back.T))


def fit(y: np.ndarray, x: np.ndarray, link: str, firth: bool = False) -> Fit:
    """Return the regression of `y` (rows,), from 0 to 1, on `x` (rows, k), whose last column is constant and whose rank is full.

    Raises Separated when the likelihood has no maximum. With `firth` it has one: see _adjusted.
    """
    design, back = orthonormal(x)
    with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
        if firth:
            return _adjusted(y, design, link, back)
        theta, decrement = _climb(y, design, LINKS[link])
        _, slope, curvature = _likelihood(y, design @ theta, LINKS[link])
    silent = (np.abs(slope) < SILENT) & ((y == 0) | (y == 1))
    # In a separated set every row's likelihood rises to its end; without such a row, and at a top, there is none.
    if (silent.any() or not decrement < CONVERGED) and direction(x, y) is not None:
        raise Separated()
    if not decrement < CONVERGED:
        raise NotIdentified("CONVERGENCE", "the search for the maximum of the likelihood did not end")
    return Fit(theta, design @ theta, design, design * slope[:, None], _weighted(design, curvature), back)


def _likelihood(y: np.ndarray, index: np.ndarray, link: Link) -> tuple[float, np.ndarray, np.ndarray]:
    """Return the log likelihood, its slope in the index (rows,) and minus its second derivative (rows,)."""
    ones, zeros = link.logs(index)
    # A logarithm of zero counts for nothing where the outcome leaves it out.
    value, slope, bend = (
        np.where(y > 0, y * one, 0.0) + np.where(y < 1, (1 - y) * zero, 0.0) for one, zero in zip(ones, zeros, strict=True)
    )
    return float(value.sum()), slope, -bend


def _weighted(design: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return design.T @ (design * weights[:, None])


def _newton_step(information: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    eigenvalues, vectors = np.linalg.eigh(information)
    return vectors @ ((vectors.T @ gradient) / np.maximum(eigenvalues, FLOOR * eigenvalues[-1]))


def _climb(y: np.ndarray, design: np.ndarray, link: Link) -> tuple[np.ndarray, float]:
    """Return the coefficients (k,) at the top, or as far as the search got, and the Newton decrement there."""
    theta = np.zeros(design.shape[1])
    # The constant of the mean outcome.
    theta[-1] = _index_of(y.mean(), link)
    value, slope, curvature = _likelihood(y, design @ theta, link)
    last = np.inf
    for _ in range(STEPS):
        gradient = design.T @ slope
        step = _newton_step(_weighted(design, curvature), gradient)
        decrement = float(gradient @ step)
        near = decrement < NEAR * max(1.0, abs(value))
        if decrement < DONE or (near and decrement >= last):
            break
        reached = _likelihood(y, design @ (theta + step), link)
        while not near and not reached[0] > value and np.abs(step).max() > SHORTEST:
            step = step / 2
            reached = _likelihood(y, design @ (theta + step), link)
        if not near and not reached[0] > value:
            break
        theta, (value, slope, curvature) = theta + step, reached
        last = decrement if near else np.inf
    return theta, decrement


def _index_of(mean: float, link: Link) -> float:
    """Return the index of a mean strictly between 0 and 1, by bisection."""
    low, high = -40.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if link.mean(np.array([middle]))[0][0] < mean else (low, middle)
    return low


def _adjusted(y: np.ndarray, design: np.ndarray, link: str, back: np.ndarray) -> Fit:
    """Return the estimate without bias of the first order (Firth 1993, Biometrika 80: 27-38), finite also where outcomes are separated.

    Adjusted scores of Kosmidis and Firth (2009, Biometrika 96: 793-804, section 4.3): half of each row's leverage times d'/d of
    its mean is added to the score; for logit that is the score of the likelihood with Jeffreys' prior.
    """
    theta = np.zeros(design.shape[1])
    theta[-1] = _index_of((y.sum() + 0.5) / (len(y) + 1), LINKS[link])
    theta, now = _scoring(theta, y, design, link)
    if not now.distance < ADJUSTED:
        # With regressors far from all others Fisher scoring turns around the end; Powell's hybrid method does not.
        theta = root(lambda point: _adjusted_at(point, y, design, link).gradient, theta, tol=1e-15).x
        now = _adjusted_at(theta, y, design, link)
    if not now.distance < CONVERGED:
        raise NotIdentified("CONVERGENCE", "penalty=firth: the search did not end; regressors far from all others may be the cause")
    index = design @ theta
    slope = _likelihood(y, index, LINKS[link])[1]
    return Fit(theta, index, design, design * slope[:, None], now.information, back)


def _scoring(theta: np.ndarray, y: np.ndarray, design: np.ndarray, link: str) -> tuple[np.ndarray, Adjusted]:
    """Return where Fisher scoring ends: uphill in the likelihood with its prior, or with other links ever nearer to a score of zero."""
    now = _adjusted_at(theta, y, design, link)
    for _ in range(STEPS):
        if now.distance < ADJUSTED:
            break
        near, step = now.distance < NEAR, now.step
        reached = _adjusted_at(theta + step, y, design, link)
        while not reached.better(now, near) and np.abs(step).max() > SHORTEST:
            step = step / 2
            reached = _adjusted_at(theta + step, y, design, link)
        if not reached.better(now, near):
            break
        theta, now = theta + step, reached
    return theta, now


@dataclass(frozen=True)
class Adjusted:
    """At one point: adjusted score (k,), expected information (k, k), step of Fisher scoring (k,), its squared length in standard
    errors, and what a step must raise."""

    gradient: np.ndarray
    information: np.ndarray
    step: np.ndarray
    distance: float
    merit: float

    def better(self, before: Adjusted, near: bool) -> bool:
        return self.distance < before.distance if near else self.merit > before.merit


def _adjusted_at(theta: np.ndarray, y: np.ndarray, design: np.ndarray, link: str) -> Adjusted:
    index = design @ theta
    logs, (_, slope, bend) = LINKS[link].logs(index), LINKS[link].mean(index)
    weights = slope**2 * np.exp(-logs[0, 0] - logs[1, 0])
    information = _weighted(design, weights)
    sign, log_determinant = np.linalg.slogdet(information) if np.isfinite(information).all() else (0, -np.inf)
    if sign <= 0:
        return Adjusted(np.full_like(theta, np.nan), information, np.zeros_like(theta), np.inf, -np.inf)
    inverse = np.linalg.inv(information)
    value, score, _ = _likelihood(y, index, LINKS[link])
    leverage = weights * np.einsum("ij,jk,ik->i", design, inverse, design)
    gradient = design.T @ (score + leverage * bend / 2)
    distance = float(gradient @ inverse @ gradient)
    return Adjusted(gradient, information, inverse @ gradient, distance, value + log_determinant / 2 if link == "logit" else -distance)
