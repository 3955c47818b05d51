"""Maximum of the likelihood of durations (inference.cure_likelihood) by Newton's method, in units that the data give.

Log time is measured from the mean of the ends in units of their spread, regressors likewise (inference.standard_units): where
the search stops, and what counts as flat, depends on neither months nor yuan. It stops by the Newton decrement, the squared
distance to the top in standard errors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import block_diag

from analysis.core.estimates import NotIdentified
from analysis.inference.cure_likelihood import Derivatives, Spells, derivatives
from analysis.inference.standard_units import orthonormal

STEPS = 100
NEAR = 1e-10  # Newton decrement, per unit of log likelihood, from which full steps are taken: the next one is its square
DONE = 1e-18  # decrement at which the search ends
CONVERGED = 1e-12  # and the largest that is taken for a maximum
FARTHEST = 9.0  # log odds beyond which the share is all or nothing
OUTSIDE = 25.0  # log odds from which no search comes back
THINNEST = -14.0  # log scale, in units of the spread, from which none does
RIDGE = 1e-7  # the least curvature, with that in each coefficient at one
# Location, log scale and log odds to begin from besides, in standard units: long and short durations, rare and frequent ends.
ELSEWHERE = ((0.5, -0.3, 4.0), (1.0, 0.5, 4.0), (0.0, -0.7, -1.0), (0.0, -1.5, 0.0), (2.0, 0.5, 2.0), (-0.5, 0.0, 0.0))
FLAT = 1e-12  # curvature in standard units below which the likelihood has run out to its end: a standard error of a million
FLOOR = 1e-14  # least curvature, of the largest, that a step divides by


class NoInnerMaximum(NotIdentified):
    """The likelihood rises without end; `share` is 0 or 1 when the share that ever ends does so, else None."""

    def __init__(self, message: str, share: int | None = None) -> None:
        super().__init__("CONVERGENCE", f"the likelihood has no inner maximum: {message}")
        self.share = share


@dataclass(frozen=True)
class Maximum:
    """Coefficients on location, log scale and log odds `theta` (k,), log likelihood, first derivatives (3, rows) in the user's units.

    `scores` (rows, k) and `information`, minus the Hessian (k, k), are in standard units; `back` (k, k) turns them into the user's.
    """

    theta: np.ndarray
    value: float
    scores: np.ndarray
    information: np.ndarray
    first: np.ndarray
    back: np.ndarray

    def variance(self, clustered: np.ndarray | None = None) -> np.ndarray:
        """Return the inverse information (k, k) or, from scores summed by cluster, the sandwich, without a small-sample factor."""
        bread = np.linalg.inv(self.information)
        found = bread if clustered is None else bread @ (clustered.T @ clustered) @ bread
        return self.back @ found @ self.back.T


@dataclass(frozen=True)
class Problem:
    """Spells and regressors in standard units, and the way back: theta = `back` @ standard theta + `shift`."""

    distribution: str
    spells: Spells
    blocks: list[np.ndarray]
    back: np.ndarray
    shift: np.ndarray
    unit: float

    @classmethod
    def of(cls, distribution: str, spells: Spells, x: np.ndarray, z: np.ndarray | None) -> Problem:
        """Return the problem of `x` (rows, k) on location and `z` (rows, m) on the odds; their last columns are constant."""
        middles = spells.middles()
        origin, unit = (middles.mean(), middles.std()) if len(middles) else (0.0, 1.0)
        # Ends without spread (all in one interval, say) lend no unit.
        unit = unit if unit > 1e-12 * max(abs(origin), 1.0) else 1.0
        located, back = orthonormal(x)
        blocks, backs = [located, np.ones((len(x), 1))], [unit * back, np.ones((1, 1))]
        if z is not None:
            shared, back = orthonormal(z)
            blocks, backs = [*blocks, shared], [*backs, back]
        shift = np.zeros(sum(block.shape[1] for block in blocks))
        shift[x.shape[1] - 1 : x.shape[1] + 1] = origin, np.log(unit)
        return cls(distribution, spells.measured(origin, unit), blocks, block_diag(*backs), shift, unit)

    def parts(self, theta: np.ndarray) -> tuple[np.ndarray, float, np.ndarray | None]:
        """Return location (rows,), log scale and log odds of ever ending (rows,); odds are None where everything ends."""
        k = self.blocks[0].shape[1]
        return self.blocks[0] @ theta[:k], float(theta[k]), self.blocks[2] @ theta[k + 1 :] if len(self.blocks) == 3 else None

    def at(self, theta: np.ndarray) -> Derivatives:
        """Return the likelihood at the standard coefficients `theta`."""
        return derivatives(self.spells, self.distribution, *self.parts(theta))

    def slopes(self, at: Derivatives) -> tuple[np.ndarray, np.ndarray]:
        """Return the gradient (k,) and minus the Hessian (k, k)."""
        gradient = np.concatenate([row @ block for row, block in zip(at.first, self.blocks, strict=False)])
        information = np.empty((len(gradient), len(gradient)))
        cuts = np.cumsum([0, *(block.shape[1] for block in self.blocks)])
        for i, a in enumerate(self.blocks):
            for j, b in enumerate(self.blocks[i:], i):
                part = a.T @ (-at.second[i, j][:, None] * b)
                information[cuts[i] : cuts[i + 1], cuts[j] : cuts[j + 1]] = part
                information[cuts[j] : cuts[j + 1], cuts[i] : cuts[i + 1]] = part.T
        return gradient, information

    def starts(self) -> list[np.ndarray]:
        """Return standard coefficients to begin from: no effects, and as many ends still to come as a third of those seen.

        Where covariates share out who ever ends the likelihood can have several tops, and there are several starts.
        """
        k, theta = self.blocks[0].shape[1], np.zeros(len(self.shift))
        theta[k - 1], theta[k] = 0.5, -0.3
        if len(self.blocks) < 3:
            return [theta]
        seen = (len(self.spells.exact) + len(self.spells.interval)) / len(self.spells.last)
        share = min(max(1.3 * seen, 0.05), 0.9)
        theta[-1] = np.log(share / (1 - share))
        if self.blocks[2].shape[1] == 1:
            return [theta]
        others = []
        for location, log_scale, odds in ELSEWHERE:
            others.append(theta.copy())
            others[-1][[k - 1, k, -1]] = location, log_scale, odds
        # Which way a covariate moves the share is where tops differ most.
        for column in range(k + 1, len(theta) - 1):
            for slope in (-2.0, 2.0):
                others.append(theta.copy())
                others[-1][[k, column, -1]] = -1.0, slope, 0.0
        return [theta, *others]

    def gone(self, theta: np.ndarray) -> bool:
        """Return whether the share or the scale has run to its edge."""
        _, log_scale, odds = self.parts(theta)
        return log_scale < THINNEST or (odds is not None and abs(odds.mean()) > OUTSIDE) or not np.isfinite(theta).all()


def maximise(spells: Spells, distribution: str, x: np.ndarray, z: np.ndarray | None = None, theta: np.ndarray | None = None) -> Maximum:
    """Return the maximum over `x` (rows, k) on location, one log scale and `z` (rows, m) on the odds, from `theta` (or a guess).

    The last columns of `x` and `z` are constant; without `z` everything ends. Raises NoInnerMaximum when there is none.
    """
    problem = Problem.of(distribution, spells, x, z)
    starts = problem.starts() if theta is None else [np.linalg.solve(problem.back, theta - problem.shift)]
    theta, now, information = highest(problem, starts)
    scores = np.column_stack([row[:, None] * block for row, block in zip(now.first, problem.blocks, strict=False)])
    first = now.first / np.array([[problem.unit], [1.0], [1.0]])
    return Maximum(problem.back @ theta + problem.shift, now.value, scores, information, first, problem.back)


def highest(problem: Problem, starts: list[np.ndarray]) -> tuple[np.ndarray, Derivatives, np.ndarray]:
    """Return the highest point reached from any of the `starts` in standard units, its derivatives and minus the Hessian (k, k).

    Raises NoInnerMaximum when the likelihood has none.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        theta, now, decrement = max((_climb(problem, begin) for begin in starts), key=lambda top: np.nan_to_num(top[1].value, nan=-np.inf))
        _, information = problem.slopes(now)
        _need_inner(problem, theta, information, decrement)
    return theta, now, information


