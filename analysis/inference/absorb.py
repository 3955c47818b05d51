"""Fixed effects swept out of many columns at once (Frisch-Waugh-Lovell).

One effect is a mean by group. Two are solved exactly: the larger is swept out, and the normal equations of the smaller
one that remain have only its few levels (Baltagi 2021, Econometric Analysis of Panel Data, section 9.2). More are left
to the alternating projections of pyhdfe.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pyhdfe
from scipy import sparse

# With more levels in the smaller of two effects its normal equations cost more than iterating.
LEVELS_SOLVED = 1500
COLUMNS_BY_COUNTING = 6
DENSE = 10  # cells of the table of two effects for each row, above which it is kept sparse


def codes_of(panel: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    """Return integer codes of the effects, shape (rows, effects)."""
    return np.column_stack([pd.factorize(panel[column])[0] for column in columns])


def sums(values: np.ndarray, codes: np.ndarray, levels: int) -> np.ndarray:
    """Return sums of `values` (rows, k) by `codes` (rows,), shape (levels, k)."""
    if values.shape[1] <= COLUMNS_BY_COUNTING:
        return np.column_stack([np.bincount(codes, column, levels) for column in values.T])
    rows = len(codes)
    return sparse.csr_matrix((np.ones(rows), (codes, np.arange(rows))), shape=(levels, rows)) @ values


def _count(values: np.ndarray, codes: np.ndarray, levels: int) -> np.ndarray:
    return np.bincount(codes, values, levels)


class Absorber:
    """Projects columns off the effects in `codes` (rows, effects), with `weights` (rows,) if given; made once, used often."""

    def __init__(self, codes: np.ndarray, weights: np.ndarray | None = None):
        self.codes, self.weights = codes, weights
        self.levels = codes.max(0) + 1 if codes.size else np.zeros(codes.shape[1], int)
        self.order = np.argsort(-self.levels, kind="stable")
        self.solved = codes.shape[1] <= 1 or (codes.shape[1] == 2 and self.levels.min() <= LEVELS_SOLVED)
        weight = weights  # without weights rows are counted, which is faster
        if codes.shape[1] and self.solved:
            self.large = np.ascontiguousarray(codes[:, self.order[0]])
            self.size = np.bincount(self.large, weight, self.levels[self.order[0]])
        if codes.shape[1] == 2 and self.solved:
            self.small = np.ascontiguousarray(codes[:, self.order[1]])
            shape = (int(self.levels[self.order[0]]), int(self.levels[self.order[1]]))
            total = np.bincount(self.small, weight, shape[1])
            if shape[0] * shape[1] <= DENSE * len(codes):
                # The share of each large level's weight by small level, as a table where most cells exist.
                table = np.bincount(self.large.astype(np.int64) * shape[1] + self.small, weight, shape[0] * shape[1]).reshape(shape)
                self.share = table / np.maximum(self.size, 1e-300)[:, None]
                normal = np.diag(total) - self.share.T @ table
            else:
                filled = np.ones(len(codes)) if weight is None else weight
                table = sparse.csr_matrix((filled, (self.large, self.small)), shape=shape)
                self.share = sparse.diags(1 / np.maximum(self.size, 1e-300)) @ table
                normal = np.diag(total) - (self.share.T @ table).toarray()
            # Singular by one for each connected part of the panel.
            self.inverse = np.linalg.pinv(normal, rcond=1e-10, hermitian=True)

    def residualize(self, values: np.ndarray) -> np.ndarray:
        """Return `values` (rows, k) net of the effects.

        Singletons stay: their residual is zero, and dropping them would silently change the counts.
        """
        values = values.reshape(len(self.codes), -1).astype(float)
        if not self.codes.shape[1]:
            return values
        if not self.solved:
            algorithm = pyhdfe.create(self.codes, drop_singletons=False, compute_degrees=False, options={"tol": 1e-11})
            weights = None if self.weights is None else self.weights[:, None]
            return algorithm.residualize(values, weights)
        if values.shape[1] > COLUMNS_BY_COUNTING:
            return self._swept(values - values.mean(0), sums)
        # Column by column, each contiguous: faster than strides through a narrow table.
        net = np.empty(values.shape, order="F")
        for column in range(values.shape[1]):
            one = np.ascontiguousarray(values[:, column])
            net[:, column] = self._swept(one - one.mean(), _count)
        return net

    def _swept(self, values: np.ndarray, total: Callable) -> np.ndarray:
        """Return `values` (rows,) or (rows, k), their mean taken off, net of one or two effects; `total` sums by codes.

        The mean is off because sums of large numbers that differ little would lose digits.
        """
        shape = (-1,) + (1,) * (values.ndim - 1)
        weighted = values if self.weights is None else values * self.weights.reshape(shape)
        size = np.maximum(self.size, 1e-300).reshape(shape)  # a level may be empty where codes come from more rows
        mean = total(weighted, self.large, len(self.size)) / size
        if self.codes.shape[1] == 1:
            return values - mean[self.large]
        # What the smaller effect's levels sum to once the larger one is out, without forming the residuals.
        left = total(weighted, self.small, len(self.inverse)) - self.share.T @ (mean * self.size.reshape(shape))
        effect = self.inverse @ left
        net = values - (mean - self.share @ effect)[self.large]
        net -= effect[self.small]
        return net

    def leverage(self) -> np.ndarray:
        """Return the diagonal of the (weighted) projection on the effects, shape (rows,); one or two effects."""
        if not self.solved:
            raise ValueError("covariance=hc3 is for at most two fixed effects, the smaller of up to 1,500 levels")
        if not self.codes.shape[1]:
            return np.zeros(len(self.codes))
        value = 1.0 / self.size[self.large]
        if self.codes.shape[1] == 2:
            half = self.share @ self.inverse
            own = np.asarray((self.share.multiply(half) if sparse.issparse(self.share) else self.share * half).sum(1)).ravel()
            value = value + own[self.large] - 2 * half[self.large, self.small] + np.diag(self.inverse)[self.small]
        return value if self.weights is None else value * self.weights


def residualize(values: np.ndarray, codes: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Return `values` (rows, k) net of the effects in `codes` (rows, effects)."""
    return Absorber(codes, weights).residualize(values)


