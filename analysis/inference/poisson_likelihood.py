"""Poisson pseudo-likelihood with absorbed effects, and whether it has a maximum.

Iterated weighted least squares with the effects swept out in each step (Correia, Guimaraes and Zylkin 2020, Stata Journal 20:
95-115). Columns are kept net from step to step, so that sweeping them again takes little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.estimates import NotIdentified
from analysis.inference.absorb import Absorber
from analysis.inference.rank import EFFECTS_LEFT, Projection, project, still, vanished

ITERATIONS = 200
# Steps converge quadratically: after one below this, in log points of any mean, the next would be below its square.
STEP = 1e-6
STABLE = 1e-9  # change of the deviance, as a share of it, that a further step may still make
# Means of some zeros still fall by this while the deviance hardly changes: they may run to zero.
FALLING, HARDLY = 0.1, 1e-3
PREDICTED = 1e-5  # the smallest part in a combination of regressors that is positive for zeros only
RECTIFICATIONS = 1000
HEAVY = 1e6  # weight of positive outcomes, for which that combination is to be zero


@dataclass(frozen=True)
class Maximum:
    """Coefficients (k,), means (rows,), and the projection on the regressors net of the effects, times the root of the means."""

    coefficients: np.ndarray
    mean: np.ndarray
    projection: Projection


class Separated(Exception):
    """There is no maximum: means of the `rows` (rows,) run to zero."""

    def __init__(self, rows: np.ndarray):
        super().__init__("separated")
        self.rows = rows


def maximize(y: np.ndarray, x: np.ndarray, codes: np.ndarray, names: tuple[str, ...], within: str) -> Maximum:
    """Return the maximum for outcomes `y` (rows,) of mean about one, regressors `x` (rows, k) and `codes` (rows, effects).

    Raises Separated, or NotIdentified for collinear regressors and where the iterations do not end.
    """
    mean = (y + y.mean()) / 2
    index = np.log(mean)
    net, working = np.column_stack([np.zeros_like(y), x]), np.zeros_like(y)
    deviance, tried = np.inf, False
    for number in range(ITERATIONS):
        before, working = working, index + (y - mean) / mean
        net[:, 0] += working - before
        net = Absorber(codes, mean).residualize(net)
        if number == 0:
            _check(net[:, 1:], x, mean, names, within)
        root = np.sqrt(mean)
        projection = project(net[:, 1:] * root[:, None], names, where=within)
        beta = projection.coefficients(net[:, 0] * root)
        index, mean, was, deviance, step = _moved(y, index, working - net[:, 0] + net[:, 1:] @ beta, deviance)
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


def _check(net: np.ndarray, x: np.ndarray, mean: np.ndarray, names: tuple[str, ...], within: str) -> None:
    gone = [name for i, name in enumerate(names) if vanished(net[:, i], x[:, i], EFFECTS_LEFT)]
    if gone:
        raise still(gone, within)


def _moved(y: np.ndarray, old: np.ndarray, new: np.ndarray, was: float) -> tuple[np.ndarray, np.ndarray, float, float, np.ndarray]:
    """Return index, mean, deviance before and now, and the size of the step (rows,): the whole way to `new`, or less if that leads up."""
    for _ in range(30):
        index = np.clip(new, -300, 300)
        mean = np.exp(index)
        ratio = np.log(np.where(y > 0, y, 1.0)) - index
        deviance = float(2 * (np.where(y > 0, y * ratio, 0.0) - (y - mean)).sum())
        if deviance <= was * (1 + 1e-8) + 1e-8 * len(y):
            break
        new = (old + new) / 2
    return index, mean, was, deviance, np.abs(index - old)


def separated(y: np.ndarray, x: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return the rows (rows,) whose means can run to zero: zeros that some combination of regressors and effects singles out.

    The combination is positive there and zero for all other rows, or there is none. Source: the iterative rectifier of
    Correia, Guimaraes and Zylkin (2019, "Verifying the existence of maximum likelihood estimates for generalized linear
    models", arXiv 1903.01633, section 3).
    """
    zero = y == 0
    weights = np.where(zero, 1.0, HEAVY)
    root = np.sqrt(weights)
    absorber = Absorber(codes, weights)
    net = absorber.residualize(x)
    projection = project(net * root[:, None], tuple(map(str, range(x.shape[1]))))
    target = zero.astype(float)
    for _ in range(RECTIFICATIONS):
        left = absorber.residualize(target)[:, 0]
        fitted = target - left + net @ projection.coefficients(left * root)
        wrong = max(-fitted[zero].min(initial=0), np.abs(fitted[~zero]).max(initial=0))
        if wrong < PREDICTED / 10 or fitted.max() < PREDICTED:
            break
        target = np.where(zero, np.maximum(fitted, 0.0), 0.0)
    return zero & (fitted > PREDICTED)
