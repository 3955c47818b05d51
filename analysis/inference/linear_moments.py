"""One- and two-step GMM of a linear model whose moments are sums by unit, free of the units of measurement.

Columns are brought to norm one, and instruments to a basis in which the first weight matrix is the identity (QR and singular
values of the instruments, never their squares). An estimate depends on the instruments' span alone, so nothing is lost; and
where a weight matrix is singular, its generalized inverse no longer depends on the units or the origin of a variable.
Notation of Roodman (2009, Stata Journal 9: 86-136): regressors X, instruments Z, H the covariance of the rows under
homoskedasticity; two-step errors of Windmeijer (2005, J. Econometrics 126: 25-51).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import linalg, sparse

# Singular values below these shares of the largest are zero. Instruments: only exact combinations. Moments of the second
# step hold estimated residuals, in which data of many digits (a level of 1e8, say) leave more noise.
INSTRUMENTS = 1e-10
MOMENTS = 1e-7
REGRESSORS = 1e-9


@dataclass(frozen=True)
class Rows:
    """Equations: outcome (rows,), regressors (rows, k), instruments (rows, m), unit codes 0, 1, ... (rows,) in order.

    `spread` (rows, cells), sparse, writes each row's error as a combination of independent errors, so that H = spread spread'.
    """

    outcome: np.ndarray
    regressors: np.ndarray
    instruments: np.ndarray
    unit: np.ndarray
    spread: sparse.csr_matrix


@dataclass(frozen=True)
class Estimate:
    """Coefficients (k,) and covariance (k, k) in the data's units; `residuals` (rows,), `bread` (k, k) and `weight` (r, r) in norms of one."""

    coefficients: np.ndarray
    covariance: np.ndarray
    residuals: np.ndarray
    scaled: np.ndarray
    bread: np.ndarray
    weight: np.ndarray


class Moments:
    """Both steps. `instruments` (rows, r) span Z in the basis of the first weights; `rank` is r, `second_rank` that of the second weights."""

    def __init__(self, rows: Rows) -> None:
        self.starts = np.flatnonzero(np.r_[True, np.diff(rows.unit) > 0])
        self.unit = rows.unit
        self.outcome_norm = _norms(rows.outcome[:, None])[0]
        self.norms = _norms(rows.regressors)
        self.y, self.x = rows.outcome / self.outcome_norm, rows.regressors / self.norms
        self.instruments = _whitened(rows.instruments / _norms(rows.instruments), rows.spread)
        self.rank = self.instruments.shape[1]
        self.zx, self.zy = self.instruments.T @ self.x, self.instruments.T @ self.y

    @cached_property
    def first(self) -> Estimate:
        """The one-step estimate and its robust covariance."""
        scaled, bread = _least_squares(self.zx, self.zy)
        residuals = self.y - self.x @ scaled
        half = bread @ self.zx.T
        return self._estimate(scaled, half @ _cross(self.by_unit(residuals)) @ half.T, residuals, bread, np.eye(self.rank))

    @cached_property
    def second(self) -> Estimate:
        """The two-step estimate and Windmeijer's covariance (his equation 3.8)."""
        root = self._second_root
        scaled, bread = _least_squares(root @ self.zx, root @ self.zy)
        residuals = self.y - self.x @ scaled
        weight = root.T @ root
        change = bread @ self.zx.T @ weight @ self._slope(weight @ (self.instruments.T @ residuals))
        robust = self._scaled_covariance(self.first)
        covariance = bread + change @ bread + bread @ change.T + change @ robust @ change.T
        return self._estimate(scaled, covariance, residuals, bread, weight)

    @property
    def second_rank(self) -> int:
        return len(self._second_root)

    @cached_property
    def _second_root(self) -> np.ndarray:
        """Return R (rank, r) with R'R the generalized inverse of the summed outer products of the units' first-step moments."""
        _, values, vectors = np.linalg.svd(self.by_unit(self.first.residuals), full_matrices=False)
        kept = values > MOMENTS * values[0]
        return vectors[kept] / values[kept, None]

    def by_unit(self, residuals: np.ndarray) -> np.ndarray:
        """Return Z_i'e_i, shape (units, r)."""
        return np.add.reduceat(self.instruments * residuals[:, None], self.starts, axis=0)

    def _slope(self, push: np.ndarray) -> np.ndarray:
        """Return, for each coefficient k, the sum of Z_i'(x_k e' + e x_k')Z_i at `push` (r,), shape (r, k)."""
        along = self.instruments @ push
        own = np.add.reduceat(along * self.first.residuals, self.starts)
        other = np.add.reduceat(along[:, None] * self.x, self.starts, axis=0)
        return self.instruments.T @ (self.x * own[self.unit, None]) + self.by_unit(self.first.residuals).T @ other

    def _estimate(
        self, scaled: np.ndarray, covariance: np.ndarray, residuals: np.ndarray, bread: np.ndarray, weight: np.ndarray
    ) -> Estimate:
        back = self.outcome_norm / self.norms
        return Estimate(scaled * back, covariance * np.outer(back, back), residuals, scaled, bread, weight)

    def _scaled_covariance(self, estimate: Estimate) -> np.ndarray:
        back = self.norms / self.outcome_norm
        return estimate.covariance * np.outer(back, back)

    def hansen(self) -> float:
        """Return the minimized two-step criterion (Hansen 1982), chi-squared of rank - k degrees under valid moments."""
        moment = self._second_root @ (self.instruments.T @ self.second.residuals)
        return float(moment @ moment)

    def sargan(self, variance_rows: np.ndarray) -> float:
        """Return the one-step criterion over half the variance of the residuals in `variance_rows`: differences have twice the errors' variance."""
        moment = self.instruments.T @ self.first.residuals
        own = self.first.residuals[variance_rows]
        return float(moment @ moment) / (float(own @ own) / (len(own) - self.x.shape[1]) / 2)

    def serial(self, estimate: Estimate, lagged: np.ndarray) -> float | None:
        """Return the statistic for no correlation of the residuals with their `lagged` ones (rows,), 0 where there is none.

        Arellano and Bond (1991), equation 8. None where its variance is not positive.
        """
        own = np.add.reduceat(lagged * estimate.residuals, self.starts)
        slope = lagged @ self.x
        cross = self.by_unit(estimate.residuals).T @ own
        spread = slope @ self._scaled_covariance(estimate) @ slope
        variance = own @ own - 2 * slope @ estimate.bread @ self.zx.T @ estimate.weight @ cross + spread
        return float(own.sum() / np.sqrt(variance)) if variance > 0 else None


