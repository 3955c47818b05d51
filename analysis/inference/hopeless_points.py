"""Values that the hybrid test of Andrews, Roth and Pakes (2023, REStud 90: 2763-2791, section 4.1) rejects in its first stage.

The first stage rejects a value where the least violation exceeds the least favorable critical value. Values where it does not
are those of one linear programme, hence an interval, whose ends two programmes find; the library looks at a grid of values
one by one, and where none is accepted at all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from analysis.inference.small_programmes import INFEASIBLE, SOLVED, linprog

# Slack of the critical value, and of the interval's ends in points of the grid: what is left out must be rejected beyond any doubt.
SLACK, POINTS = 1e-6, 2


def without_hopeless(accepted: partial, points: int) -> Callable[[int], bool]:
    """Return the test `accepted` (point of the grid → whether it is), which it does not ask for points that the first stage rejects.

    `accepted` is moderndid's `_test_theta_accepted` with all its arguments but the point, one of `points`.
    """
    given = accepted.keywords
    critical = given["hybrid_list"].get("lf_cv") if given["hybrid_flag"] == "LF" else None
    if critical is None or given["a_gamma_inv_minus_one"] is None:
        return accepted
    first, last = _hopeful(given, critical, points)
    return lambda point: first <= point <= last and accepted(point)


def _hopeful(given: dict, critical: float, points: int) -> tuple[int, int]:
    """Return the first and last point that the first stage may accept; the last is before the first where there is none."""
    rows = slice(None) if given["rows_for_arp"] is None else given["rows_for_arp"]
    grid, moments = given["theta_grid"], given["y_t_matrix"][:, rows]
    slope = (moments[-1] - moments[0]) / (grid[-1] - grid[0])
    spread = np.sqrt(np.diag(given["sigma_y"])[rows])
    nuisance = given["a_gamma_inv_minus_one"][rows]
    # Moments at the value v are moments[0] + slope (v - grid[0]); v - grid[0] and the nuisance parameters are the unknowns.
    matrix = np.column_stack([slope, -nuisance.reshape(len(slope), -1)])
    limit = spread * (critical + SLACK) - moments[0]
    ends = []
    for sign, unbounded in ((1, 0), (-1, points - 1)):
        cost = np.eye(matrix.shape[1])[0] * sign
        found = linprog(cost, A_ub=matrix, b_ub=limit, bounds=(None, None))
        if found.status == INFEASIBLE:
            return 0, -1
        step = (grid[-1] - grid[0]) / (points - 1)
        ends.append(found.x[0] / step if found.status == SOLVED else unbounded)
    return int(np.floor(ends[0])) - POINTS, int(np.ceil(ends[1])) + POINTS
