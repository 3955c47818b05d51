"""The one layer for cluster-robust variances (CR1; Cameron and Miller 2015, J. Human Resources 50: 317-372)."""

from __future__ import annotations

import numpy as np


def cr1_factor(n_obs: int, n_clusters: int, n_parameters: int) -> float:
    """Return G/(G-1) x (N-1)/(N-K)."""
    return n_clusters / (n_clusters - 1) * (n_obs - 1) / (n_obs - n_parameters)


def cluster_sums(scores: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Return sums of `scores` (rows, k) by cluster, shape (clusters, k)."""
    codes = np.unique(clusters, return_inverse=True)[1]
    return np.column_stack([np.bincount(codes, column) for column in scores.T])


def covariance(regressors: np.ndarray, residuals: np.ndarray, clusters: np.ndarray, n_parameters: int) -> np.ndarray:
    """Return the CR1 covariance (k, k) of least squares on `regressors` (rows, k), net of fixed effects."""
    bread = np.linalg.inv(regressors.T @ regressors)
    sums = cluster_sums(regressors * residuals[:, None], clusters)
    return cr1_factor(len(residuals), len(sums), n_parameters) * bread @ (sums.T @ sums) @ bread