def dependent(columns: np.ndarray, noise: float = 0.0) -> np.ndarray:
    """Return which `columns` (rows, k) are zero or belong to a linear combination that is zero, shape (k,), boolean.

    `noise` is the relative error in the columns: what is smaller counts as zero.
    """
    norms = _norms(columns)
    bad = ~(np.abs(columns) > 0).any(0)
    r = np.linalg.qr(columns / norms, mode="r")
    _, values, vectors = np.linalg.svd(r, full_matrices=True)
    values = np.r_[values, np.zeros(len(vectors) - len(values))]
    null = vectors[values <= max(REGRESSORS, noise) * max(values.max(), 1e-300)]
    return bad | (np.abs(null) > 1e-3).any(0)


def _whitened(instruments: np.ndarray, spread: sparse.csr_matrix) -> np.ndarray:
    """Return a basis of the instruments' span in which Z'HZ is the identity, without combinations that are zero."""
    r = np.linalg.qr(spread.T @ instruments, mode="r")
    _, values, vectors = np.linalg.svd(r, full_matrices=False)
    kept = values > INSTRUMENTS * values[0]
    return instruments @ (vectors[kept].T / values[kept])


def _least_squares(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the coefficients of y (n,) on x (n, k) and the inverse of x'x."""
    q, r = np.linalg.qr(x)
    inverse = linalg.solve_triangular(r, np.eye(r.shape[1]))
    return inverse @ (q.T @ y), inverse @ inverse.T


def _cross(moments: np.ndarray) -> np.ndarray:
    return moments.T @ moments


def _norms(columns: np.ndarray) -> np.ndarray:
    """Return the columns' Euclidean norms, computed without overflow; 1 for a column of zeros."""
    largest = np.abs(columns).max(0)
    largest = np.where(largest > 0, largest, 1.0)
    return largest * np.sqrt(((columns / largest) ** 2).sum(0)).clip(1.0)
