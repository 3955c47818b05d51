"""Weighted log-rank statistics of groups of spells (Mantel 1966; Peto and Peto 1972, JRSS A 135: 185-207)."""

from __future__ import annotations

import numpy as np

from analysis.inference.product_limit import number_at_risk


def log_rank(stop: np.ndarray, ended: np.ndarray, groups: np.ndarray, entry: np.ndarray | None, weights: str) -> tuple[float, int]:
    """Return the chi-squared statistic and its degrees of freedom, one less than the groups that are ever at risk when a spell ends.

    `stop` (rows,), `ended` (rows,) boolean, `groups` (rows,) codes from 0, `entry` (rows,) or None; a spell is at risk in
    (entry, stop]. `weights`: none, wilcoxon (number at risk) or peto (their modified survival). Zero degrees: no comparison.
    """
    times, position = np.unique(stop[ended], return_inverse=True)
    size = groups.max() + 1
    cell = position * size + groups[ended]
    ends = np.bincount(cell, minlength=len(times) * size).reshape(len(times), size)
    at_risk = np.column_stack(
        [number_at_risk(times, stop[groups == g], None if entry is None else entry[groups == g]) for g in range(size)]
    )
    total, dead = at_risk.sum(1), ends.sum(1)
    weight = np.ones(len(times))
    if weights == "wilcoxon":
        weight = total / total.max()
    elif weights == "peto":
        weight = np.cumprod(1 - dead / (total + 1))
    share = at_risk / total[:, None]
    gap = weight @ (ends - share * dead[:, None])
    # Hypergeometric: given the margins at each time.
    factor = weight**2 * dead * (total - dead) / np.maximum(total - 1, 1)
    variance = np.diag(factor @ share) - share.T @ (share * factor[:, None])
    return chi_squared_of(gap, variance)


def chi_squared_of(gap: np.ndarray, variance: np.ndarray) -> tuple[float, int]:
    """Return the quadratic form of differences (groups,) that add to zero, and its degrees of freedom.

    Groups without variance were never at risk beside another one: they say nothing, and count for nothing.
    """
    seen = np.flatnonzero(np.diag(variance) > 1e-12 * np.diag(variance).max(initial=0.0))
    if len(seen) < 2:
        return 0.0, 0
    inner = seen[:-1]
    return float(gap[inner] @ np.linalg.solve(variance[np.ix_(inner, inner)], gap[inner])), len(inner)
