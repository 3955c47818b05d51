"""Group-time average effects without covariates under thousands of permuted cohorts.

The averages of inference.group_time_averages for panels of thousands, not millions: the long differences of every cell are held
once, and an assignment of cohorts costs sums over them. Everything is linear in the outcome, so a second layer (the treated
cells D) is carried along for inference.randomization.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.inference.group_time_cells import Panel, cell_keys
from analysis.inference.randomization import Draws, draws_of


@dataclass(frozen=True)
class Cells:
    """Group-time cells: `cohort`, `period`, `base` and the long differences of Y and D, shape (2, cells, units)."""

    cohort: np.ndarray
    period: np.ndarray
    base: np.ndarray
    differences: np.ndarray
    valid: np.ndarray
    anticipation: int = 0
    weight: np.ndarray | None = None

    @property
    def event_time(self) -> np.ndarray:
        return (self.period - self.cohort).astype(int)


def cells_of(panel: Panel, anticipation: int = 0, universal: bool = True) -> Cells:
    """Return the cells of `cell_keys` with the long differences of every unit."""
    g, t, b = cell_keys(panel, anticipation, universal)
    layers = np.stack([panel.outcome, np.where(np.isnan(panel.outcome), np.nan, panel.treated_cells)])
    now, base = (np.searchsorted(panel.periods, periods) for periods in (t, b))
    difference = np.ascontiguousarray((layers[:, :, now] - layers[:, :, base]).swapaxes(1, 2))
    valid = ~np.isnan(difference[0])
    weight = None if panel.weight is None else panel.weight / panel.weight.mean()
    return Cells(g, t, b, np.where(valid, difference, 0.0), valid, anticipation, weight)


@dataclass(frozen=True)
class Estimates:
    """Cell estimates: `effect` (2, cells), `influence` (2, cells, units), which cells exist, cohort shares."""

    effect: np.ndarray
    influence: np.ndarray
    exists: np.ndarray
    share: np.ndarray
    share_influence: np.ndarray


def evaluate(cells: Cells, cohort: np.ndarray, not_yet_treated: bool = False) -> Estimates:
    """Return the cell estimates when units belong to `cohort` (units,), which may be permuted."""
    member = cohort[None, :] == cells.cohort[:, None]
    if not_yet_treated:
        # Units that may already anticipate their treatment are no controls (their assumption 5).
        horizon = np.maximum(cells.period, cells.base)[:, None] + cells.anticipation
        control = (cohort[None, :] > horizon) & ~member
    else:
        control = np.isinf(cohort)[None, :] & np.ones_like(member)
    treated, control = member & cells.valid, control & cells.valid
    exists = treated.any(1) & control.any(1)
    if cells.weight is not None:
        member, treated, control = member * cells.weight, treated * cells.weight, control * cells.weight
    part_t = treated / np.where(exists, treated.sum(1), 1)[:, None]
    part_c = control / np.where(exists, control.sum(1), 1)[:, None]
    mean_t = np.einsum("lku,ku->lk", cells.differences, part_t)
    mean_c = np.einsum("lku,ku->lk", cells.differences, part_c)
    influence = len(cohort) * (part_t * (cells.differences - mean_t[..., None]) - part_c * (cells.differences - mean_c[..., None]))
    share = member.mean(1)
    return Estimates(mean_t - mean_c, influence, exists, share, member - share[:, None])


def aggregate(estimates: Estimates, selection: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the cohort-share weighted average of the selected cells and its influence function: (2,), (2, units).

    Weights are estimated, and their influence is added (corollary 2). Together the two make the influence of a treated
    unit its change less that of its controls less the average effect: a cohort of one unit, which has no spread around
    its own mean, still counts with its distance from the average.
    """
    chosen = selection & estimates.exists
    if not chosen.any():
        return np.full(2, np.nan), np.full((2, estimates.influence.shape[2]), np.nan)
    share = estimates.share[chosen]
    total = share.sum()
    weight = share / total
    effect = estimates.effect[:, chosen]
    # d weight_k = d share_k / total - share_k / total^2 * sum_j d share_j
    change = estimates.share_influence[chosen]
    weight_influence = change / total - weight[:, None] * change.sum(0)[None, :] / total
    influence = np.einsum("k,lku->lu", weight, estimates.influence[:, chosen]) + effect @ weight_influence
    return effect @ weight, influence


def overall_draws(cells: Cells, cohorts: Iterable[np.ndarray], not_yet: bool = False) -> Draws:
    """Return the Draws of the average over all treated cells (aggregation=simple) under each of `cohorts`, each (units,)."""
    after = cells.event_time >= 0
    return draws_of((aggregate(evaluate(cells, cohort, not_yet), after) for cohort in cohorts), means=True)
