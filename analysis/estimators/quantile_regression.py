"""Quantile regression, pooled or within units (Canay 2011, Econometrics J. 14: 368-386), by linear programming.

Within: unit effects of the mean regression are taken off first, which is right when effects of units shift the whole
distribution. No library has it with clustered errors: intervals are bootstrapped over units.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pandas as pd

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified, noted, parameter
from analysis.core.method import Method
from analysis.core.options import MOST_DRAWS, Option
from analysis.core.progress import track
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._cohorts import unit_codes
from analysis.estimators._regression import columns_of, complete_rows, counts_of, regressors_of
from analysis.inference.absorb import residualize
from analysis.inference.quantile_program import Program, Solution

METHOD = Method(
    title="Quantile regression, pooled or within units",
    citation="Koenker and Bassett (1978), Econometrica 46: 33-50; within: Canay (2011), Econometrics J. 14: 368-386",
    library="analysis (linear programs by scipy)",
    needs=("outcome", "treatment|controls"),
    accepts=("unit", "time"),
    options={
        "quantile": Option(0.5, "quantile, between 0 and 1", minimum=0, below=1),
        "within": Option(False, "take unit effects off first; needs --unit"),
        "bootstrap_draws": Option(199, "draws over units (rows without --unit); 0 for none", minimum=0, maximum=MOST_DRAWS, fewest=2),
    },
)
# A spread of draws, or a range of solutions, no larger than this share of the outcome's spread is rounding.
ROUNDING = 1e-9


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return one row per regressor and 'const', with bootstrap standard errors over units.

    Where other coefficients fit as well the reason gives their range. Draws in which regressors are collinear are left out and not
    counted. Raises NotIdentified for collinear regressors, within units those that stand still, and a constant outcome.
    """
    options = METHOD.read(specification)
    if options.quantile == 0:
        raise BadOption("quantile_regression: option quantile is 0; it must lie between 0 and 1", "quantile", 0, "between 0 and 1")
    if options.within and not specification.unit:
        raise BadOption("quantile_regression: option within needs --unit", "within", True, (False,))
    data = complete_rows(panel, columns_of(specification, ()))
    names = regressors_of(specification)
    y, x = data[specification.outcome].to_numpy(float), data[names].to_numpy(float)
    problem = _Problem.of(y, x, _units(data, specification, y, x), options)
    problem.check(names)
    solved = problem.solve(np.ones(problem.n_units))
    assert solved is not None  # what has no solution, the check has refused
    estimates = problem.back @ solved.coefficients + problem.level
    errors, drawn = _errors(problem, options.bootstrap_draws, specification.seed)
    about = {"inference": "none"} if np.isnan(errors).all() else {"inference": "bootstrap", "draws": drawn, "seed": specification.seed}
    about |= counts_of(data, specification)
    reasons = _reasons(problem, solved, estimates, errors, options.bootstrap_draws)
    return [
        parameter(name, b, se, **about, **reason) for name, b, se, reason in zip([*names, "const"], estimates, errors, reasons, strict=True)
    ]


