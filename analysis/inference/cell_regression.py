"""Least squares on dummies of disjoint cells of rows (event times, or cohorts by event time), with absorbed effects.

The same estimate and CR1 errors as inference.least_squares with a column per cell, from tables by level
(inference.effect_tables). What tables do not give (other variances, other numbers of effects) is computed with columns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.core.estimates import NotIdentified
from analysis.inference.absorb import Absorber, absorbed, sums
from analysis.inference.cluster import INDEFINITE, cr1_factor, need_two
from analysis.inference.effect_tables import ClusterTables, Explained, dense, table
from analysis.inference.least_squares import CANCELLED, OUTCOME_LEFT, PERFECT, VARIANCE_LEFT, Design, fit
from analysis.inference.rank import NO_PART, WELL_APART, lengths, need_variation, project, resolution, still, vanished

# Rows of a cell are counted, so that what is left of its dummy is exact but for rounding of squares.
CELL_LEFT = 1e-12
# Below this smallest eigenvalue of their correlations, dummies are combinations of others.
COLLINEAR = 1e-11
AT_ONCE = 4_000_000  # scores by cluster held at a time


@dataclass(frozen=True)
class CellFit:
    """Coefficients (cells + controls,), their covariance, degrees of t, name of the inference, and notes as of a Fit."""

    coefficients: np.ndarray
    covariance: np.ndarray
    degrees: float
    inference: str
    notes: tuple[str, ...]

    @property
    def errors(self) -> np.ndarray:
        return np.sqrt(np.diag(self.covariance))

    def average(self, weights: np.ndarray) -> tuple[float, float, str]:
        """Return the average of coefficients with `weights` (cells,), its error, and the note of what enters it."""
        k = len(weights)
        variance = weights @ self.covariance[:k, :k] @ weights
        said = next((note for note, weight in zip(self.notes, weights, strict=False) if note and weight), "")
        # What a note says of one coefficient's error beyond that is not said of the average's.
        said = INDEFINITE if said.startswith(INDEFINITE) else said
        return float(weights @ self.coefficients[:k]), float(np.sqrt(variance)), said


def fit_cells(
    design: Design, cell: np.ndarray, names: tuple[str, ...], covariance: str = "default", lags: int = -1, two_way: str = "min"
) -> CellFit:
    """Return the regression of the outcome on a dummy for each cell and the regressors of `design`.

    `cell` (rows,) holds codes 0, 1, .. of the cells that `names` names, -1 for rows of the reference; every cell has a row.
    Other arguments and refusals as in least_squares.fit.
    """
    if covariance == "default":
        covariance = "cluster" if design.clusters else "hc1"
    tabulated = covariance == "cluster" and len(design.clusters) == 1 and design.effects.shape[1] == 2 and not design.counting
    found = _by_tables(design, cell, names) if tabulated else None
    return found or _by_columns(design, cell, names, covariance, lags, two_way)


def _by_columns(design: Design, cell: np.ndarray, names: tuple[str, ...], covariance: str, lags: int, two_way: str) -> CellFit:
    columns = np.empty((len(cell), len(names) + design.regressors.shape[1]), order="F")
    for code in range(len(names)):
        columns[:, code] = cell == code
    columns[:, len(names) :] = design.regressors
    result = fit(replace(design, regressors=columns, names=(*names, *design.names)), covariance, lags, two_way)
    return CellFit(result.coefficients, result.covariance, result.degrees, result.inference, result.notes)


def _by_tables(design: Design, cell: np.ndarray, names: tuple[str, ...]) -> CellFit | None:
    """Return the regression with CR1 errors by the one cluster variable; None where products lose too many digits."""
    weights, clusters, k = design.weights, design.clusters[0], len(names)
    n_clusters = need_two(np.flatnonzero(np.bincount(clusters)))
    n_parameters = k + design.regressors.shape[1] + absorbed(design.effects, clusters)
    if len(cell) <= n_parameters:
        raise NotIdentified("SUPPORT", f"{len(cell)} observations for {n_parameters} parameters")
    absorber = Absorber(design.effects, weights)
    y, x, back = _swept(design, absorber)
    on = np.flatnonzero(cell >= 0)
    heavy = None if weights is None else weights[on]
    by_large = table(absorber.large[on], len(absorber.size), cell[on], k, heavy)
    by_small = table(absorber.small[on], len(absorber.total), cell[on], k, heavy)
    explained = Explained(absorber, by_large, by_small)
    size = np.bincount(cell[on], heavy, k)
    weighted = [column if weights is None else column * weights for column in (y, *x.T)]
    products = np.column_stack([np.bincount(cell[on], column[on], k) for column in weighted])
    own = np.diag(size) - explained.against(by_large, by_small)
    gram = np.block([[own, products[:, 1:]], [products[:, 1:].T, np.eye(x.shape[1])]])
    bread = _inverse(gram, size, names, design)
    if bread is None:
        return None
    beta = bread @ np.r_[products[:, 0], [column @ y for column in weighted[1:]]]
    fitted = absorber.residualize(np.append(beta[:k], 0.0)[cell])[:, 0]
    residual = y - fitted - x @ beta[k:]
    coefficients = np.r_[beta[:k], back @ beta[k:]]
    if _is_rounding(residual, design.outcome, fitted):
        covariance = np.full_like(gram, np.nan)
        return CellFit(coefficients, covariance, n_clusters - 1, "cluster", (PERFECT,) * len(gram))
    squares = residual @ (residual if weights is None else residual * weights)
    residual = residual if weights is None else residual * weights
    meat = _meat(absorber, cell, on, k, x, residual, clusters, explained)
    outer = np.vstack([bread[:k], back @ bread[k:]])
    covariance = cr1_factor(len(cell), n_clusters, n_parameters) * outer @ meat @ outer.T
    unadjusted = squares / (len(cell) - n_parameters) * np.diag(outer @ gram @ outer.T)
    nothing = np.diag(covariance) <= VARIANCE_LEFT * unadjusted
    covariance[nothing] = covariance[:, nothing] = np.nan
    return CellFit(coefficients, covariance, n_clusters - 1, "cluster", tuple(CANCELLED * bool(none) for none in nothing))


def _swept(design: Design, absorber: Absorber) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the outcome (rows,) and orthonormal combinations of the controls (rows, p) net of the effects, and the matrix that
    turns coefficients on these into those on the controls.

    Orthonormal with the weights. Raises NotIdentified when the outcome or a control does not vary, or controls are collinear.
    """
    raw = np.column_stack([design.outcome, design.regressors])
    net = absorber.residualize(raw)
    if vanished(net[:, 0], raw[:, 0], OUTCOME_LEFT):
        raise NotIdentified("SUPPORT", f"the outcome does not vary{design.within if np.ptp(design.outcome) else ''}")
    x = net[:, 1:]
    need_variation(x, raw[:, 1:], design.names, design.within)
    if not x.shape[1]:
        return net[:, 0], x, np.empty((0, 0))
    root = 1.0 if design.weights is None else np.sqrt(design.weights)[:, None]
    projection = project(x * root, design.names, lambda: resolution(raw[:, 1:]) / lengths(x), design.within)
    return net[:, 0], x @ projection.root, projection.root


