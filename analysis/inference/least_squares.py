"""Least squares and two-stage least squares with absorbed effects, and every variance the project prints.

One declared small-sample convention, that of R's fixest: N/(N-K) for heteroskedasticity, (N-1)/(N-K) G/(G-1) for
clusters, where an effect nested in the clusters counts once in K and another its levels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.estimates import NotIdentified
from analysis.inference.absorb import Absorber, absorbed, nested
from analysis.inference.cluster import cluster_sums, jackknife, need_two, two_way_meat

# Levels of effects that are not nested in clusters become dummies when clusters are left out; more would be slow.
DUMMIES = 600


@dataclass(frozen=True)
class Design:
    """Outcome (rows,), regressors (rows, k) with `names`, and codes of `effects` (rows, e), `clusters`, `time`; `weights` or None."""

    outcome: np.ndarray
    regressors: np.ndarray
    names: tuple[str, ...]
    effects: np.ndarray
    clusters: tuple[np.ndarray, ...] = ()
    time: np.ndarray | None = None
    weights: np.ndarray | None = None
    instruments: np.ndarray | None = None


@dataclass(frozen=True)
class Fit:
    """Coefficients (k,), covariance (k, k), residuals (rows,), net regressors (rows, k), t degrees, name of the inference."""

    coefficients: np.ndarray
    covariance: np.ndarray
    residuals: np.ndarray
    regressors: np.ndarray
    outcome: np.ndarray
    degrees: float
    inference: str
    n_clusters: int | None

    @property
    def errors(self) -> np.ndarray:
        return np.sqrt(np.diag(self.covariance))


def fit(design: Design, covariance: str = "default", lags: int = -1, two_way: str = "min") -> Fit:
    """Return the regression. `covariance`: default (clustered where clusters are named, else hc1), cluster, cr3, unadjusted,
    hc1, hc3, driscoll_kraay.

    Raises NotIdentified when a regressor vanishes within the effects or is a combination of others.
    """
    if covariance == "default":
        covariance = "cluster" if design.clusters else "hc1"
    if covariance in ("cluster", "cr3") and not design.clusters:
        raise ValueError(f"covariance={covariance} needs --cluster")
    root = None if design.weights is None else np.sqrt(design.weights)[:, None]
    absorber = Absorber(design.effects, design.weights)
    columns = [design.outcome[:, None], design.regressors] + ([] if design.instruments is None else [design.instruments])
    net = absorber.residualize(np.column_stack(columns))
    net = net if root is None else net * root
    k = design.regressors.shape[1]
    y, x, z = net[:, 0], net[:, 1 : k + 1], net[:, k + 1 :]
    _check_rank(x, design.regressors if root is None else design.regressors * root, design.names)
    stage = x if design.instruments is None else z @ np.linalg.lstsq(z, x, rcond=None)[0]
    bread = np.linalg.inv(stage.T @ stage)
    beta = bread @ (stage.T @ y)
    residuals = y - x @ beta
    n_parameters, degrees, n_clusters = _degrees(design, covariance, k)
    if len(y) <= n_parameters:
        raise NotIdentified("SUPPORT", f"{len(y)} observations for {n_parameters} parameters")
    if covariance == "cr3":
        variance = _leave_clusters_out(design, root, k)
    else:
        meat = _meat(design, stage, residuals, covariance, absorber, bread, n_parameters, lags, two_way)
        variance = bread @ meat @ bread
    return Fit(beta, variance, residuals, x, y, degrees, _label(covariance, design), n_clusters)


def _label(covariance: str, design: Design) -> str:
    return "two_way_cluster" if covariance == "cluster" and len(design.clusters) == 2 else covariance


def _check_rank(net: np.ndarray, raw: np.ndarray, names: tuple[str, ...]) -> None:
    scale = np.maximum(np.sqrt((raw**2).sum(0)), 1e-300)
    left = np.sqrt((net**2).sum(0)) / scale
    gone = [name for name, share in zip(names, left, strict=True) if share < 1e-9]
    if gone:
        raise NotIdentified("SINGULAR", f"no variation left in {', '.join(gone)} once the fixed effects are out")
    unit = net / np.sqrt((net**2).sum(0))
    if np.linalg.eigvalsh(unit.T @ unit).min() < 1e-11:
        raise NotIdentified("SINGULAR", f"the regressors are collinear: {', '.join(names)}")


def _degrees(design: Design, covariance: str, k: int) -> tuple[int, float, int | None]:
    """Return K, the degrees of freedom of t, and the number of clusters."""
    n = len(design.outcome)
    if covariance in ("cluster", "cr3"):
        inner = [any(e is c or nested(e, c) for c in design.clusters) for e in design.effects.T]
        outer = [e for e, held in zip(design.effects.T, inner, strict=True) if not held]
        count = sum(inner) + sum(n_levels(e) for e in outer) - max(design.effects.shape[1] - 1, 0)
        n_clusters = min(need_two(c) for c in design.clusters)
        return k + count, n_clusters - 1, n_clusters
    count = absorbed(design.effects, None)
    if covariance == "driscoll_kraay":
        periods = n_levels(design.time)
        return k + absorbed(design.effects, design.time), periods - 1, periods
    return k + count, n - k - count, None


def n_levels(codes: np.ndarray) -> int:
    return int(np.count_nonzero(np.bincount(codes)))


def _meat(design, stage, residuals, covariance, absorber, bread, n_parameters, lags, two_way) -> np.ndarray:
    n = len(residuals)
    scores = stage * residuals[:, None]
    if covariance == "unadjusted":
        return residuals @ residuals / (n - n_parameters) * stage.T @ stage
    if covariance == "hc1":
        return n / (n - n_parameters) * scores.T @ scores
    if covariance == "hc3":
        leverage = absorber.leverage() + np.einsum("ij,jk,ik->i", stage, bread, stage)
        # A singleton has leverage one and a residual of zero: it says nothing.
        scaled = np.divide(scores, (1 - leverage)[:, None], out=np.zeros_like(scores), where=(1 - leverage > 1e-9)[:, None])
        return scaled.T @ scaled
    factor = (n - 1) / (n - n_parameters)
    if covariance == "driscoll_kraay":
        return factor * _kernel(cluster_sums(scores, design.time), lags)
    if len(design.clusters) == 2:
        return factor * two_way_meat(scores, *design.clusters, own_factors=two_way == "own")
    by_cluster = cluster_sums(scores, design.clusters[0])
    return factor * len(by_cluster) / (len(by_cluster) - 1) * by_cluster.T @ by_cluster


def _kernel(by_period: np.ndarray, lags: int) -> np.ndarray:
    """Return the Bartlett-weighted meat of sums by period (Driscoll and Kraay 1998, REStat 80: 549-560, equation 8)."""
    periods = len(by_period)
    lags = int(periods**0.25) if lags < 0 else lags
    meat = by_period.T @ by_period
    for lag in range(1, min(lags, periods - 1) + 1):
        cross = by_period[lag:].T @ by_period[:-lag]
        meat = meat + (1 - lag / (lags + 1)) * (cross + cross.T)
    return periods / (periods - 1) * meat


def _leave_clusters_out(design: Design, root: np.ndarray | None, k: int) -> np.ndarray:
    if design.instruments is not None or len(design.clusters) != 1:
        raise ValueError("covariance=cr3 is for least squares with one cluster variable")
    inner = [nested(e, design.clusters[0]) for e in design.effects.T]
    dummies = [np.ones(len(design.outcome))[:, None]] if inner and not any(inner) else []
    for effect in design.effects.T[[not i for i in inner]] if len(inner) else []:
        levels = np.unique(effect)[1:]
        if len(levels) > DUMMIES:
            raise NotIdentified("SIZE", f"CR3 needs a dummy for each of {len(levels)} levels of an effect not nested in clusters")
        dummies.append((effect[:, None] == levels).astype(float))
    columns = np.column_stack([design.outcome[:, None], design.regressors, *dummies])
    kept = design.effects[:, [i for i, held in enumerate(inner) if held]]
    net = Absorber(kept, design.weights).residualize(columns)
    net = net if root is None else net * root
    useful = np.r_[np.ones(k, bool), np.sqrt((net[:, k + 1 :] ** 2).sum(0)) > 1e-9]
    return jackknife(net[:, 1:][:, useful], net[:, 0], design.clusters[0])[:k, :k]
