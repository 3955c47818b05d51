"""Least squares on dummies of disjoint cells of rows (event times, or cohorts by event time), with absorbed effects.

The same estimate and CR1 errors as inference.least_squares with a column a cell, from tables by level
(inference.effect_tables). What tables do not give (other variances, other numbers of effects) is computed with columns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.estimates import NotIdentified
from analysis.inference.absorb import Absorber, absorbed, sums
from analysis.inference.cluster import cr1_factor, need_two
from analysis.inference.effect_tables import ClusterTables, Explained, dense, table
from analysis.inference.least_squares import Design, fit

# A regressor counts as explained by the effects when less than this share of its length is left, as in least_squares.
LEFT = 1e-9
# Cells are counted, so that what is left of a dummy is exact but for rounding of squares.
LEFT_OF_CELL = 1e-12
COLLINEAR = 1e-11
AT_ONCE = 4_000_000  # scores by cluster held at a time


@dataclass(frozen=True)
class CellFit:
    """Coefficients (cells + controls,), their covariance, degrees of t, name of the inference, number of clusters."""

    coefficients: np.ndarray
    covariance: np.ndarray
    degrees: float
    inference: str
    n_clusters: int | None

    @property
    def errors(self) -> np.ndarray:
        return np.sqrt(np.diag(self.covariance))


def fit_cells(
    design: Design, cell: np.ndarray, names: tuple[str, ...], covariance: str = "default", lags: int = -1, two_way: str = "min"
) -> CellFit:
    """Return the regression of the outcome on a dummy for each cell and the regressors of `design`.

    `cell` (rows,) holds codes 0, 1, .. of the cells that `names` names, -1 for rows of the reference; every cell has a row.
    Other arguments and refusals as in least_squares.fit.
    """
    if covariance == "default":
        covariance = "cluster" if design.clusters else "hc1"
    absorber = Absorber(design.effects, design.weights) if design.effects.shape[1] == 2 else None
    if covariance != "cluster" or len(design.clusters) != 1 or absorber is None or not absorber.solved or design.instruments is not None:
        return _by_columns(design, cell, names, covariance, lags, two_way)
    return _by_tables(design, absorber, cell, names)


def _by_columns(design: Design, cell: np.ndarray, names: tuple[str, ...], covariance: str, lags: int, two_way: str) -> CellFit:
    columns = np.empty((len(cell), len(names) + design.regressors.shape[1]), order="F")
    for code in range(len(names)):
        columns[:, code] = cell == code
    columns[:, len(names) :] = design.regressors
    result = fit(replace(design, regressors=columns, names=(*names, *design.names)), covariance, lags, two_way)
    return CellFit(result.coefficients, result.covariance, result.degrees, result.inference, result.n_clusters)


def _by_tables(design: Design, absorber: Absorber, cell: np.ndarray, names: tuple[str, ...]) -> CellFit:
    weights, clusters, k = design.weights, design.clusters[0], len(names)
    n_clusters = need_two(np.flatnonzero(np.bincount(clusters)))
    n_parameters = k + design.regressors.shape[1] + absorbed(design.effects, clusters)
    if len(cell) <= n_parameters:
        raise NotIdentified("SUPPORT", f"{len(cell)} observations for {n_parameters} parameters")
    net = absorber.residualize(np.column_stack([design.outcome, design.regressors]))
    spread = np.sqrt((net**2).sum(0))
    length = np.sqrt(((design.regressors - design.regressors.mean(0)) ** 2).sum(0))
    gone = [name for name, left, all_of_it in zip(design.names, spread[1:], length, strict=True) if not left > LEFT * all_of_it]
    if gone:
        raise NotIdentified("SINGULAR", f"no variation left in {', '.join(gone)} once the fixed effects are out")
    # Regressors of one length: their unit of measurement moves nothing but their own coefficient.
    scale = np.r_[np.ones(k), spread[1:]]
    net[:, 1:] /= spread[1:]
    weighted = net if weights is None else net * weights[:, None]
    on = np.flatnonzero(cell >= 0)
    heavy = None if weights is None else weights[on]
    by_large = table(absorber.large[on], len(absorber.size), cell[on], k, heavy)
    by_small = table(absorber.small[on], len(absorber.inverse), cell[on], k, heavy)
    explained = Explained(absorber, by_large, by_small)
    size = np.bincount(cell[on], heavy, k)
    products = sums(weighted[on], cell[on], k)
    gram = np.block(
        [[np.diag(size) - explained.against(by_large, by_small), products[:, 1:]], [products[:, 1:].T, weighted[:, 1:].T @ net[:, 1:]]]
    )
    _check_rank(gram, size, (*names, *design.names))
    bread = _inverse(gram)
    beta = bread @ np.r_[products[:, 0], weighted[:, 1:].T @ net[:, 0]]
    fitted = absorber.residualize(np.append(beta[:k], 0.0)[cell])[:, 0] + net[:, 1:] @ beta[k:]
    residual = net[:, 0] - fitted
    residual = residual if weights is None else residual * weights
    levels = int(clusters.max()) + 1
    own = table(clusters[on], levels, cell[on], k, residual[on])
    tables = ClusterTables(absorber, residual, clusters, levels)
    further = sums(net[:, 1:] * residual[:, None], clusters, levels) if net.shape[1] > 1 else np.empty((levels, 0))
    meat = np.zeros_like(gram)
    step = max(1, AT_ONCE // len(gram))
    for some in (slice(start, start + step) for start in range(0, levels, step)):
        scores = np.column_stack([dense(own[some]) - tables.scores(explained, some), further[some]])
        meat += scores.T @ scores
    half = bread / scale
    covariance = cr1_factor(len(cell), n_clusters, n_parameters) * half.T @ meat @ half
    return CellFit(beta / scale, covariance, n_clusters - 1, "cluster", n_clusters)


def _inverse(gram: np.ndarray) -> np.ndarray:
    scale = np.sqrt(np.diag(gram))
    return np.linalg.inv(gram / np.outer(scale, scale)) / np.outer(scale, scale)


def _check_rank(gram: np.ndarray, size: np.ndarray, names: tuple[str, ...]) -> None:
    """Refuse cells that the effects explain and regressors that others explain, by name; `size` (cells,) holds weights."""
    gone = [name for name, left, all_of_it in zip(names, np.diag(gram), size, strict=False) if left < LEFT_OF_CELL * all_of_it]
    if gone:
        raise NotIdentified("SINGULAR", f"no variation left in {', '.join(gone)} once the fixed effects are out")
    scale = np.sqrt(np.diag(gram))
    values, vectors = np.linalg.eigh(gram / np.outer(scale, scale))
    if values[0] < COLLINEAR:
        together = [name for name, part in zip(names, vectors[:, 0], strict=True) if abs(part) > 1e-6]
        raise NotIdentified("SINGULAR", f"the regressors are collinear: {', '.join(together)}")
