"""Equality of cumulative incidence between groups (Gray 1988, Annals of Statistics 16: 1141-1154).

The log-rank test of one kind of end takes the others for censored, and so compares hazards; this one compares the
hazards of the subdistributions, and so how many end in this way.
"""

from __future__ import annotations

import numpy as np

from analysis.inference.log_rank import chi_squared_of
from analysis.inference.product_limit import number_at_risk


def gray_test(stop: np.ndarray, own: np.ndarray, other: np.ndarray, groups: np.ndarray, rho: float = 0.0) -> tuple[float, int]:
    """Return the chi-squared statistic and its degrees of freedom, one less than the groups.

    `stop` (rows,); `own` and `other` (rows,) boolean: ends of the kind compared and of all others; `groups` (rows,) codes
    from 0; `rho` weighs by the pooled share that has not yet ended so, to this power. Arrays below are (times, groups).
    """
    times = np.unique(stop[own | other])
    size = groups.max() + 1
    at_risk = np.column_stack([number_at_risk(times, stop[groups == g]) for g in range(size)]).astype(float)
    first, second = (_counts(times, stop[which], groups[which], size) for which in (own, other))
    there = at_risk > 0
    number = np.where(there, at_risk, 1.0)
    survival = np.cumprod(1 - (first + second) / number, axis=0)
    before = np.vstack([np.ones(size), survival[:-1]])
    incidence = np.cumsum(before * first / number, axis=0)
    incidence_before = np.vstack([np.zeros(size), incidence[:-1]])
    # A group's risk set with those put back who ended otherwise: h and R of the paper's section 2.
    held = np.where(there, at_risk / np.where(before > 0, before, 1.0), 0.0)
    exposed = held * (1 - incidence_before)
    deaths, everyone = first.sum(1), held.sum(1)
    pooled = np.cumsum(deaths / everyone)
    pooled_before = np.r_[0.0, pooled[:-1]]
    weight = (1 - pooled_before) ** rho
    gap = weight @ (first - deaths[:, None] * exposed / exposed.sum(1)[:, None])
    rate = deaths / (everyone * (1 - pooled_before))
    # Of an end in group k, the share of the variance, given ties: ends of the kind compared, then the other ends.
    left = np.where(survival > 0, (1 - pooled)[:, None] / np.where(survival > 0, survival, 1.0), 0.0)
    ties = 1 - np.maximum(deaths - 1, 0)[:, None] / np.maximum(everyone[:, None] * before - 1, 1e-300)
    compared = np.where(there, ties * before * deaths[:, None] / (everyone[:, None] * number), 0.0)
    ties = 1 - np.maximum(second - 1, 0) / np.maximum(at_risk - 1, 1)
    others = np.where(survival > 0, ties * (before / number) ** 2 * second, 0.0)
    variance = np.zeros((size, size))
    for k in range(size):
        # How an end in group k moves the statistic of each group (times, groups): at once, and through the curves later.
        moved = weight[:, None] * held[:, [k]] * ((np.arange(size) == k) - held / everyone[:, None])
        drift = np.cumsum(moved * rate[:, None], axis=0)
        later = drift[-1] - drift
        for whole, share in ((moved + (1 - left[:, [k]]) * later, compared[:, k]), (left[:, [k]] * later, others[:, k])):
            variance += whole.T @ (whole * share[:, None])
    return chi_squared_of(gap, variance)


def _counts(times: np.ndarray, stop: np.ndarray, groups: np.ndarray, size: int) -> np.ndarray:
    cell = np.searchsorted(times, stop) * size + groups
    return np.bincount(cell, minlength=len(times) * size).reshape(len(times), size).astype(float)
