"""Singular normal equations of fixed effects: factored where levels are few, iterated where they are many.

Dummies of several effects are collinear in ways that depend on which levels meet, so that both ways take any solution: all
have the same fitted values.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.linalg import lapack

from analysis.core.estimates import NotIdentified

# A level with less than this share of its own weight left, given the levels before it, is a combination of them.
NOTHING_LEFT = 1e-12
ITERATIONS = 20_000
ROUNDS = 5
DRIFT = 10  # times what is enough, at which a solution is taken
FLAT = 1e-14


def generalized_inverse(normal: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Return a symmetric generalized inverse of `normal` (levels, levels), positive semidefinite, by pivoted Cholesky.

    `total` (levels,) are the levels' weights before anything was taken out of them: what is left is judged against these.
    Levels that are combinations of others get zeros.
    """
    root = np.sqrt(np.where(total > 0, total, 1.0))
    factor, pivot, rank, _ = lapack.dpstrf(normal / np.outer(root, root), tol=NOTHING_LEFT, lower=1)
    kept = pivot[:rank] - 1
    inverse = np.zeros_like(normal)
    if rank == 0:
        return inverse
    part = lapack.dpotri(factor[:rank, :rank], lower=1)[0]
    part = np.tril(part) + np.tril(part, -1).T
    inverse[np.ix_(kept, kept)] = part / np.outer(root[kept], root[kept])
    return inverse


def conjugate_gradients(
    apply: Callable[[np.ndarray], np.ndarray], right: np.ndarray, diagonal: np.ndarray, total: np.ndarray, enough: np.ndarray
) -> np.ndarray:
    """Return solutions (levels, k) of apply(solution) = `right`, columns side by side, preconditioned by `diagonal` (levels,).

    A column is done when its residual, each level's over the root of its weight in `total`, has a norm of `enough` (k,).
    Raises NotIdentified when that is not reached: the levels hang together by too few rows.
    Source: Hestenes and Stiefel (1952, J. Research NBS 49: 409-436); for fixed effects Guimaraes and Portugal (2010, Stata
    Journal 10: 628-649) and Correia (2016, "A feasible estimator for linear models with multi-way fixed effects").
    """
    scale, weight = (np.divide(1.0, v, out=np.zeros_like(v), where=v > NOTHING_LEFT * total)[:, None] for v in (diagonal, total))
    solution, residual = np.zeros_like(right), right
    for _ in range(ROUNDS):
        solution = solution + _descend(apply, residual.copy(), scale, weight, enough)
        # What was added up step by step drifts from the truth.
        residual = right - apply(solution)
        if (_norm(residual, weight) <= DRIFT * enough).all():
            return solution
    raise NotIdentified("CONVERGENCE", "fixed effects hang together by too few rows to be swept out; leave one of them out")


def _descend(apply: Callable, residual: np.ndarray, scale: np.ndarray, weight: np.ndarray, enough: np.ndarray) -> np.ndarray:
    """Return what conjugate gradients from zero find for the right-hand sides `residual` (levels, k), which they use up."""
    solution = np.zeros_like(residual)
    going = np.flatnonzero(_norm(residual, weight) > enough)
    direction = scale * residual
    product = (residual * direction).sum(0)
    for _ in range(ITERATIONS):
        if not len(going):
            break
        step = apply(direction[:, going])
        curvature = (direction[:, going] * step).sum(0)
        # Along a direction that is rounding error of a collinear combination nothing more can be gained.
        flat = curvature <= FLAT * (direction[:, going] ** 2 / np.where(weight > 0, weight, 1.0)).sum(0)
        alpha = np.divide(product[going], curvature, out=np.zeros_like(curvature), where=~flat)
        solution[:, going] += alpha * direction[:, going]
        residual[:, going] -= alpha * step
        going = going[~flat & (_norm(residual[:, going], weight) > enough[going])]
        preconditioned = scale * residual[:, going]
        before, product[going] = product[going], (residual[:, going] * preconditioned).sum(0)
        direction[:, going] = preconditioned + product[going] / np.maximum(before, 1e-300) * direction[:, going]
    return solution


def _norm(residual: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return np.sqrt((residual**2 * weight).sum(0))
