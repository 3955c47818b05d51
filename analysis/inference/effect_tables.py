"""What two absorbed effects explain of many columns at once, in tables by level: no column is ever written out by row.

A dummy for a cell of rows, or the weight that an average puts on them, enters a regression with unit and period effects
only through its sums by unit and by period (Frisch-Waugh-Lovell; Baltagi 2021, Econometric Analysis of Panel Data, section
9.2). So do the scores by cluster: all they need of the residuals are sums by cluster and level. Millions of rows with
hundreds of dummies then cost a few passes and small matrices.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from scipy import sparse

from analysis.inference.absorb import DENSE, ORTHOGONAL, Absorber, nested
from analysis.inference.normal_equations import conjugate_gradients

Table: TypeAlias = np.ndarray | sparse.csr_matrix


def table(first: np.ndarray, levels: int, second: np.ndarray, columns: int, values: np.ndarray | None = None) -> Table:
    """Return sums of `values` (rows,), or counts, by two codes, shape (levels, columns); sparse where most cells are empty."""
    if levels * columns <= DENSE * max(len(first), 1):
        return np.bincount(first.astype(np.int64) * columns + second, values, levels * columns).reshape(levels, columns)
    filled = np.ones(len(first)) if values is None else values
    return sparse.csr_matrix((filled, (first, second)), shape=(levels, columns))


class Explained:
    """The part of k columns that the two effects of an Absorber explain, from the columns' weighted sums by level.

    `large` (levels, k) and `small` (levels, k) are sums by the effect with more levels and by the other, as the Absorber
    orders them; columns may be sums over rows that the Absorber has not seen (treated rows, after a fit on untreated ones).
    """

    def __init__(self, absorber: Absorber, large: Table, small: Table) -> None:
        self.absorber = absorber
        self.scaled = _divided(large, absorber.size)
        self.small = _solved(absorber, dense(small - absorber.share.T @ large), dense(small))

    def by_level(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the coefficients of the two effects, (large levels, k) and (small levels, k)."""
        return dense(self.scaled) - self.absorber.share @ self.small, self.small

    def against(self, large: Table | None, small: Table) -> np.ndarray:
        """Return inner products (m, k) of m columns, given by their sums by level, with the explained part.

        `large` None: the sums by the larger effect are zero.
        """
        product = dense(small.T @ self.small)
        if large is None:
            return product
        return product + dense(large.T @ self.scaled) - dense(large.T @ self.absorber.share) @ self.small


class ClusterTables:
    """Sums by cluster and level of the weighted residuals `values` (rows,) of a fit with the effects of `absorber`."""

    def __init__(self, absorber: Absorber, values: np.ndarray, clusters: np.ndarray, n_clusters: int) -> None:
        large, small = absorber.large, absorber.small
        self.small = table(clusters, n_clusters, small, len(absorber.total), values)
        # The sums by level are zero, by the normal equations: levels that lie within one cluster add nothing.
        self.large = None if nested(large, clusters) else table(clusters, n_clusters, large, len(absorber.size), values)

    def scores(self, explained: Explained, some: slice = slice(None)) -> np.ndarray:
        """Return the sums by cluster (clusters, k), or by `some` of them, of residual times explained part."""
        return explained.against(None if self.large is None else self.large[some].T, self.small[some].T)


def _solved(absorber: Absorber, left: np.ndarray, small: np.ndarray) -> np.ndarray:
    """Return the smaller effect's coefficients (levels, k) from `left`, its sums once the larger effect is out."""
    if absorber.solved:
        return absorber.inverse @ left
    taken = np.asarray(absorber.share.multiply(absorber.table).sum(0)).ravel()
    weight = np.divide(1.0, absorber.total, out=np.zeros_like(absorber.total), where=absorber.total > 0)
    enough = ORTHOGONAL * np.sqrt((small**2 * weight[:, None]).sum(0))
    return conjugate_gradients(
        lambda effect: absorber.among @ effect - absorber.table.T @ (absorber.share @ effect),
        left, absorber.total - taken, absorber.total, enough,
    )  # fmt: skip


def _divided(values: Table, size: np.ndarray) -> Table:
    inverse = 1 / np.maximum(size, 1e-300)
    return sparse.csr_matrix(sparse.diags(inverse) @ values) if sparse.issparse(values) else values * inverse[:, None]


def dense(values: Table) -> np.ndarray:
    # A dense table with a sparse one gives a numpy matrix, which would keep two dimensions in every product: plain arrays only.
    return np.asarray(values) if isinstance(values, np.ndarray) else values.toarray()
