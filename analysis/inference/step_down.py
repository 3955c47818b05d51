"""Many outcomes at once: step-down p-values, by the largest statistic or by the smallest p-value.

Romano and Wolf (2005, Econometrica 73: 1237-1282; 2016, Statistics and Probability Letters 113: 38-40) and Westfall and Young (1993,
Resampling-Based Multiple Testing). The two agree where the null distributions of all statistics are alike. Where one outcome's
statistic spreads wider than the others', the largest of all is mostly its own: the first is then harder on the others than the second.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from analysis.core.estimates import NotIdentified


def romano_wolf(statistics: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Return adjusted p-values (hypotheses,) of |t| `statistics` (hypotheses,) from their joint null `draws` (draws, hypotheses).

    The largest statistic is compared with the largest of all draws, the next with the largest of those that remain
    (2016, section 4, algorithm 3.1); adjusted p-values never fall along the way. Raises NotIdentified without draws, or where a
    statistic is missing: it would count as never exceeded.
    """
    statistics, draws = _sizes(statistics, draws)
    order = np.argsort(-statistics, kind="stable")
    # remaining[:, i]: the largest draw among the i-th largest statistic and those below it.
    remaining = np.maximum.accumulate(draws[:, order][:, ::-1], axis=1)[:, ::-1]
    exceeding = (remaining >= statistics[order][None, :] * (1 - 1e-9)).sum(0)
    stepped = np.maximum.accumulate((1 + exceeding) / (1 + len(draws)))
    adjusted = np.empty(len(statistics))
    adjusted[order] = stepped
    return adjusted


def westfall_young(statistics: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Return adjusted p-values (hypotheses,) of |t| `statistics` (hypotheses,) from their joint null `draws` (draws, hypotheses).

    Every draw has a p-value per hypothesis, its rank among all draws and the actual statistic; the smallest actual p-value is compared
    with the smallest of each draw, the next with the smallest of those that remain (Ge, Dudoit and Speed 2003, Test 12: 1-77, box 4).
    The smallest possible p-value is 1 / (1 + draws) before the adjustment, so that few draws make it coarse. Raises as `romano_wolf`.
    """
    statistics, draws = _sizes(statistics, draws)
    # A difference that is rounding is none: a draw that is the actual assignment must count as large.
    together = np.vstack([statistics, np.where(np.isclose(draws, statistics, rtol=1e-9, atol=0), statistics, draws)])
    p_values = rankdata(-together, method="max", axis=0) / len(together)
    order = np.argsort(p_values[0], kind="stable")
    remaining = np.minimum.accumulate(p_values[:, order][:, ::-1], axis=1)[:, ::-1]
    stepped = np.maximum.accumulate((remaining <= p_values[0, order]).mean(0))
    adjusted = np.empty(len(statistics))
    adjusted[order] = stepped
    return adjusted


def _sizes(statistics: np.ndarray, draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both without sign; raise NotIdentified without draws, or where a statistic is missing."""
    if not len(draws):
        raise NotIdentified("DRAWS", "no draw has a statistic for every outcome: no p-value can be adjusted")
    if np.isnan(statistics).any() or np.isnan(draws).any():
        raise NotIdentified("SUPPORT", "a statistic does not exist: there is nothing to rank")
    return np.abs(statistics), np.abs(draws)
