"""Cohorts permuted among units, and two-way fixed effects under each permutation, from sums by unit and period.

A permuted treatment is on from a unit's cohort on, so that all it needs of a unit is its cohort and tables of units by periods:
what inference.single_regressor works out from rows, the same Draws, for panels of millions of rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from analysis.inference.absorb import DENSE, LEVELS_SOLVED, Absorber
from analysis.inference.cluster import cr1_factor
from analysis.inference.permuted_labels import permute
from analysis.inference.randomization import Draws
from analysis.inference.single_regressor import evaluate_blocks

CELLS_AT_ONCE = 8_000_000  # entries of the largest table of a block of permutations
UNITS_AT_ONCE = 2048  # units whose permuted labels are compared at a time: they stay in the processor's cache
# A sum of squares that keeps less than this share of what it is made of is added up score by score.
KEPT = 1e-9


def permutations(
    first: np.ndarray, draws: int, generator: np.random.Generator, at_once: int, strata: np.ndarray | None = None
) -> Iterator[np.ndarray]:
    """Yield permutations of the cohorts `first` (units,), within `strata` (units,) if any, in blocks (units, at most `at_once`)."""
    permuted = permute(first, draws, generator, strata)
    for start in range(0, draws, at_once):
        # A permutation after another in memory, as they are made.
        yield np.stack([next(permuted) for _ in range(min(at_once, draws - start))]).T


def evaluate(
    outcome: np.ndarray, actual: np.ndarray, unit: np.ndarray, period: np.ndarray, time: np.ndarray, first: np.ndarray, draws: int,
    generator: np.random.Generator, effects: np.ndarray, n_parameters: int, strata: np.ndarray | None = None,
) -> Draws:  # fmt: skip
    """Return the Draws of treatments `time` >= permuted cohort, with CR1 variances by unit; `strata` (units,) are permuted within.

    `outcome`, `actual` (rows,) are the outcome and the treatment in force; `unit` and `period` codes, `time` (rows,) periods
    themselves; `first` (units,) the cohorts to permute, infinite for never; `effects` (rows, e) the codes to absorb.
    """
    units, periods = len(first), int(period.max()) + 1
    tabulated = effects.shape[1] == 2 and _same(effects, unit, period) and periods <= LEVELS_SOLVED
    if not tabulated or units * periods > DENSE * len(unit):
        at_once = max(1, CELLS_AT_ONCE // len(unit))
        blocks = ((time[:, None] >= cohorts[unit]).astype(float) for cohorts in permutations(first, draws, generator, at_once, strata))
        return evaluate_blocks(outcome, actual, blocks, effects, unit, n_parameters)
    labels, label = np.unique(first, return_inverse=True)
    tables = _Tables(outcome, actual, unit, period, time, labels, n_parameters)
    evaluated = _Even(tables, np.bincount(label)) if (tables.count == 1).all() else tables
    at_once = max(1, CELLS_AT_ONCE // units)
    parts = [evaluated.block(block) for block in permutations(label.astype(np.int32), draws, generator, at_once, strata)]
    return Draws.joined(parts)


def _same(effects: np.ndarray, unit: np.ndarray, period: np.ndarray) -> bool:
    """Return whether the effects are those of units and periods, in either order."""
    return any(
        _refines(effects[:, i], unit)
        and _refines(unit, effects[:, i])
        and _refines(effects[:, j], period)
        and _refines(period, effects[:, j])
        for i, j in ((0, 1), (1, 0))
    )


def _refines(first: np.ndarray, second: np.ndarray) -> bool:
    """Return whether each level of `first` lies in one level of `second`."""
    holder = np.empty(int(first.max()) + 1, dtype=np.int64)
    holder[first] = second
    return bool((holder[first] == second).all())


class _Tables:
    """Units by periods: how many rows, the swept outcome and the swept treatment in force; and their sums from each cohort on."""

    def __init__(
        self,
        outcome: np.ndarray,
        actual: np.ndarray,
        unit: np.ndarray,
        period: np.ndarray,
        time: np.ndarray,
        labels: np.ndarray,
        n_parameters: int,
    ) -> None:
        units, periods = int(unit.max()) + 1, int(period.max()) + 1
        absorber = Absorber(np.column_stack([unit, period]))
        layers = absorber.residualize(np.column_stack([outcome, actual]))
        when = np.zeros(periods)
        when[period] = time
        pair = unit.astype(np.int64) * periods + period
        shape = (units, periods)
        self.count = np.bincount(pair, minlength=units * periods).reshape(shape).astype(float)
        self.layers = [np.bincount(pair, layer, units * periods).reshape(shape) for layer in layers.T]
        self.on = (when >= labels[:, None]).astype(float)  # (labels, periods)
        self.size = self.count.sum(1)
        self.share = self.count / self.size[:, None]
        total = self.count.sum(0)
        self.inverse = np.linalg.pinv(np.diag(total) - self.share.T @ self.count, rcond=1e-10, hermitian=True)
        self.balanced = bool((self.count == self.count[0]).all())
        self.factor = cr1_factor(len(unit), units, n_parameters)

    @cached_property
    def after(self) -> np.ndarray:
        """Return the rows of each unit from each cohort on (units, labels)."""
        return self.count @ self.on.T

    @cached_property
    def sums(self) -> list[np.ndarray]:
        """Return the sums of each layer from each cohort on (units, labels)."""
        return [layer @ self.on.T for layer in self.layers]

    def block(self, label: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return a, b, v_yy, v_yd, v_dd of a block of permutations; `label` (units, permutations) indexes the cohorts."""
        after = np.take_along_axis(self.after, label, 1)
        label = np.ascontiguousarray(label)  # tables are read across permutations
        on_by_period = self._by_period(label)
        # Coefficients of the permuted treatment on the effects: `small` of periods, `large` of units.
        small = self.inverse @ (on_by_period - self.share.T @ after)
        large = after / self.size[:, None] - self.share @ small
        explained = self._explained(label, small)
        # Sums within units of the swept treatment squared; over units they are its length.
        within = after * (1 - large) - 2 * explained + large * (self.count @ small) + self.count @ small**2
        length = within.sum(0)
        with np.errstate(divide="ignore", invalid="ignore"):
            estimates, scores = [], []
            for layer, total in zip(self.layers, self.sums, strict=True):
                moment = np.take_along_axis(total, label, 1) - layer @ small
                estimate = moment.sum(0) / length
                estimates.append(estimate)
                scores.append(moment - within * estimate)
            scale = self.factor / length**2
            (a, b), (y, d) = estimates, scores
            return a, b, (y * y).sum(0) * scale, (y * d).sum(0) * scale, (d * d).sum(0) * scale

    def _by_period(self, label: np.ndarray) -> np.ndarray:
        """Return the treated rows of each period (periods, permutations)."""
        if self.balanced:
            counts = np.stack([np.bincount(column, minlength=len(self.on)) for column in label.T], axis=1)
            return (self.on.T @ counts) * self.count[0][:, None]
        return sum(self.on[[code]].T * (self.count.T @ (label == code)) for code in range(len(self.on)))

    def _explained(self, label: np.ndarray, small: np.ndarray) -> np.ndarray:
        """Return the sums of period coefficients over the treated rows of each unit (units, permutations)."""
        if self.balanced:
            return np.take_along_axis((self.on * self.count[0]) @ small, label, 0)
        total = np.zeros(label.shape)
        for code, on in enumerate(self.on):
            total += (label == code) * (self.count @ (on[:, None] * small))
        return total