def _units(data: pd.DataFrame, specification: Specification, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return codes of what is drawn, in the order of names or, for rows, of values: draws do not depend on the order of rows."""
    if specification.unit:
        return unit_codes(data[specification.unit])
    codes = np.empty(len(y), dtype=np.int64)
    codes[np.lexsort((*x.T, y))] = np.arange(len(y))
    return codes


@dataclass(frozen=True)
class _Solved:
    """A program and its solution; `taken` is the constant that came off with the unit effects."""

    program: Program
    solution: Solution
    taken: float

    @property
    def coefficients(self) -> np.ndarray:
        return self.solution.coefficients + np.append(np.zeros(len(self.solution.coefficients) - 1), self.taken)


@dataclass(frozen=True)
class _Problem:
    """Outcome `y` (rows,) of unit spread, `x` (rows, k + 1) of unit deviation with a constant last, codes of `units`; `net` (rows, 1 + k):
    y and regressors less their means within units, or None; `back` (k + 1, k + 1) and `level` lead to the coefficients as asked for."""

    y: np.ndarray
    x: np.ndarray
    units: np.ndarray
    net: np.ndarray | None
    back: np.ndarray
    level: np.ndarray
    quantile: float

    @classmethod
    def of(cls, y: np.ndarray, x: np.ndarray, units: np.ndarray, options: SimpleNamespace) -> _Problem:
        middle, mean = float(np.median(y)), x.mean(0)
        spread = float(np.median(np.abs(y - middle))) or float(np.std(y)) or 1.0
        if np.ptp(y) <= 1e-13 * np.abs(y).max():
            raise NotIdentified("SUPPORT", "the outcome does not vary")
        deviation = x.std(0)
        deviation = np.where(deviation > 1e-13 * np.abs(x).max(0), deviation, np.inf)  # a constant becomes zeros
        y, x = (y - middle) / spread, (x - mean) / deviation
        back = np.zeros((x.shape[1] + 1,) * 2)
        back[:-1, :-1] = np.diag(spread / deviation)
        back[-1] = np.append(-spread * mean / deviation, spread)
        level = np.append(np.zeros(x.shape[1]), 0.0 if options.within else middle)
        net = residualize(np.column_stack([y, x]), units[:, None]) if options.within else None
        return cls(y, np.column_stack([x, np.ones(len(x))]), units, net, back, level, options.quantile)

    @property
    def n_units(self) -> int:
        return int(self.units.max()) + 1

    def check(self, names: list[str]) -> None:
        """Raise NotIdentified for regressors that are collinear, or do not vary within units."""
        if self.net is not None:
            still = np.sqrt((self.net[:, 1:] ** 2).mean(0)) <= 1e-9
            if still.any():
                gone = ", ".join(name for name, stays in zip(names, still, strict=True) if stays)
                raise NotIdentified("SINGULAR", f"within units there is no variation in {gone}")
        if not self._independent(np.ones(len(self.y))):
            raise NotIdentified("SINGULAR", f"the regressors are collinear: {', '.join(names)}")

    def _independent(self, weights: np.ndarray) -> bool:
        for x in (self.x, *([self.net[:, 1:]] if self.net is not None else [])):
            moments = (x * weights[:, None]).T @ x
            size = np.sqrt(np.diag(moments))
            if size.min() == 0 or np.linalg.eigvalsh(moments / np.outer(size, size)).min() < 1e-11:
                return False
        return True

    def solve(self, times: np.ndarray) -> _Solved | None:
        """Return the solution with every unit counted `times` (units,), or None where regressors are collinear."""
        weights = times[self.units]
        if not self._independent(weights):
            return None
        y, used, taken = self.y, weights > 0, 0.0
        if self.net is not None:
            root = np.sqrt(weights)[:, None]
            slopes = np.linalg.lstsq(self.net[:, 1:] * root, self.net[:, 0] * root[:, 0], rcond=None)[0]
            rest = y - self.x[:, :-1] @ slopes
            y = y - (np.bincount(self.units, rest) / np.bincount(self.units))[self.units]
            # An effect is the mean of y - x slopes with x as it is, not centred (Canay's step 1): the rest belongs to the constant.
            taken = float(-self.back[-1, :-1] @ slopes / self.back[-1, -1])
        program = Program(y[used], self.x[used], self.quantile, weights[used])
        return _Solved(program, program.solve(), taken)


def _errors(problem: _Problem, draws: int, seed: int) -> tuple[np.ndarray, int]:
    """Return standard errors (k + 1,) over `draws` of units, and how many had a solution; missing where fewer than two differ."""
    generator = np.random.default_rng(seed)
    n = problem.n_units
    drawn = []
    for _ in track(range(draws if n > 1 else 0), draws, "bootstrap draws"):
        found = problem.solve(np.bincount(generator.integers(n, size=n), minlength=n).astype(float))
        if found is not None:
            drawn.append(found.coefficients)
    if len(drawn) < 2:
        return np.full(len(problem.level), np.nan), len(drawn)
    spread = np.std(np.array(drawn) @ problem.back.T, axis=0, ddof=1)
    return np.where(spread > ROUNDING * np.abs(problem.back).sum(1), spread, np.nan), len(drawn)


def _reasons(problem: _Problem, solved: _Solved, estimates: np.ndarray, errors: np.ndarray, draws: int) -> list[dict]:
    """Return of each coefficient why it is one of many or has no standard error; empty where there is nothing to say."""
    found = []
    for direction, value, error in zip(problem.back, estimates, errors, strict=True):
        parts = []
        if not solved.solution.unique:
            here = direction @ solved.solution.coefficients
            low, high = (value + end - here for end in solved.program.span(solved.solution, direction))
            if high - low > ROUNDING * np.abs(direction).sum():
                parts.append(f"QUANTILE: not unique: every value from {low:.6g} to {high:.6g} fits as well")
        if draws and np.isnan(error):
            parts.append("FEW: draws of units are too few or all alike: no standard error")
        found.append(noted("; ".join(parts)))
    return found
