"""Group-time average effects without covariates under thousands of permuted cohorts.

The averages of inference.group_time_averages for panels of thousands, not millions: the long differences of every cell are held
once, and assignments of cohorts cost products of matrices with them, many assignments at a time. Everything is linear in the
outcome, so a second layer (the treated cells D) is carried along for inference.randomization.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from analysis.inference.group_time_cells import Panel, cell_keys
from analysis.inference.randomization import Draws, moments

# Numbers of one array of influence that are held at a time: they stay in the processor's cache.
HELD = 200_000


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


def permuted_averages(
    cells: Cells, cohorts: np.ndarray, selections: Iterable[np.ndarray], not_yet_treated: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Return the cohort-share weighted average of each of `selections` (cells,) under every row of `cohorts` (draws, units).

    Effects (2, draws, selections) and their influence (2, draws, selections, units); not a number where no selected cell has treated
    and controls. Weights are estimated, and their influence is added (corollary 2). Together the two make the influence of a
    treated unit its change less that of its controls less the average effect: a cohort of one unit, which has no spread around
    its own mean, still counts with its distance from the average.
    """
    n, weight = cohorts.shape[1], 1.0 if cells.weight is None else cells.weight
    treated = [(np.flatnonzero(cells.cohort == g), cohorts == g) for g in np.unique(cells.cohort)]
    control = _controls(cells, cohorts, not_yet_treated)
    (some_t, size_t, mean_t), (some_c, size_c, mean_c) = (_means(cells, side) for side in (treated, control))
    effect = mean_t - mean_c
    share = np.empty_like(size_t)
    for which, member in treated:
        share[:, which] = (member * weight).mean(1, keepdims=True)
    # (draws, selections, cells) from here on.
    chosen = (some_t & some_c)[:, None, :] & np.stack(list(selections))[None]
    counted = np.where(chosen, share[:, None, :], 0.0)
    total = counted.sum(2)
    total[~chosen.any(2)] = np.nan
    average = np.einsum("dsk,ldk->lds", counted, effect) / total
    influence = _spread(cells, treated, mean_t, n * counted / (total[..., None] * size_t[:, None, :]))
    influence -= _spread(cells, control, mean_c, n * counted / (total[..., None] * size_c[:, None, :]))
    # d weight_k = d share_k / total - share_k / total^2 * sum_j d share_j, times effects: distances from the average.
    distance = np.where(chosen, effect[:, :, None, :] - average[..., None], 0.0) / total[..., None]
    for which, member in treated:
        influence += distance[..., which].sum(3)[..., None] * (member * weight)[:, None, :]
    return average, influence


def _controls(cells: Cells, cohorts: np.ndarray, not_yet_treated: bool) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return groups of cells (their places) that have the same controls, and who these are (draws, units)."""
    if not not_yet_treated:
        return [(np.arange(len(cells.cohort)), np.isinf(cohorts))]
    # Units that may already anticipate their treatment are no controls (their assumption 5).
    horizon = np.maximum(cells.period, cells.base) + cells.anticipation
    kinds, code = np.unique(np.column_stack([horizon, cells.cohort]), axis=0, return_inverse=True)
    return [(np.flatnonzero(code.ravel() == i), (cohorts > last) & (cohorts != g)) for i, (last, g) in enumerate(kinds)]


def _means(cells: Cells, side: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return of one side of every cell whether anybody is there, their weight (draws, cells), one where nobody is, and means (2, draws, cells)."""
    draws, k = len(side[0][1]), len(cells.cohort)
    some, size, mean = np.empty((draws, k), bool), np.empty((draws, k)), np.empty((2, draws, k))
    for which, member in side:
        there = cells.valid[which].T.astype(float)
        some[:, which] = member.astype(float) @ there > 0
        counted = member.astype(float) if cells.weight is None else member * cells.weight
        total = counted @ there
        size[:, which] = np.where(some[:, which], total, 1.0)
        mean[:, :, which] = counted @ cells.differences[:, which].swapaxes(1, 2) / size[:, which]
    return some, size, mean


def _spread(cells: Cells, side: list[tuple[np.ndarray, np.ndarray]], mean: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return what the units of one side add to the influence: distances from the `mean` of each cell times its `share` (draws, selections, cells)."""
    draws, selections, _ = share.shape
    found = np.zeros((2, draws, selections, cells.differences.shape[2]))
    for which, member in side:
        own = share[..., which]
        part = own @ cells.differences[:, None, which]
        part -= (own * mean[:, :, None, which]) @ cells.valid[which].astype(float)
        counted = member.astype(float) if cells.weight is None else member * cells.weight
        found += part * counted[:, None, :]
    return found


def blocks(cohorts: Iterable[np.ndarray], units: int, selections: int) -> Iterator[np.ndarray]:
    """Yield `cohorts`, each (units,), as tables (draws, units) of as many as `permuted_averages` of so many selections should have at a time."""
    rest, size = iter(cohorts), max(1, HELD // (2 * units * selections))
    while held := list(islice(rest, size)):
        yield np.stack(held)


def overall_moments(cells: Cells, cohorts: np.ndarray, not_yet: bool = False) -> tuple[np.ndarray, ...]:
    """Return the columns of the Draws of the average over all treated cells (aggregation=simple) under each of `cohorts` (draws, units)."""
    effect, influence = permuted_averages(cells, cohorts, [cells.event_time >= 0], not_yet)
    return moments(effect[:, :, 0], influence[:, :, 0], means=True)


def overall_draws(cells: Cells, cohorts: Iterable[np.ndarray], not_yet: bool = False) -> Draws:
    """Return the Draws of that average under each of `cohorts`, each (units,)."""
    return Draws.joined(overall_moments(cells, block, not_yet) for block in blocks(cohorts, cells.valid.shape[1], 1))
