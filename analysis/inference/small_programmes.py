"""Small linear programmes, thousands of them, by HiGHS (Huangfu and Hall 2018, Math. Prog. Comp. 10: 119-142) without ceremony.

scipy.optimize.linprog solves by the same program, but checks, converts and describes a programme for ten times as long as a
programme of some tens of rows takes to solve.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import highspy
import numpy as np

SOLVED, INFEASIBLE = 0, 2


def programme(cost: np.ndarray, matrix: np.ndarray, lower: np.ndarray, upper: np.ndarray, least: np.ndarray) -> highspy.HighsLp:
    """Return the programme: least `cost` (n,) @ x with `lower` <= `matrix` (m, n) @ x <= `upper` (m,) and x >= `least` (n,); infinities are no limit."""
    m, n = matrix.shape
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = n, m
    model.col_cost_ = cost
    model.col_lower_, model.col_upper_ = least, np.full(n, highspy.kHighsInf)
    model.row_lower_, model.row_upper_ = lower, upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = np.arange(m + 1) * n
    model.a_matrix_.index_ = np.tile(np.arange(n), m)
    model.a_matrix_.value_ = matrix.ravel()
    return model


def solver(**options: Any) -> highspy.Highs:
    """Return a silent solver with these options."""
    found = highspy.Highs()
    found.silent()
    for name, value in options.items():
        found.setOptionValue(name, value)
    return found


def linprog(
    c: np.ndarray,
    A_ub: np.ndarray | None = None,
    b_ub: np.ndarray | None = None,
    A_eq: np.ndarray | None = None,
    b_eq: np.ndarray | None = None,
    bounds: list[tuple[float | None, None]] | tuple[float | None, None] = (0, None),
    method: str = "highs",
) -> SimpleNamespace:
    """Return x (n,), fun, success, status and the marginals of inequalities, as scipy's `linprog` does, for unknowns without upper bounds.

    Either inequalities or equations are given. Status is SOLVED, INFEASIBLE or another number; x is None where nothing was found.
    """
    lower = [bounds[0]] * len(c) if isinstance(bounds, tuple) else [bound[0] for bound in bounds]
    least = np.array([-highspy.kHighsInf if low is None else low for low in lower], dtype=float)
    if A_eq is not None and b_eq is not None:
        model = programme(c, A_eq, b_eq, b_eq, least)
    elif A_ub is not None and b_ub is not None:
        model = programme(c, A_ub, np.full(len(b_ub), -highspy.kHighsInf), b_ub, least)
    else:
        raise TypeError("neither inequalities nor equations are given")
    solving = solver(threads=1)
    solving.passModel(model)
    solving.run()
    status = solving.getModelStatus()
    if status != highspy.HighsModelStatus.kOptimal:
        code = INFEASIBLE if status == highspy.HighsModelStatus.kInfeasible else 4
        return SimpleNamespace(success=False, status=code, x=None, fun=None, ineqlin=None)
    solution = solving.getSolution()
    x = np.array(solution.col_value)
    marginals = SimpleNamespace(marginals=np.array(solution.row_dual))
    return SimpleNamespace(success=True, status=SOLVED, x=x, fun=float(np.dot(c, x)), ineqlin=marginals)
