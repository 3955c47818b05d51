"""Fixed effects swept out of many columns at once (Frisch-Waugh-Lovell).

One effect is a mean by group. Of several, the largest is swept out, and the normal equations that remain have only the
levels of the others (Baltagi 2021, Econometric Analysis of Panel Data, section 9.2): they are factored where these are few
and otherwise iterated by conjugate gradients (inference.normal_equations).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.core.estimates import NotIdentified
from analysis.core.level_codes import level_codes
from analysis.core.representatives import by_level, column_in, each
from analysis.inference.normal_equations import conjugate_gradients, generalized_inverse

# With more levels in all effects but the largest, factoring costs more than iterating.
LEVELS_SOLVED = 1500
COLUMNS_BY_COUNTING = 6
COLUMNS_ITERATED = 64
DENSE = 10  # cells of the table of two effects for each row, above which it is kept sparse
# Cosine between what is left of a column and the dummies of a level, all levels together, at which iterating stops.
ORTHOGONAL, DIGITS = 1e-13, 1e-15
# A column that keeps less than this share of itself is swept again: the first time leaves rounding errors of what it took.
LITTLE = 1e-4


def codes_of(panel: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    """Return integer codes of the effects, shape (rows, effects)."""
    return np.column_stack([level_codes(panel[column]) for column in columns])


def sums(values: np.ndarray, codes: np.ndarray, levels: int) -> np.ndarray:
    """Return sums of `values` (rows, k) by `codes` (rows,), shape (levels, k)."""
    if values.shape[1] <= COLUMNS_BY_COUNTING:
        return np.column_stack([np.bincount(codes, column, levels) for column in values.T])
    rows = len(codes)
    return sparse.csr_matrix((np.ones(rows), (codes, np.arange(rows))), shape=(levels, rows)) @ values


def _count(values: np.ndarray, codes: np.ndarray, levels: int) -> np.ndarray:
    return np.bincount(codes, values, levels)


def _squares(values: np.ndarray) -> np.ndarray:
    """Return sums of squares by column."""
    return np.einsum("i...,i...->...", values, values)


class Absorber:
    """Projects columns off the effects in `codes` (rows, effects), with `weights` (rows,) if given; made once, used often.

    `solved` says whether the normal equations of all effects but the largest are factored, so that `inverse` exists.
    """

    def __init__(self, codes: np.ndarray, weights: np.ndarray | None = None) -> None:
        self.codes, self.weights = codes, weights
        self.levels = codes.max(0) + 1 if codes.size else np.zeros(codes.shape[1], int)
        self.order = np.argsort(-self.levels, kind="stable")
        self.solved = int(self.levels.sum() - self.levels.max(initial=0)) <= LEVELS_SOLVED
        if codes.shape[1]:
            self.large = np.ascontiguousarray(codes[:, self.order[0]])
            # Without weights rows are counted, which is faster.
            self.size = np.bincount(self.large, weights, self.levels[self.order[0]])
        if codes.shape[1] == 2:
            self.small = np.ascontiguousarray(codes[:, self.order[1]])
        if codes.shape[1] >= 2:
            self._eliminate()

    def _eliminate(self) -> None:
        """Set up the normal equations of the other effects once the largest is out.

        `total` (levels,) are the others' weights, `table` (levels of the largest, levels) the weights in which they meet
        it, `share` the same for each unit of its weight, `among` the weights in which they meet one another.
        """
        large, other = int(self.levels[self.order[0]]), int(self.levels[self.order[1:]].sum())
        size = np.maximum(self.size, 1e-300)  # a level may be empty where codes come from more rows
        filled = np.ones(len(self.codes)) if self.weights is None else self.weights
        if self.codes.shape[1] == 2:
            self.total = np.bincount(self.small, filled, other)
            self.among = sparse.csr_matrix((self.total, np.arange(other), np.arange(other + 1)), shape=(other, other))
        else:
            self.dummies = self._dummies(other)
            weighted = self.dummies.multiply(filled[:, None]).tocsr()
            self.total = np.asarray(weighted.sum(0)).ravel()
            self.among = (self.dummies.T @ weighted).tocsr()
        if self.codes.shape[1] == 2 and self.solved and large * other <= DENSE * len(self.codes):
            cells = np.bincount(self.large.astype(np.int64) * other + self.small, self.weights, large * other)
            self.table = cells.reshape(large, other)
            self.share = self.table / size[:, None]
        else:
            by_level = sparse.csr_matrix((filled, (self.large, np.arange(len(filled)))), shape=(large, len(filled)))
            dummies = self._dummies(other) if self.codes.shape[1] == 2 else self.dummies
            table = (by_level @ dummies).tocsr()
            self.table, self.share = table, table.multiply(1 / size[:, None]).tocsr()
        if self.solved:
            taken = self.share.T @ self.table
            left = self.among.toarray() - (taken.toarray() if sparse.issparse(taken) else taken)
            self.inverse = generalized_inverse(left, self.total)

    def _dummies(self, other: int) -> sparse.csr_matrix:
        """Return the dummies of all effects but the largest, one effect after the other, shape (rows, levels)."""
        first = np.cumsum([0, *self.levels[self.order[1:-1]]])
        columns = self.codes[:, self.order[1:]] + first
        rows, effects = columns.shape
        pointers = np.arange(0, rows * effects + 1, effects)
        return sparse.csr_matrix((np.ones(rows * effects), columns.ravel(), pointers), shape=(rows, other))

    def residualize(self, values: np.ndarray) -> np.ndarray:
        """Return `values` (rows, k) net of the effects.

        Singletons stay: their residual is zero, and dropping them would silently change the counts.
        """
        values = np.asarray(values, dtype=float).reshape(len(self.codes), -1)
        if not self.codes.shape[1]:
            return values.copy()
        net = np.empty(values.shape, order="F")
        if self.solved and values.shape[1] <= COLUMNS_BY_COUNTING:
            # Column by column, each contiguous: faster than strides through a narrow table.
            for column in range(values.shape[1]):
                net[:, column] = self._net(np.ascontiguousarray(values[:, column]), _count)
            return net
        together = values.shape[1] if self.solved else COLUMNS_ITERATED
        for start in range(0, values.shape[1], together):
            net[:, start : start + together] = self._net(values[:, start : start + together], sums)
        return net

    def _net(self, values: np.ndarray, total: Callable) -> np.ndarray:
        """Return `values` (rows,) or (rows, k) net of the effects; `total` sums by codes.

        Their mean is taken off first, because sums of large numbers that differ little would lose digits.
        """
        centred = values - values.mean(0)
        net = self._swept(centred, total)
        again = _squares(net) < LITTLE**2 * _squares(centred)
        if net.ndim == 1:
            return self._swept(net, total) if again else net
        if again.any():
            net[:, again] = self._swept(net[:, again], sums)
        return net

    def _swept(self, values: np.ndarray, total: Callable) -> np.ndarray:
        """Return `values` (rows,) or (rows, k) net of the effects, in one pass."""
        shape = (-1,) + (1,) * (values.ndim - 1)
        weighted = values if self.weights is None else values * self.weights.reshape(shape)
        size = np.maximum(self.size, 1e-300).reshape(shape)
        mean = total(weighted, self.large, len(self.size)) / size
        if self.codes.shape[1] == 1:
            return values - mean[self.large]
        # What the other effects' levels sum to once the largest is out, without forming the residuals.
        sums_of_others = total(weighted, self.small, len(self.total)) if self.codes.shape[1] == 2 else self.dummies.T @ weighted
        left = sums_of_others - self.share.T @ (mean * size)
        effect = self.inverse @ left if self.solved else self._iterated(values, weighted, mean, left)
        net = values - (mean - self.share @ effect)[self.large]
        net -= effect[self.small] if self.codes.shape[1] == 2 else self.dummies @ effect
        return net

    def _iterated(self, values: np.ndarray, weighted: np.ndarray, mean: np.ndarray, left: np.ndarray) -> np.ndarray:
        """Return the other effects (levels, k) by conjugate gradients; the largest effect's `mean` is out of `left` already."""
        whole = (values * weighted).sum(0)
        within = np.maximum(whole - (mean**2 * self.size[:, None]).sum(0), 0.0)
        # Relative to what is left once the largest effect is out, but no better than the numbers' own digits.
        enough = np.maximum(ORTHOGONAL * np.sqrt(within), DIGITS * np.sqrt(whole))
        taken = np.asarray(self.share.multiply(self.table).sum(0)).ravel()
        return conjugate_gradients(
            lambda effect: self.among @ effect - self.table.T @ (self.share @ effect), left, self.total - taken, self.total, enough
        )

    def leverage(self) -> np.ndarray:
        """Return the diagonal of the (weighted) projection on the effects, shape (rows,); one or two effects."""
        if not self.solved or self.codes.shape[1] > 2:
            raise NotIdentified(
                "SIZE", "covariance=hc3 is for at most two fixed effects, the smaller of up to 1,500 levels; use cluster or hc1"
            )
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
    if effect is clusters or (effect.ctypes.data == clusters.ctypes.data and effect.strides == clusters.strides):
        return True
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
    return int(sum(counts)) - max(len(counts) - 1, 0)


def within_sd(panel: pd.DataFrame, outcome: str, unit: str, time: str, untreated: pd.Series) -> float:
    """Return the s.d. of the outcome within units net of period means, over untreated observations.

    Source of the use: the smallest effect of interest is a tenth of it (config/claims.yaml).
    """
    data = panel.loc[untreated & panel[outcome].notna(), [outcome, unit, time, *column_in(panel)]]
    return within_sd_of(data[outcome].to_numpy(float), codes_of(data, [unit, time]), each(data))


def within_sd_of(values: np.ndarray, codes: np.ndarray, many: np.ndarray | None = None) -> float:
    """Return the s.d. of `values` (rows,) net of the two effects in `codes` (rows, 2), of which the first is the unit's.

    Codes may skip numbers; `many` (rows,) is how many units a row's unit stands for, None where it is itself.
    """
    rows = len(values) if many is None else round(many.sum())
    used = round(by_level(many, codes[:, 0]).sum()) + np.count_nonzero(np.bincount(codes[:, 1]))
    if rows <= used:
        return float("nan")
    net = residualize(values, codes, many)[:, 0]
    return float(np.sqrt(net @ (net if many is None else net * many) / (rows - used + 1)))
