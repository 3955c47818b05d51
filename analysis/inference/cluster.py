"""The one layer for cluster-robust variances (CR1, CR3, two-way; Cameron and Miller 2015, J. Human Resources 50: 317-372)."""

from __future__ import annotations

import numpy as np

from analysis.core.estimates import NotIdentified
from analysis.inference.absorb import sums

ROUNDING = 1e-10  # share of the largest eigenvalue below which a negative one is rounding error
INDEFINITE = (
    "INDEFINITE: the two-way variance has negative eigenvalues, set to zero (Cameron, Gelbach and Miller 2011), and may be too small"
)


def need_two(clusters: np.ndarray) -> int:
    """Return the number of clusters among the codes (rows,); raise NotIdentified when there is but one."""
    count = int(np.count_nonzero(np.bincount(clusters))) if clusters.dtype == np.int64 and clusters.min() >= 0 else len(np.unique(clusters))
    if count < 2:
        raise NotIdentified("CLUSTERS", "fewer than two clusters: no variance by clusters exists")
    return count


def effective_degrees(clusters: np.ndarray) -> float:
    """Return the inverse Herfindahl of units (their cluster codes) over clusters, less one, at least one.

    A few large clusters say less than their number (Carter, Schnepel and Steigerwald 2017, REStat 99: 698-709).
    """
    share = np.unique(clusters, return_counts=True)[1] / len(clusters)
    return max(float(1 / (share**2).sum()) - 1, 1.0)


def cr1_factor(n_obs: int, n_clusters: int, n_parameters: int) -> float:
    """Return G/(G-1) x (N-1)/(N-K)."""
    return n_clusters / (n_clusters - 1) * (n_obs - 1) / (n_obs - n_parameters)


def cluster_sums(scores: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Return sums of `scores` (rows, k) by cluster, shape (clusters, k)."""
    codes = clusters if np.issubdtype(clusters.dtype, np.integer) and clusters.min() == 0 else np.unique(clusters, return_inverse=True)[1]
    size = np.bincount(codes)
    found = sums(scores, codes, len(size))
    return found if size.all() else found[size > 0]


def covariance(regressors: np.ndarray, residuals: np.ndarray, clusters: np.ndarray, n_parameters: int) -> np.ndarray:
    """Return the CR1 covariance (k, k) of least squares on `regressors` (rows, k), net of fixed effects."""
    bread = np.linalg.inv(regressors.T @ regressors)
    by_cluster = cluster_sums(regressors * residuals[:, None], clusters)
    return cr1_factor(len(residuals), len(by_cluster), n_parameters) * bread @ (by_cluster.T @ by_cluster) @ bread


def intersection(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return codes of the pairs of two codes."""
    return np.unique(first.astype(np.int64) * (int(second.max()) + 1) + second, return_inverse=True)[1]


def two_way(
    scores: np.ndarray, first: np.ndarray, second: np.ndarray, root: np.ndarray, outer: np.ndarray, own_factors: bool
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the two-way clustered covariance (k, k) and a note (k,) for each coefficient, empty where nothing is to be said.

    `scores` (rows, k) are of regressors whose products have the inverse root root'; `outer` (k, k) is root, or root as the
    coefficients that are asked for combine the regressors' own. With G/(G-1), of which G is for each part its own number of
    clusters (`own_factors`), or the smaller of the two for all (fixest).
    Source: Cameron, Gelbach and Miller (2011, JBES 29: 238-249, equation 2.13; section 2.3 for what `_repaired` does).
    """
    parts = [cluster_sums(scores, codes) @ root for codes in (first, second, intersection(first, second))]
    sizes = [len(part) for part in parts]
    counts = sizes if own_factors else [min(sizes[:2])] * 3
    meats = [g / (g - 1) * part.T @ part for g, part in zip(counts, parts, strict=True)]
    meat, negative = _repaired(meats[0] + meats[1] - meats[2])
    alone = [np.sqrt(np.diag(outer @ part @ outer.T)) for part in meats[:2]]
    notes = [
        f"{INDEFINITE}; by the first cluster variable alone the error is {a:.3g}, by the second {b:.3g}"
        for a, b in zip(*alone, strict=True)
    ]
    return outer @ meat @ outer.T, tuple(notes) if negative else ("",) * len(outer)


def _repaired(meat: np.ndarray) -> tuple[np.ndarray, bool]:
    """Return `meat` (k, k), of orthonormal regressors, with negative eigenvalues set to zero, and whether any was negative.

    Eigenvalues depend on units. Where regressors are orthonormal, it makes no difference how they were scaled, shifted or coded.
    """
    values, vectors = np.linalg.eigh(meat)
    if values[0] >= 0:
        return meat, False
    return (vectors * np.maximum(values, 0.0)) @ vectors.T, bool(values[0] < -ROUNDING * np.abs(values).max())


def jackknife(regressors: np.ndarray, outcome: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Return the CR3 covariance: each cluster left out in turn (MacKinnon, Nielsen and Webb 2023, J. Applied Econometrics 38, equation 8).

    Every regressor must be explicit or swept out within clusters. A coefficient that a cluster alone identifies makes
    its row and column NaN.
    """
    order = np.argsort(clusters, kind="stable")
    bounds = np.flatnonzero(np.diff(clusters[order])) + 1
    groups = np.split(order, bounds)
    length = np.sqrt((regressors**2).sum(0))
    regressors = regressors / length  # whether a cluster is needed must not depend on units
    full = regressors.T @ regressors
    moment = regressors.T @ outcome
    beta = np.linalg.solve(full, moment)
    spread = np.zeros_like(full)
    for group in groups:
        part, side = regressors[group], outcome[group]
        left = full - part.T @ part
        if np.linalg.matrix_rank(left, tol=1e-9) < len(left):
            lost = np.abs(np.diag(left)) < 1e-9
            change = np.linalg.pinv(left, hermitian=True) @ (moment - part.T @ side) - beta
            change[lost if lost.any() else slice(None)] = np.nan
        else:
            change = np.linalg.solve(left, moment - part.T @ side) - beta
        spread += np.outer(change, change)
    return (len(groups) - 1) / len(groups) * spread / np.outer(length, length)
