"""Likelihood of durations whose clock an exposure speeds up or slows down from the day on which it begins.

Cox and Oakes (1984, Analysis of Survival Data, section 5.2): a unit's own time is tau(t) = integral of exp(-g d(s)) over age s
up to t, d(s) being 1 under exposure; log tau = x'b + sigma W among units that ever end. A month under exposure counts as
exp(-g) months without, so that exp(g) is the ratio of times of units exposed throughout to units never exposed. With the share
that never ends of inference.cure_likelihood, or without. Dates only: no intervals and no late entry.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import block_diag

from analysis.inference.cure_likelihood import Derivatives, Spells, derivatives
from analysis.inference.cure_maximum import Problem, highest


@dataclass(frozen=True)
class Clock:
    """Months `without` and `under` exposure (rows,), whether the row `ended` (at a date), and whether it was exposed then (`last`)."""

    without: np.ndarray
    under: np.ndarray
    ended: np.ndarray
    last: np.ndarray

    def own_time(self, effect: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the log of each row's own time under the log time ratio `effect`, and the share of it that exposure makes."""
        under = np.exp(-effect) * self.under
        time = self.without + under
        return np.log(time), under / time


@dataclass(frozen=True)
class Reached(Derivatives):
    """Derivatives at a point, with each row's share of own time under exposure and its first and second derivative in the effect."""

    share: np.ndarray
    slope: np.ndarray
    bend: np.ndarray


@dataclass(frozen=True)
class ClockProblem(Problem):
    """The problem of cure_maximum with the log time ratio of the exposure as last coefficient."""

    clock: Clock

    @classmethod
    def of_clock(cls, distribution: str, clock: Clock, x: np.ndarray, z: np.ndarray | None) -> ClockProblem:
        """Return the problem of `x` (rows, k) on location and `z` (rows, m) on the odds; their last columns are constant."""
        months = clock.without + clock.under
        base = Problem.of(distribution, Spells.between(months, np.where(clock.ended, months, np.inf)), x, z)
        back, shift = block_diag(base.back, [[base.unit]]), np.append(base.shift, 0.0)
        return cls(distribution, base.spells, base.blocks, back, shift, base.unit, clock)

    @property
    def origin(self) -> float:
        """Return the log time from which standard log time is measured."""
        return float(self.shift[self.blocks[0].shape[1] - 1])

    def parts(self, theta: np.ndarray) -> tuple[np.ndarray, float, np.ndarray | None]:
        return super().parts(theta[:-1])

    def at(self, theta: np.ndarray) -> Reached:
        effect, ended = theta[-1] * self.unit, self.clock.ended
        own, share = self.clock.own_time(effect)
        measured = (own - self.origin) / self.unit
        base = derivatives(replace(self.spells, last=measured), self.distribution, *self.parts(theta))
        # Of a date, the density is that of age and not of own time, which goes at another pace under exposure.
        pace = ended * self.clock.last
        value = base.value + float((ended * measured * (1 - self.unit) - pace * effect).sum())
        slope = base.first[0] * share + self.unit * (ended * share - pace)
        turn = self.unit * share * (1 - share)
        bend = base.second[0, 0] * share**2 - turn * (base.first[0] + self.unit * ended)
        return Reached(value, base.first, base.second, share, slope, bend)

    def slopes(self, at: Derivatives) -> tuple[np.ndarray, np.ndarray]:
        assert isinstance(at, Reached)
        gradient, information = super().slopes(at)
        cross = np.concatenate([-(at.second[0, i] * at.share) @ block for i, block in enumerate(self.blocks)])
        bordered = np.block([[information, cross[:, None]], [cross[None, :], np.array([[-at.bend.sum()]])]])
        return np.append(gradient, at.slope.sum()), bordered

    def starts(self) -> list[np.ndarray]:
        """Return those of the problem without an effect, with none."""
        return [np.append(start, 0.0) for start in replace_unit(self).starts()]

    def scores(self, at: Derivatives) -> np.ndarray:
        """Return first derivatives by row and coefficient (rows, k), in standard units."""
        assert isinstance(at, Reached)
        columns = [row[:, None] * block for row, block in zip(at.first, self.blocks, strict=False)]
        return np.column_stack([*columns, at.slope])


def replace_unit(problem: ClockProblem) -> Problem:
    """Return the problem without the exposure."""
    return Problem(problem.distribution, problem.spells, problem.blocks, problem.back[:-1, :-1], problem.shift[:-1], problem.unit)


@dataclass(frozen=True)
class ClockMaximum:
    """Coefficients `theta` (k,) on location, log scale, odds, and last the log time ratio; `variance` takes clusters' scores."""

    theta: np.ndarray
    value: float
    scores: np.ndarray
    information: np.ndarray
    back: np.ndarray

    def variance(self, clustered: np.ndarray) -> np.ndarray:
        """Return the sandwich (k, k) from scores summed by cluster, without a small-sample factor."""
        bread = np.linalg.inv(self.information)
        return self.back @ bread @ (clustered.T @ clustered) @ bread @ self.back.T


def maximise(clock: Clock, distribution: str, x: np.ndarray, z: np.ndarray | None) -> ClockMaximum:
    """Return the maximum over `x` (rows, k) on location, `z` (rows, m) on the odds (None: everything ends), and the time ratio.

    Raises NoInnerMaximum when there is none.
    """
    problem = ClockProblem.of_clock(distribution, clock, x, z)
    theta, now, information = highest(problem, problem.starts())
    return ClockMaximum(problem.back @ theta + problem.shift, now.value, problem.scores(now), information, problem.back)
