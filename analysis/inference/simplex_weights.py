"""Weights on the simplex that fit best in least squares, whether others fit as well, and which of those to take.

With more columns than rows the best fit seldom has one set of weights (Abadie and L'Hour 2021, JASA 116: 1817-1834,
section 2): an algorithm then returns whatever it stops at. The set of all best weights is a polytope; here it is kept, so that a
rule can choose from it and a linear program can say how far anything linear in the weights moves over it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.optimize import linprog, nnls

# Columns of unit length whose smallest singular value is below this are dependent.
DEPENDENT = 1e-10
# A fit is exact, a slope flat, when no larger than this share of what cancels in it.
ROUNDING = 1e-10
# Weight that others may carry before the weights count as not unique: well above the tolerance of the linear program.
MOVED = 1e-6
STEPS = 200
EXACT = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}


@dataclass(frozen=True)
class Best:
    """One set of best weights and all others.

    `weights` (columns,); `differences` (rows, columns) from the target; `eligible` (columns,) marks those that some best weights
    may use (their slope is zero); `exact`: the fit leaves nothing but rounding.
    """

    weights: np.ndarray
    differences: np.ndarray
    eligible: np.ndarray
    exact: bool

    @cached_property
    def _system(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the eligible columns, each with its one of the sum and of unit length, reduced to independent rows; and their lengths."""
        stacked, lengths = _with_sum(self.differences[:, self.eligible])
        left, singular, _ = np.linalg.svd(stacked, full_matrices=False)
        return left[:, singular > DEPENDENT * singular[0]].T @ stacked, lengths

    @cached_property
    def unique(self) -> bool:
        """Whether no other weights fit as well: the eligible columns are independent, or none but those in use can carry weight.

        The columns in use are independent (Lawson and Hanson 1974, Solving Least Squares Problems, chapter 23), so that a second
        set of best weights would have to use another.
        """
        used = self.weights > 0
        if (self.eligible <= used).all() or len(self._system[0]) == self.eligible.sum():
            return True
        return self.span((~used).astype(float))[1] <= MOVED

    def span(self, values: np.ndarray) -> tuple[float, float]:
        """Return the least and the largest `values` @ weights (columns,) over all best weights."""
        low, high = (float(self._program(sign * values)[0] @ values) for sign in (1.0, -1.0))
        return low, high

    def nearest(self) -> np.ndarray:
        """Return the best weights whose columns are nearest to the target one by one: the least sum of weight times squared distance.

        The limit of Abadie and L'Hour's penalty (their equation 5 with lambda falling to zero); among equals `evenest`.
        """
        if self.unique:
            return self.weights
        weights, slopes = self._program((self.differences**2).sum(0))
        tied = self.eligible & ((weights > 0) | (slopes <= 1e-9))
        return Best(weights, self.differences, tied, self.exact).evenest()

    def evenest(self) -> np.ndarray:
        """Return the best weights with the least sum of squares: the limit of a ridge penalty that falls to zero."""
        if self.unique:
            return self.weights
        rows, lengths = self._system
        basis = np.linalg.qr((rows * lengths).T)[0]
        chosen = np.zeros_like(self.weights)
        chosen[self.eligible] = _least_squares_point(basis, basis.T @ self.weights[self.eligible])
        return chosen / chosen.sum()

    def _program(self, costs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the best weights of least `costs` (columns,) and the slopes of the columns, zero in the basis, in units of a cost."""
        rows, lengths = self._system
        there = rows @ (self.weights[self.eligible] * lengths)
        costs = costs[self.eligible] / lengths
        found = linprog(costs / _typical(np.abs(costs)), A_eq=rows, b_eq=there, method="highs-ds", options=EXACT)
        weights, slopes = self.weights.copy(), np.full(len(self.weights), np.inf)
        if found.status == 0:  # else rounding has closed a set that is as good as a point
            weights[self.eligible] = np.maximum(found.x, 0) / lengths
            slopes[self.eligible] = found.lower.marginals
        return weights / weights.sum(), slopes


def best(columns: np.ndarray, target: np.ndarray) -> Best:
    """Return the weights on `columns` (rows, k), not negative and adding to one, whose mix is nearest to `target` (rows,)."""
    differences = columns - target[:, None]
    unit = _typical(np.sqrt(np.einsum("ij,ij->j", differences, differences)))
    differences /= unit
    stacked, lengths = _with_sum(differences)
    # The sum of one needs no penalty: at any length the mix is shortest where the weights are best, whatever it adds to.
    sum_row = np.zeros(len(stacked))
    sum_row[-1] = 1.0
    weights = nnls(stacked, sum_row, maxiter=50 * stacked.shape[1])[0] / lengths
    weights /= weights.sum()
    residual = differences @ weights
    squared = float(residual @ residual)
    lost = 8 * np.finfo(float).eps * np.sqrt(len(target)) * max(np.abs(columns).max(), np.abs(target).max()) / unit
    cancelling = np.abs(differences) @ weights
    if squared <= max(ROUNDING**2 * (cancelling @ cancelling), lost**2):
        return Best(weights, differences, np.ones(len(weights), bool), True)
    flat = residual @ differences - squared <= ROUNDING * lengths * np.sqrt(squared)
    return Best(weights, differences, flat | (weights > 0), False)


def _typical(lengths: np.ndarray) -> float:
    """Return the median of the lengths that are not zero: one column far away sets no scale for the others."""
    there = lengths[lengths > 0]
    return float(np.median(there)) if len(there) else 1.0


def _with_sum(differences: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the columns with a one below them, brought to unit length, and the lengths that they had."""
    lengths = np.sqrt(np.einsum("ij,ij->j", differences, differences) + 1)
    stacked = np.empty((len(differences) + 1, len(lengths)))
    stacked[:-1], stacked[-1] = differences, 1.0
    return stacked / lengths, lengths


def _least_squares_point(basis: np.ndarray, point: np.ndarray) -> np.ndarray:
    """Return the shortest x >= 0 (k,) with basis' x = point; `basis` (k, r) orthonormal.

    Newton's method on the dual: x is the positive part of basis @ multiplier, and the dual function is smooth and piecewise quadratic.
    """
    multiplier = point.copy()
    for _ in range(STEPS):
        inner = basis @ multiplier
        x = np.maximum(inner, 0)
        slope = basis.T @ x - point
        if np.abs(slope).max() <= 1e-13:
            break
        active = basis[inner > 0]
        curvature = active.T @ active + 1e-12 * np.eye(len(point))
        step = -np.linalg.solve(curvature, slope)
        value, length = 0.5 * x @ x - point @ multiplier, 1.0
        while length > 1e-12:
            trial = np.maximum(basis @ (multiplier + length * step), 0)
            if 0.5 * trial @ trial - point @ (multiplier + length * step) <= value + 1e-4 * length * (slope @ step) + 1e-16:
                break
            length /= 2
        multiplier = multiplier + length * step
    return x
