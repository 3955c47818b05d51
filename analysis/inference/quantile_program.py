"""Quantile regression as the linear program it is (Koenker and Bassett 1978, Econometrica 46: 33-50).

An interior point goes near the solution (Portnoy and Koenker 1997, Statistical Science 12: 279-300, section 4), the rows that
it all but interpolates give the vertex, and the vertex is proved by its dual weights; where that fails scipy's HiGHS solves the program.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

STEPS = 60
NEAR = 0.9995  # share of the way to the boundary that a step may go
GAP = 1e-9  # duality gap, as a share of the objective, at which the interior point stops
ZERO = 1e-9  # a residual, or a dual weight's distance to its bound, that counts as none; outcomes are of unit spread
SIDES = 2000  # rows nearest to the line that a search among equals starts with
BOX = 1e6  # farther than any coefficient of standardized data that is identified
EXACT = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}


@dataclass(frozen=True)
class Solution:
    """`coefficients` (k,), `dual` weights (rows,) that prove them best, and whether they are surely the only ones."""

    coefficients: np.ndarray
    dual: np.ndarray
    unique: bool


@dataclass(frozen=True)
class Program:
    """`y` (rows,) and `x` (rows, k) with a constant, standardized; `quantile`; `weights` (rows,), all positive."""

    y: np.ndarray
    x: np.ndarray
    quantile: float
    weights: np.ndarray

    def solve(self) -> Solution:
        """Return coefficients of least weighted check loss."""
        vertex = self._vertex(self.y - self.x @ self._interior())
        proved = None if vertex is None else self._proof(*vertex)
        return proved or self._simplex()

    def span(self, solution: Solution, direction: np.ndarray) -> tuple[float, float]:
        """Return the least and largest `direction` @ b (k,) over all b that fit as well as the solution.

        They keep the sides of the line that its dual weights prescribe: above where a weight is at its upper bound, below where at
        its lower, on the line where between (complementary slackness). Sides that a move would not keep are added as they show.
        """
        high, low = self.quantile * self.weights, (self.quantile - 1) * self.weights
        above, below = solution.dual >= high - ZERO * self.weights, solution.dual <= low + ZERO * self.weights
        on = ~(above | below)
        room = np.where(above, 1.0, -1.0) * (self.y - self.x @ solution.coefficients)
        sides = np.where(above, 1.0, -1.0)[:, None] * self.x
        ends = []
        for sign in (1.0, -1.0):
            kept = np.argsort(np.where(on, np.inf, room), kind="stable")[:SIDES]
            while True:
                move = self._farthest(sign * direction, sides[kept], np.maximum(room[kept], 0), self.x[on])
                wrong = np.flatnonzero(~on & (sides @ move > np.maximum(room, 0) + 1e-8))
                if not len(np.setdiff1d(wrong, kept)):
                    break
                kept = np.union1d(kept, wrong)
            ends.append(float(direction @ (solution.coefficients + move)))
        return min(ends), max(ends)

    def _farthest(self, direction: np.ndarray, sides: np.ndarray, room: np.ndarray, on: np.ndarray) -> np.ndarray:
        """Return the move (k,) farthest against `direction` with sides @ move <= room and on @ move = 0, within a wide box."""
        equal = {"A_eq": on, "b_eq": np.zeros(len(on))} if len(on) else {}
        found = linprog(direction, A_ub=sides, b_ub=room, bounds=(-BOX, BOX), method="highs", options=EXACT, **equal)
        return found.x if found.status == 0 else np.zeros(len(direction))

    def _interior(self) -> np.ndarray:
        """Return coefficients near the best: Mehrotra's predictor and corrector on the dual, maximise y a with x'a = (1 - q) x'w, 0 <= a <= w."""
        x, c, upper = self.x, -self.y, self.weights
        a = (1 - self.quantile) * upper
        s = upper - a
        b = np.linalg.lstsq(x, c, rcond=None)[0]
        r = c - x @ b
        r = np.where(np.abs(r) < 1e-3, 1e-3, r)
        z, w = np.maximum(r, 0) + 1e-3, np.maximum(-r, 0) + 1e-3
        for _ in range(STEPS):
            gap = a @ z + s @ w
            if gap <= GAP * max(np.abs(c - x @ b) @ upper, 1e-9):
                break
            q = 1 / (z / a + w / s)
            r = z - w
            curvature = (x * q[:, None]).T @ x
            # The dual slacks need not close at once: what is open of c = x b + z - w is part of the step.
            open_ = c - x @ b - r
            step = self._step(curvature, q, r + open_, a, s, z, w, 0.0, 0.0)
            da, _, dz, dw, _ = step
            reach = _reach(a, da, s, -da), _reach(z, dz, w, dw)
            if min(reach) < 1:
                after = (a + reach[0] * da) @ (z + reach[1] * dz) + (s - reach[0] * da) @ (w + reach[1] * dw)
                mu = gap * (after / gap) ** 3 / (2 * len(a))
                step = self._step(curvature, q, r + open_, a, s, z, w, mu - da * dz, mu + da * dw)
                da, _, dz, dw, _ = step
                reach = _reach(a, da, s, -da), _reach(z, dz, w, dw)
            primal, dual = min(NEAR * reach[0], 1.0), min(NEAR * reach[1], 1.0)
            a, s = a + primal * da, s - primal * da
            b, z, w = b + dual * step[4], z + dual * dz, w + dual * dw
        return -b

    def _step(
        self,
        curvature: np.ndarray,
        q: np.ndarray,
        r: np.ndarray,
        a: np.ndarray,
        s: np.ndarray,
        z: np.ndarray,
        w: np.ndarray,
        at_low: np.ndarray | float,
        at_high: np.ndarray | float,
    ) -> tuple[np.ndarray, ...]:
        """Return the Newton step; `at_low`, `at_high` (rows,): products a z and s w to aim at, with the corrector in them."""
        aim = r - at_low / a + at_high / s
        db = np.linalg.solve(curvature, self.x.T @ (q * aim))
        da = q * (self.x @ db - aim)
        dz = (at_low - z * da) / a - z
        dw = (at_high + w * da) / s - w
        return da, -da, dz, dw, db

    def _vertex(self, residuals: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """Return the coefficients that interpolate the k independent rows of least residuals, and these rows."""
        k = self.x.shape[1]
        size = np.abs(residuals)
        many = min(len(size), 6 * k + 10)
        order = np.argpartition(size, many - 1)[:many]
        order = order[np.argsort(size[order], kind="stable")]
        chosen, basis = [], np.zeros((0, k))
        for row in order:
            left = self.x[row] - basis.T @ (basis @ self.x[row])
            length = np.linalg.norm(left)
            if length > 1e-8 * np.linalg.norm(self.x[row]):
                chosen.append(row)
                basis = np.vstack([basis, left / length])
                if len(chosen) == k:
                    rows = np.array(chosen)
                    return np.linalg.solve(self.x[rows], self.y[rows]), rows
        return None

    def _proof(self, coefficients: np.ndarray, rows: np.ndarray) -> Solution | None:
        """Return the solution at a vertex that interpolates `rows`, or None where it is not shown to be best.

        The dual weights of the interpolated rows balance those of the others, and must lie between their bounds; strictly inside where
        nothing else fits as well. Where the vertex happens to interpolate further rows, a small program looks for dual weights.
        """
        residuals = self.y - self.x @ coefficients
        residuals[rows] = 0
        on = np.abs(residuals) <= ZERO
        dual = np.where(residuals > 0, self.quantile, self.quantile - 1) * self.weights
        dual[on] = 0
        needed = -self.x.T @ dual
        if on.sum() == len(rows):
            dual[rows] = np.linalg.solve(self.x[rows].T, needed)
        else:
            bounds = np.outer(self.weights[on], [self.quantile - 1, self.quantile])
            found = linprog(np.zeros(on.sum()), A_eq=self.x[on].T, b_eq=needed, bounds=bounds, method="highs", options=EXACT)
            if found.status != 0:
                return None
            dual[on] = found.x
        share = dual[on] / self.weights[on]
        inside = np.minimum(share - (self.quantile - 1), self.quantile - share).min()
        return None if inside < -ZERO else Solution(coefficients, dual, bool(inside > ZERO) and on.sum() == len(rows))

    def _simplex(self) -> Solution:
        """Return the solution of HiGHS, its coefficients polished on the rows that they interpolate."""
        balance = (1 - self.quantile) * (self.x.T @ self.weights)
        bounds = np.column_stack([np.zeros(len(self.y)), self.weights])
        found = linprog(-self.y, A_eq=self.x.T, b_eq=balance, bounds=bounds, method="highs", options=EXACT)
        if found.status != 0:
            raise np.linalg.LinAlgError(f"the linear program of the quantile was not solved ({found.message})")
        coefficients = -found.eqlin.marginals
        on = np.abs(self.y - self.x @ coefficients) <= 1e-7
        if on.sum() >= self.x.shape[1] and np.linalg.matrix_rank(self.x[on]) == self.x.shape[1]:
            coefficients = np.linalg.lstsq(self.x[on], self.y[on], rcond=None)[0]
        return Solution(coefficients, found.x + (self.quantile - 1) * self.weights, False)


def _reach(one: np.ndarray, d_one: np.ndarray, other: np.ndarray, d_other: np.ndarray) -> float:
    """Return the longest step along which both vectors stay positive."""
    with np.errstate(divide="ignore", invalid="ignore"):
        lengths = [np.where(d < 0, -v / d, np.inf).min() for v, d in ((one, d_one), (other, d_other))]
    return float(min(lengths))