def _inverse(gram: np.ndarray, size: np.ndarray, names: tuple[str, ...], design: Design) -> np.ndarray | None:
    """Return the inverse of the products of cells (weights `size`) and controls; None where columns are too close for it.

    Refuses cells that the effects explain and those that others explain, by name.
    """
    if gone := [name for name, left, whole in zip(names, np.diag(gram), size, strict=False) if left < CELL_LEFT * whole]:
        raise still(gone, design.within)
    scale = np.sqrt(np.diag(gram))
    correlations = gram / np.outer(scale, scale)
    values, vectors = np.linalg.eigh(correlations)
    if values[0] < COLLINEAR:
        part = np.abs(vectors[:, 0]) > NO_PART
        if part[len(names) :].any():
            return None  # a column each says which controls they are
        together = [name for name, has in zip(names, part, strict=False) if has]
        raise NotIdentified("SINGULAR", f"{', '.join(together)} are collinear{design.within}")
    return np.linalg.inv(correlations) / np.outer(scale, scale) if values[0] > WELL_APART else None


def _is_rounding(residual: np.ndarray, outcome: np.ndarray, fitted: np.ndarray) -> bool:
    """Return whether residuals (rows,) are rounding errors of the outcome and of what is fitted to it."""
    centred = outcome - outcome.mean()
    left, size = np.sqrt(residual @ residual), np.sqrt(max(centred @ centred, fitted @ fitted))
    return bool(left <= max(OUTCOME_LEFT * size, resolution(outcome[:, None])[0]))


def _meat(
    absorber: Absorber,
    cell: np.ndarray,
    on: np.ndarray,
    k: int,
    x: np.ndarray,
    residual: np.ndarray,
    clusters: np.ndarray,
    explained: Explained,
) -> np.ndarray:
    """Return the products of scores by cluster; `residual` (rows,) times the weights."""
    levels = int(clusters.max()) + 1
    own = table(clusters[on], levels, cell[on], k, residual[on])
    tables = ClusterTables(absorber, residual, clusters, levels)
    further = sums(x * residual[:, None], clusters, levels) if x.shape[1] else np.empty((levels, 0))
    meat = np.zeros((k + x.shape[1],) * 2)
    step = max(1, AT_ONCE // len(meat))
    for some in (slice(start, start + step) for start in range(0, levels, step)):
        scores = np.column_stack([dense(own[some]) - tables.scores(explained, some), further[some]])
        meat += scores.T @ scores
    return meat