def _climb(problem: Problem, theta: np.ndarray) -> tuple[np.ndarray, Derivatives, float]:
    """Return the highest point that Newton's method finds from `theta`, its derivatives, and the decrement there."""
    now, last = problem.at(theta), np.inf
    for _ in range(STEPS):
        gradient, information = problem.slopes(now)
        # Away from the maximum the likelihood need not be concave: negative curvature is turned round.
        eigenvalues, vectors = np.linalg.eigh(information)
        curvature = np.abs(eigenvalues)
        step = vectors @ ((vectors.T @ gradient) / np.maximum(curvature, FLOOR * curvature.max()))
        decrement = float(gradient @ step)
        near = decrement < NEAR * max(1.0, abs(now.value))
        if decrement < DONE or problem.gone(theta) or (near and decrement >= last):
            break
        moved = (theta + step, problem.at(theta + step)) if near else _uphill(problem, theta, now.value, step)
        if moved is None:
            break
        theta, now = moved
        last = decrement if near else np.inf
    return theta, now, decrement


def _uphill(problem: Problem, theta: np.ndarray, value: float, step: np.ndarray) -> tuple[np.ndarray, Derivatives] | None:
    """Return the first point along `step`, halved until then, whose likelihood is above `value`."""
    step = step / max(1.0, np.abs(step).max() / max(2.0, np.abs(theta).max()))
    for _ in range(30):
        reached = problem.at(theta + step)
        if reached.value > value and np.isfinite(reached.second.sum()):
            return theta + step, reached
        step = step / 2
    return None


def _need_inner(problem: Problem, theta: np.ndarray, information: np.ndarray, decrement: float) -> None:
    _, log_scale, odds = problem.parts(theta)
    if odds is not None and abs(odds.mean()) > FARTHEST:
        share = int(odds.mean() > 0)
        raise NoInnerMaximum(f"the share that never ends goes to {1 - share}", share)
    if log_scale < THINNEST:
        raise NoInnerMaximum("the scale goes to 0: the regressors give the ends exactly, or one value lies in the interval of every end")
    size = np.sqrt(np.abs(np.diag(information)))
    # Flat in standard units, or a ridge: some combination is flat although each of its coefficients is not.
    flat = not np.isfinite(information).all() or np.linalg.eigvalsh(information).min() < FLAT
    if flat or np.linalg.eigvalsh(information / np.outer(size, size)).min() < RIDGE or not decrement < CONVERGED:
        raise NoInnerMaximum("the share that never ends is not identified" if odds is not None else "its coefficients are not identified")
