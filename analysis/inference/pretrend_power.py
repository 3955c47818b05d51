"""What a test of pre-treatment coefficients would have missed (Roth 2022, AER: Insights 4: 305-322)."""

from __future__ import annotations

from functools import cache

import numpy as np

from analysis.core.distributions import normal_quantile
from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified, parameter, refused

# Least eigenvalue of a correlation matrix below which it counts as singular.
SINGULAR = 1e-10
# Points of the cube, a power of two.
POINTS = 2**14


def detection(slope: float, event_time: np.ndarray, covariance: np.ndarray, level: float = 0.05) -> float:
    """Return the probability that some pre-treatment coefficient is significant when the true trend is `slope` a period.

    `event_time` (k,) of the coefficients before treatment, relative to -1; `covariance` (k, k). Each is tested alone at
    `level`, as papers do (section I.C); the probability is one less that of the box in which none is. Genz (1992, J.
    Computational and Graphical Statistics 1: 141-149) on fixed scrambled Sobol points: the same number in every call, within
    5e-5 for nine coefficients and 5e-4 for twenty.
    """
    errors = np.sqrt(np.diag(covariance))
    mean = slope * (event_time + 1.0) / errors
    return float(1 - _box(mean, np.linalg.cholesky(covariance / np.outer(errors, errors)), normal_quantile(1 - level / 2)))


def _box(mean: np.ndarray, root: np.ndarray, reach: float) -> float:
    """Return the probability that all of normal variables (k,), covariance root @ root.T, lie within `reach` of zero."""
    from scipy.special import ndtr, ndtri  # only here is it needed; every job would wait for it

    points = _points(len(mean))
    drawn, inside = np.zeros_like(points), np.ones(len(points))
    for i, scale in enumerate(np.diag(root)):
        centre = mean[i] + drawn[:, :i] @ root[i, :i]
        low, high = ndtr((-reach - centre) / scale), ndtr((reach - centre) / scale)
        inside *= high - low
        drawn[:, i] = ndtri(np.clip(low + points[:, i] * (high - low), 1e-300, 1 - 1e-16))
    return float(inside.mean())


@cache
def _points(k: int) -> np.ndarray:
    """Return the points (POINTS, k) of the unit cube at which a probability of k variables is integrated."""
    from scipy.stats import qmc

    return qmc.Sobol(k, rng=0).random(POINTS)


def slope_for_power(event_time: np.ndarray, covariance: np.ndarray, power: float = 0.5) -> float:
    """Return the linear trend (a period) that the pre-test finds with probability `power`.

    Raises BadOption for a `power` that is no probability, NotIdentified for one that the test reaches without any trend.
    """
    from scipy import optimize

    if not 0 < power < 1:
        raise BadOption(f"option pretrend_power is {power:g}; it must lie between 0 and 1", "pretrend_power", power, "between 0 and 1")
    idle = detection(0.0, event_time, covariance)
    if idle >= power:
        raise NotIdentified(
            "PRE", f"without any trend the test of {len(event_time)} coefficients already rejects with probability {idle:.3g}"
        )
    scale = float(np.sqrt(np.diag(covariance)).min())
    unit = covariance / scale**2
    high = 1.0
    while detection(high, event_time, unit) < power:
        high *= 2
    return scale * float(optimize.brentq(lambda s: detection(s, event_time, unit) - power, 0.0, high, xtol=1e-6))


def power_row(event_time: np.ndarray, covariance: np.ndarray, power: float, counts: dict) -> dict:
    """Return the row 'pretrend_slope': the linear trend per period that tests of each early coefficient find with probability `power`.

    `event_time` (k,) and `covariance` (k, k) of all event coefficients; those before -1 are tested.
    """
    before = event_time < -1
    name = f"pretrend_power_{power:g}"
    own = covariance[np.ix_(before, before)]
    if why := _unusable(own):
        return refused("pretrend_slope", "PRE", why, name)
    try:
        slope = slope_for_power(event_time[before], own, power)
    except NotIdentified as error:
        return refused("pretrend_slope", error.code, str(error), name)
    return parameter("pretrend_slope", slope, inference=name, **counts)


def _unusable(covariance: np.ndarray) -> str:
    """Return why the coefficients before treatment (covariance (k, k)) cannot be tested together; empty where they can."""
    if not len(covariance):
        return "there is no coefficient before treatment besides the reference"
    variances = np.diag(covariance)
    if not np.isfinite(covariance).all() or variances.min() <= 1e-20 * variances.max() or variances.max() == 0:
        return "coefficients before treatment have no variance"
    least = np.linalg.eigvalsh(covariance / np.sqrt(np.outer(variances, variances)))[0]
    if least <= SINGULAR:
        return f"the covariance of the {len(covariance)} coefficients before treatment is singular (as with no more clusters than coefficients)"
    return ""
