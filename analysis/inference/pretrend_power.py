"""What a test of pre-treatment coefficients would have missed (Roth 2022, AER: Insights 4: 305-322)."""

from __future__ import annotations

import numpy as np

from analysis.estimates import parameter, refused
from analysis.inference.distributions import normal_quantile


def detection(slope: float, event_time: np.ndarray, covariance: np.ndarray, level: float = 0.05) -> float:
    """Return the probability that some pre-treatment coefficient is significant when the true trend is `slope` a period.

    `event_time` (k,) of the coefficients before treatment, relative to -1; `covariance` (k, k). Each is tested alone at
    `level`, as papers do (section I.C); the probability is one less that of the box in which none is.
    """
    from scipy import stats  # only here is all of it needed; every job would wait for it

    reach = normal_quantile(1 - level / 2) * np.sqrt(np.diag(covariance))
    mean = slope * (event_time + 1.0)
    box = stats.multivariate_normal(mean, covariance, allow_singular=True, seed=0, abseps=1e-8, releps=1e-8, maxpts=2_000_000 * len(mean))
    return float(1 - box.cdf(reach, lower_limit=-reach))


def slope_for_power(event_time: np.ndarray, covariance: np.ndarray, power: float = 0.5) -> float:
    """Return the linear trend (a period) that the pre-test finds with probability `power`."""
    from scipy import optimize

    scale = float(np.sqrt(np.diag(covariance)).min())
    high = scale
    while detection(high, event_time, covariance) < power:
        high *= 2
    return float(optimize.brentq(lambda s: detection(s, event_time, covariance) - power, 0.0, high, xtol=scale * 1e-6))


def power_row(event_time: np.ndarray, covariance: np.ndarray, power: float, counts: dict) -> dict:
    """Return the row 'pretrend_slope': the linear trend a period that tests of each early coefficient find with probability `power`.

    `event_time` (k,) and `covariance` (k, k) of all event coefficients; those before -1 are tested.
    """
    before = event_time < -1
    name = f"pretrend_power_{power:g}"
    if not before.any() or np.linalg.eigvalsh(covariance[np.ix_(before, before)]).min() <= 0:
        return refused("pretrend_slope", "PRE", "no usable coefficients before treatment", name)
    slope = slope_for_power(event_time[before], covariance[np.ix_(before, before)], power)
    return parameter("pretrend_slope", slope, inference=name, **counts)
