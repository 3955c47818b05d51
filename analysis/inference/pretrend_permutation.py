"""One test of all effects before treatment by permuted cohorts, and the drift that it would detect.

The statistic is the largest t-ratio over event times before treatment; its distribution comes from the same permutations as
that of the effect after it. A test that finds nothing says little where it could have found little (Roth 2022, American Economic
Review: Insights 4: 305-322), so that the slope of a linear differential trend that it detects with probability 0.80 goes with it.
Under a permuted assignment whose treated units drift by `slope` a period, the estimate of event time e moves by `slope` times its
distance from the base, and its standard error does not move.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

POWER, LEVEL = 0.80, 0.05
DOUBLINGS, HALVINGS = 60, 40


@dataclass(frozen=True)
class JointTest:
    """The largest t-ratio before treatment, its p-value over `draws` permutations, and the detectable slope (infinite for none)."""

    statistic: float
    p_value: float
    slope: float
    draws: int


def joint_test(distance: np.ndarray, actual: tuple[np.ndarray, np.ndarray], permuted: tuple[np.ndarray, np.ndarray]) -> JointTest | None:
    """Return the test of event times at `distance` (e,) periods from the base; None where no time or too few draws have a t-ratio.

    `actual` and `permuted` are estimates and standard errors, shapes (e,) and (draws, e).
    """
    estimates, errors = permuted
    observed = _largest(actual[0], actual[1])
    drawn = _largest(estimates, errors)
    kept = np.isfinite(drawn)
    if not len(distance) or not np.isfinite(observed) or kept.sum() < 2:
        return None
    drawn, estimates, errors = drawn[kept], estimates[kept], errors[kept]
    p_value = float((1 + np.sum(drawn >= observed * (1 - 1e-9))) / (1 + len(drawn)))
    critical = float(np.quantile(np.append(drawn, observed), 1 - LEVEL, method="higher"))

    def power(slope: float) -> float:
        return float(np.mean(_largest(estimates + slope * distance, errors) > critical))

    return JointTest(float(observed), p_value, _detectable(power, float(np.nanmedian(errors))), len(drawn))


def _largest(estimates: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Return the largest absolute t-ratio over the last axis, NaN where there is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(errors > 0, np.abs(estimates / errors), np.nan)
    return np.max(np.where(np.isnan(ratios), -np.inf, ratios), axis=-1, initial=-np.inf)


def _detectable(power: Callable[[float], float], scale: float) -> float:
    """Return the smallest slope with power POWER, by doubling and halving from `scale`."""
    high = scale
    for _ in range(DOUBLINGS):
        if power(high) >= POWER:
            break
        high *= 2
    else:
        return float("inf")
    low = 0.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if power(middle) >= POWER else (middle, high)
    return high
