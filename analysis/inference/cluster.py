"""The one layer for cluster-robust variances (CR1, CR3, two-way; Cameron and Miller 2015, J. Human Resources 50: 317-372)."""

from __future__ import annotations

import numpy as np

from analysis.estimates import NotIdentified
from analysis.inference.absorb import sums


def need_two(clusters: np.ndarray) -> int:
    """Return the number of clusters among the codes (rows,); raise NotIdentified when there is but one."""
    count = len(np.unique(clusters))
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


def two_way_meat(scores: np.ndarray, first: np.ndarray, second: np.ndarray, own_factors: bool) -> np.ndarray:
    """Return the meat of two-way clustering (Cameron, Gelbach and Miller 2011, JBES 29: 238-249, equation 2.13), with G/(G-1).

    `own_factors`: each part its own number of clusters; otherwise the smaller of the two for all (fixest). Negative
    eigenvalues, which the subtraction can leave, are set to zero (their section 2.3).
    """
    parts = [cluster_sums(scores, codes) for codes in (first, second, intersection(first, second))]
    sizes = [len(part) for part in parts]
    counts = sizes if own_factors else [min(sizes[:2])] * 3
    first_meat, second_meat, both = (g / (g - 1) * part.T @ part for g, part in zip(counts, parts, strict=True))
    meat = first_meat + second_meat - both
    values, vectors = np.linalg.eigh(meat)
    return meat if values.min() >= 0 else vectors @ np.diag(np.maximum(values, 0)) @ vectors.T


def jackknife(regressors: np.ndarray, outcome: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Return the CR3 covariance: each cluster left out in turn (MacKinnon, Nielsen and Webb 2023, J. Applied Econometrics 38, equation 8).

    Every regressor must be explicit or swept out within clusters. A coefficient that a cluster alone identifies makes
    its row and column NaN.
    """
    order = np.argsort(clusters, kind="stable")
    bounds = np.flatnonzero(np.diff(clusters[order])) + 1
    groups = np.split(order, bounds)
    full = regressors.T @ regressors
    moment = regressors.T @ outcome
    beta = np.linalg.solve(full, moment)
    spread = np.zeros_like(full)
    for group in groups:
        part, side = regressors[group], outcome[group]
        left = full - part.T @ part
        if np.linalg.matrix_rank(left, tol=1e-9 * np.abs(np.diag(full)).max()) < len(left):
            lost = np.abs(np.diag(left)) < 1e-9 * np.diag(full)
            change = np.linalg.pinv(left, hermitian=True) @ (moment - part.T @ side) - beta
            change[lost if lost.any() else slice(None)] = np.nan
        else:
            change = np.linalg.solve(left, moment - part.T @ side) - beta
        spread += np.outer(change, change)
    return (len(groups) - 1) / len(groups) * spread
