"""Many outcomes at once: step-down p-values (Romano and Wolf 2005, Econometrica 73: 1237-1282; 2016, Statistics and Probability Letters 113: 38-40)."""

from __future__ import annotations

import numpy as np

from analysis.core.estimates import NotIdentified


def romano_wolf(statistics: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Return adjusted p-values (hypotheses,) of |t| `statistics` (hypotheses,) from their joint null `draws` (draws, hypotheses).

    The largest statistic is compared with the largest of all draws, the next with the largest of those that remain
    (2016, section 4, algorithm 3.1); adjusted p-values never fall along the way. Raises NotIdentified without draws, or where a
    statistic is missing: it would count as never exceeded.
    """
    if not len(draws):
        raise NotIdentified("DRAWS", "no draw has a statistic for every outcome: no p-value can be adjusted")
    if np.isnan(statistics).any() or np.isnan(draws).any():
        raise NotIdentified("SUPPORT", "a statistic does not exist: there is nothing to rank")
    statistics, draws = np.abs(statistics), np.abs(draws)
    order = np.argsort(-statistics, kind="stable")
    # remaining[:, i]: the largest draw among the i-th largest statistic and those below it.
    remaining = np.maximum.accumulate(draws[:, order][:, ::-1], axis=1)[:, ::-1]
    exceeding = (remaining >= statistics[order][None, :] * (1 - 1e-9)).sum(0)
    stepped = np.maximum.accumulate((1 + exceeding) / (1 + len(draws)))
    adjusted = np.empty(len(statistics))
    adjusted[order] = stepped
    return adjusted