class _Even:
    """A panel with one row for each unit and period: what a cohort's treatment is net of the effects is the same in every permutation.

    Cohorts have as many units whichever these are, so that period coefficients do not move. A unit's part of the estimate depends on
    its permuted cohort alone and is tabulated once; a permutation sums entries of these tables.
    """

    def __init__(self, tables: _Tables, counts: np.ndarray) -> None:
        on, self.counts, self.factor = tables.on, counts, tables.factor
        small = tables.inverse @ (on.T @ counts - (counts * on.mean(1)).sum())
        net = on - small
        net -= net.mean(1, keepdims=True)
        self.within = (net**2).sum(1)
        self.length = float(counts @ self.within)
        # (labels, units, 2): of Y and D, were the unit of that cohort.
        self.parts = np.ascontiguousarray(np.stack([layer @ net.T for layer in tables.layers], axis=2).swapaxes(0, 1))
        y, d = self.parts[..., 0], self.parts[..., 1]
        self.columns = np.stack([y, d, y * y, y * d, d * d], axis=2)

    def block(self, label: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return a, b, v_yy, v_yd, v_dd of a block of permutations; `label` (units, permutations) indexes the cohorts."""
        sums = np.zeros((len(self.counts), label.shape[1], self.columns.shape[2]))
        for start in range(0, len(label), UNITS_AT_ONCE):
            own = slice(start, start + UNITS_AT_ONCE)
            some = np.ascontiguousarray(label[own].T)
            for code, columns in enumerate(self.columns):
                sums[code] += (some == code).astype(float) @ columns[own]
        totals = sums.sum(0).T
        weighted = self.within @ sums[..., :2].swapaxes(0, 1)  # (permutations, 2)
        spread = float(self.counts @ self.within**2)
        with np.errstate(divide="ignore", invalid="ignore"):
            a, b = estimates = totals[:2] / self.length
            pairs = ((0, 0), (0, 1), (1, 1))
            squares = [
                total - estimates[i] * weighted[:, j] - estimates[j] * weighted[:, i] + estimates[i] * estimates[j] * spread
                for (i, j), total in zip(pairs, totals[2:], strict=True)
            ]
            lost = np.flatnonzero((squares[0] <= KEPT * totals[2]) | (squares[2] <= KEPT * totals[4]))
            for column in lost:
                scores = self._scores(label[:, column], estimates[:, column])
                for square, (i, j) in zip(squares, pairs, strict=True):
                    square[column] = scores[:, i] @ scores[:, j]
            scale = self.factor / self.length**2
            return a, b, squares[0] * scale, squares[1] * scale, squares[2] * scale

    def _scores(self, label: np.ndarray, estimates: np.ndarray) -> np.ndarray:
        """Return the scores (units, 2) on Y and D of one permutation."""
        return self.parts[label, np.arange(len(label))] - self.within[label][:, None] * estimates
