"""The least favorable critical value of Andrews, Roth and Pakes (2023, REStud 90: 2763-2791, section 4.1).

A quantile of the optimum of a linear programme whose right-hand side is drawn a thousand times. The programmes differ in
that side alone, so that each is solved from the solution of the one before.
"""

from __future__ import annotations

import highspy
import numpy as np

from analysis.inference.small_programmes import programme, solver

# Tighter than the solver's own, since a programme that starts near its solution stops as soon as these allow.
FEASIBLE = 1e-10


def critical_value(
    x_t: np.ndarray | None,
    sigma: np.ndarray,
    hybrid_kappa: float = 0.05,
    sims: int = 1000,
    rows_for_arp: np.ndarray | None = None,
    seed: int = 0,
) -> float:
    """Return the (1 - `hybrid_kappa`) quantile of the largest standardized moment, least over nuisance parameters.

    `sigma` (m, m) is the covariance of the moments, `x_t` (m, d) their derivatives with respect to nuisance parameters, if
    there are any; `rows_for_arp` chooses moments. Arguments and draws are those of moderndid's `compute_least_favorable_cv`,
    whose place this takes. Raises RuntimeError where no programme has a solution.
    """
    if rows_for_arp is not None:
        sigma = sigma[np.ix_(rows_for_arp, rows_for_arp)]
        x_t = None if x_t is None else x_t[rows_for_arp]
    draws = np.random.default_rng(seed).multivariate_normal(mean=np.zeros(len(sigma)), cov=sigma, size=sims)
    spread = np.sqrt(np.diag(sigma))
    if x_t is None:
        return float(np.quantile((draws / spread).max(axis=1), 1 - hybrid_kappa))
    optima = _optima(np.column_stack([spread, x_t]), draws)
    if not len(optima):
        raise RuntimeError("Failed to compute any valid eta values")
    return float(np.quantile(optima, 1 - hybrid_kappa))


def _optima(matrix: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Return the least eta with `matrix` (m, 1 + d) @ (eta, tau) >= draw for some tau, of each draw (n, m) that has one."""
    m, k = matrix.shape
    free = np.full(k, -highspy.kHighsInf)
    solving = solver(
        threads=1, solver="simplex", presolve="off", primal_feasibility_tolerance=FEASIBLE, dual_feasibility_tolerance=FEASIBLE
    )
    solving.passModel(programme(np.eye(k)[0], matrix, draws[0], np.full(m, highspy.kHighsInf), free))
    rows, above = np.arange(m, dtype=np.int32), np.full(m, highspy.kHighsInf)
    found = []
    for draw in draws:
        solving.changeRowsBounds(m, rows, draw, above)  # type: ignore[attr-defined]
        solving.run()
        if solving.getModelStatus() == highspy.HighsModelStatus.kOptimal:
            found.append(solving.getSolution().col_value[0])
    return np.array(found)
