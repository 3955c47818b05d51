"""Regressors measured from their mean in units of their own spread, and the way back.

A likelihood is searched in these units, so that neither yuan nor calendar years (nor their squares) decide when the search stops
or what it takes for collinear. Coefficients go back by a linear map, and so does their covariance, exactly. Where a likelihood
depends on differences within strata only, covariates are centred there (`standardize`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import qr, solve_triangular

from analysis.core.estimates import NotIdentified
from analysis.inference.rank import combinations

STILL = 1e-13  # a column whose range is a smaller part of its size holds one value and rounding
COLLINEAR = 1e-9  # the same of what other columns leave of one
ROUNDING = 16 * np.finfo(float).eps  # what rounding may leave, by the size of a number
# Share of a covariate's spread that must be left when the others are taken out (as in R's lm).
LEFT = 1e-7
DIGITS = 8 * np.finfo(float).eps  # what rounding may leave of a covariate's own digits


@dataclass(frozen=True)
class StandardUnits:
    """Origin and unit (k,) of each column; a column that does not vary keeps its origin at zero and has itself for its unit."""

    origin: np.ndarray
    unit: np.ndarray

    @classmethod
    def of(cls, x: np.ndarray) -> StandardUnits:
        """Return those of the columns of `x` (rows, k)."""
        still = ~varies(x)
        # Shifting by one row first keeps the digits that sums of large numbers lose.
        origin = x[0] + (x - x[0]).mean(0)
        away = x - origin
        unit = np.sqrt(np.einsum("ij,ij->j", away, away) / len(x))
        size = np.abs(x[0])
        return cls(np.where(still, 0.0, origin), np.where(still, np.where(size > 0, size, 1.0), unit))

    def measure(self, x: np.ndarray) -> np.ndarray:
        """Return `x` (rows, k) in these units."""
        return (x - self.origin) / self.unit

    def back(self) -> np.ndarray:
        """Return the matrix (k, k) that turns coefficients on the measured columns into those on the columns themselves.

        The last column is constant.
        """
        found = np.diag(1 / self.unit)
        found[-1] -= self.origin / self.unit * found[-1, -1]
        return found


def orthonormal(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return columns (rows, k) that span those of `x` (rows, k), orthogonal with mean square one, and the matrix back (k, k).

    The last column is constant and stays what it is. Raises NotIdentified when the columns are collinear.
    """
    if x.shape[1] == 1:
        return x, np.eye(1)
    units = StandardUnits.of(x)
    measured, turn = units.measure(x), np.eye(x.shape[1])
    triangle = np.linalg.qr(measured[:, :-1], mode="r") / np.sqrt(len(x))
    if len(triangle) < x.shape[1] - 1 or (np.abs(np.diag(triangle)) <= COLLINEAR).any():
        raise NotIdentified("SINGULAR", "the regressors are collinear")
    turn[:-1, :-1] = solve_triangular(triangle, np.eye(len(triangle)))
    return measured @ turn, units.back() @ turn


def varies(x: np.ndarray) -> np.ndarray:
    """Return which columns of `x` (rows, k) hold more than one value, beyond rounding."""
    low, high = x.min(0), x.max(0)
    return high - low > STILL * np.maximum(np.abs(low), np.abs(high))


def need_full_rank(x: np.ndarray, names: Sequence[str]) -> None:
    """Raise NotIdentified when columns of `x` (rows, k), beside a constant, do not vary or depend on each other; it names those."""
    if not x.shape[1]:
        return
    if not (moves := varies(x)).all():
        still = ", ".join(dict.fromkeys(name for name, moving in zip(names, moves, strict=True) if not moving))
        raise NotIdentified("SINGULAR", f"no variation in {still} among the rows used: leave it out")
    if len(x) <= x.shape[1]:
        raise NotIdentified("SUPPORT", f"{len(x)} rows for {x.shape[1] + 1} coefficients")
    if together := dependent(x):
        raise NotIdentified("SINGULAR", f"the regressors are collinear: {', '.join(dict.fromkeys(names[i] for i in together))}")


def dependent(x: np.ndarray) -> list[int]:
    """Return the columns of `x` (rows, k) of which, beside a constant, some linear combination vanishes; none where all are independent.

    By QR with column pivoting in standard units.
    """
    units = StandardUnits.of(x)
    triangle, order = qr(units.measure(x), mode="r", pivoting=True)
    triangle = triangle[: x.shape[1]]
    # Columns far from zero come with fewer digits of what varies.
    lost = ROUNDING * (np.abs(units.origin) / units.unit).max()
    rank = int((np.abs(np.diag(triangle)) > max(COLLINEAR, lost) * np.sqrt(len(x))).sum())
    return sorted({column for members in combinations(triangle, order, rank) for column in members})


class Dependent(ValueError):
    """Covariates (their positions) that do not vary, or of which one is a combination of the others."""

    def __init__(self, columns: list[int], constant: bool) -> None:
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
    constant = spread <= DIGITS * size
    if constant.any():
        raise Dependent(np.flatnonzero(constant).tolist(), constant=True)
    scaled = centred / spread
    triangle, pivot = qr(scaled, mode="r", pivoting=True, check_finite=False)
    triangle = triangle[: len(pivot)] / np.sqrt(len(x))
    left = np.abs(np.diag(triangle))
    # What is left of a covariate may be the rounding of its own digits: 1e7 and a spread of 1 leave nine of sixteen.
    enough = left > np.maximum(LEFT, DIGITS * size / spread)[pivot[: len(left)]]
    rank = len(left) if enough.all() else int(np.argmin(enough))
    if rank < x.shape[1]:
        raise Dependent(combinations(triangle, pivot, rank)[0], constant=False)
    back = np.empty((len(pivot), len(pivot)))
    back[pivot] = solve_triangular(triangle, np.eye(len(pivot)))
    return Standardized(scaled @ back, back, spread)
