"""Poisson pseudo-likelihood with absorbed effects, and whether it has a maximum.

Iterated weighted least squares with the effects swept out in each step (Correia, Guimaraes and Zylkin 2020, Stata Journal 20:
95-115). Columns are kept net from step to step, so that sweeping them again takes little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse, special

from analysis.core.estimates import NotIdentified
from analysis.inference.absorb import Absorber
from analysis.inference.rank import Projection, need_variation, project

ITERATIONS = 200
# Steps converge quadratically: after one below this, in log points of any mean, the next would be about its square.
STEP = 1e-5
STABLE = 1e-9  # change of the deviance, as a share of it, that a further step may still make
# Means of some zeros still fall by this while the deviance hardly changes: they may run to zero.
FALLING, HARDLY = 0.1, 1e-3
PREDICTED = 1e-6  # a combination of regressors, of at most one, that is above this is positive


@dataclass(frozen=True)
class Maximum:
    """Coefficients (k,), means (rows,), and the projection on the regressors net of the effects, times the root of the means."""

    coefficients: np.ndarray
    mean: np.ndarray
    projection: Projection


class Separated(Exception):
    """There is no maximum: means of the `rows` (rows,) run to zero."""

    def __init__(self, rows: np.ndarray) -> None:
        super().__init__("separated")
        self.rows = rows


def maximize(y: np.ndarray, x: np.ndarray, codes: np.ndarray, names: tuple[str, ...], within: str) -> Maximum:
    """Return the maximum for outcomes `y` (rows,) of mean about one, regressors `x` (rows, k) and `codes` (rows, effects).

    Raises Separated, or NotIdentified for collinear regressors and where the iterations do not end.
    """
    mean = (y + y.mean()) / 2
    index = np.log(mean)
    net, working = np.column_stack([np.zeros_like(y), x]), np.zeros_like(y)
    # Of the deviance, what no coefficient moves.
    saturated = float(2 * (y - special.xlogy(y, y)).sum())
    deviance, tried = np.inf, False
    for number in range(ITERATIONS):
        before, working = working, index + (y - mean) / mean
        net[:, 0] += working - before
        net = Absorber(codes, mean).residualize(net)
        if number == 0:
            need_variation(net[:, 1:], x, names, within)
        root = np.sqrt(mean)
        projection = project(net[:, 1:] * root[:, None], names, where=within)
        beta = projection.coefficients(net[:, 0] * root)
        index, mean, was, deviance, step = _moved(y, saturated, index, working - net[:, 0] + net[:, 1:] @ beta, deviance)
        calm = abs(was - deviance) <= STABLE * (deviance + len(y))
        if calm and step.max() < STEP:
            final = Absorber(codes, mean).residualize(net[:, 1:])
            return Maximum(beta, mean, project(final * np.sqrt(mean)[:, None], names, where=within))
        if not tried and abs(was - deviance) <= HARDLY * (deviance + len(y)) and step[y == 0].max(initial=0) > FALLING and number > 5:
            tried = True
            rows = separated(y, x, codes)
            if rows.any():
                raise Separated(rows)
    raise NotIdentified("CONVERGENCE", f"the Poisson likelihood has not reached its maximum after {ITERATIONS} steps")


def _moved(
    y: np.ndarray, saturated: float, old: np.ndarray, new: np.ndarray, was: float
) -> tuple[np.ndarray, np.ndarray, float, float, np.ndarray]:
    """Return index, mean, deviance before and now, and the size of the step (rows,): the whole way to `new`, or less if that leads up."""
    for _ in range(30):
        index = np.clip(new, -300, 300)
        mean = np.exp(index)
        deviance = float(2 * (mean.sum() - np.einsum("i,i->", y, index))) - saturated
        if deviance <= was * (1 + 1e-8) + 1e-8 * len(y):
            break
        new = (old + new) / 2
    return index, mean, was, deviance, np.abs(index - old)


def separated(y: np.ndarray, x: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return rows (rows,) whose means can run to zero: zeros that some combination of regressors and effects singles out.

    The combination is positive there, zero where the outcome is positive, and not negative elsewhere. Whether there is one
    is a linear programme: the largest sum over zeros of a combination between zero and one. A second call without these rows
    may find more.
    Source: Correia, Guimaraes and Zylkin (2019, "Verifying the existence of maximum likelihood estimates for generalized linear
    models", arXiv 1903.01633, proposition 1).
    """
    from scipy import optimize  # a second of start that few regressions need

    rows, zero = len(y), y == 0
    dummies = [sparse.csr_matrix((np.ones(rows), (np.arange(rows), effect))) for effect in codes.T]
    columns = sparse.hstack([*dummies, sparse.csr_matrix(x / np.abs(x).max(0))]).tocsr()
    inside, outside = columns[zero], columns[~zero]
    found = optimize.linprog(
        -np.asarray(inside.sum(0)).ravel(),
        A_ub=sparse.vstack([inside, -inside]), b_ub=np.repeat([1.0, 0.0], zero.sum()),
        A_eq=outside, b_eq=np.zeros(outside.shape[0]), bounds=(None, None), method="highs",
    )  # fmt: skip
    if found.x is None:
        raise NotIdentified("CONVERGENCE", f"whether the Poisson likelihood has a maximum could not be found out: {found.message}")
    singled = np.zeros(rows, bool)
    singled[zero] = inside @ found.x > PREDICTED
    return singled
