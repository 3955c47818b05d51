"""Covariates in units in which every scale is the same: centred within strata, divided by their spread, made orthogonal.

A likelihood that depends on differences within strata only is unchanged by this, and what is judged in these units
(rank, convergence) does not depend on whether a covariate is in yuan or in billions, or on where its zero lies.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import qr, solve_triangular

from analysis.inference.rank import combinations

# Share of a covariate's spread that must be left when the others are taken out (as in R's lm).
TOLERANCE = 1e-7
ROUNDING = 8 * np.finfo(float).eps


class Dependent(ValueError):
    """Covariates (their positions) that do not vary, or of which one is a combination of the others."""

    def __init__(self, columns: list[int], constant: bool):
        super().__init__("covariates do not vary" if constant else "covariates are collinear")
        self.columns, self.constant = columns, constant


@dataclass(frozen=True)
class Standardized:
    """`z` (rows, k) orthonormal up to the number of rows; coefficients of z are `back` @ g in spreads, `back` @ g / `spread` in x's units."""

    z: np.ndarray
    back: np.ndarray
    spread: np.ndarray

    def per_unit(self, g: np.ndarray) -> np.ndarray:
        """Return coefficients per unit of x, of coefficients (..., k) per unit of z."""
        return g @ self.back.T / self.spread


def standardize(x: np.ndarray, strata: np.ndarray) -> Standardized:
    """Return the covariates `x` (rows, k) standardized within `strata` (rows,); Dependent names those that cannot be told apart."""
    size = np.abs(x).max(0)
    centred = x - x[0]
    codes = np.unique(strata, return_inverse=True)[1].ravel()
    count = np.bincount(codes)
    means = np.column_stack([np.bincount(codes, column) / count for column in centred.T])
    centred -= means[codes]
    spread = np.sqrt(np.mean((centred / np.maximum(size, np.finfo(float).tiny)) ** 2, axis=0)) * size
    constant = spread <= ROUNDING * size
    if constant.any():
        raise Dependent(np.flatnonzero(constant).tolist(), constant=True)
    scaled = centred / spread
    triangle, pivot = qr(scaled, mode="r", pivoting=True, check_finite=False)
    triangle = triangle[: len(pivot)] / np.sqrt(len(x))
    left = np.abs(np.diag(triangle))
    # What is left of a covariate may be the rounding of its own digits: 1e7 and a spread of 1 leave nine of sixteen.
    enough = left > np.maximum(TOLERANCE, ROUNDING * size / spread)[pivot[: len(left)]]
    rank = len(left) if enough.all() else int(np.argmin(enough))
    if rank < x.shape[1]:
        raise Dependent(combinations(triangle, pivot, rank)[0], constant=False)
    back = np.empty((len(pivot), len(pivot)))
    back[pivot] = solve_triangular(triangle, np.eye(len(pivot)))
    return Standardized(scaled @ back, back, spread)