def nested(effect: np.ndarray, clusters: np.ndarray) -> bool:
    """Return whether every level of `effect` lies within one cluster."""
    order = np.full(effect.max() + 1, -1, dtype=np.int64)
    order[effect] = clusters
    return bool((order[effect] == clusters).all())


def absorbed(codes: np.ndarray, clusters: np.ndarray | None) -> int:
    """Return how many parameters the effects count for in the small-sample factor.

    An effect nested within clusters counts once, another its levels, less one for each effect after the first: the
    convention of R's fixest ("nested"), under which published cluster-robust errors are reproduced.
    """
    counts = []
    for effect in codes.T:
        counts.append(1 if clusters is not None and nested(effect, clusters) else np.count_nonzero(np.bincount(effect)))
    return sum(counts) - max(len(counts) - 1, 0)


def within_sd(panel: pd.DataFrame, outcome: str, unit: str, time: str, untreated: pd.Series) -> float:
    """Return the s.d. of the outcome within units net of period means, over untreated observations.

    Source of the use: the smallest effect of interest is a tenth of it (config/claims.yaml).
    """
    data = panel.loc[untreated & panel[outcome].notna(), [outcome, unit, time]]
    return within_sd_of(data[outcome].to_numpy(float), codes_of(data, [unit, time]))


def within_sd_of(values: np.ndarray, codes: np.ndarray) -> float:
    """Return the s.d. of `values` (rows,) net of the two effects in `codes` (rows, 2); codes may skip numbers."""
    used = sum(np.count_nonzero(np.bincount(effect)) for effect in codes.T)
    if len(values) <= used:
        return float("nan")
    net = residualize(values, codes)[:, 0]
    return float(np.sqrt(net @ net / (len(net) - used + 1)))
