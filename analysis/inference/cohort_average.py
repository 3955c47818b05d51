"""Group-time average effects without covariates as plain cohort means, fast enough to permute thousands of times.

Callaway and Sant'Anna (2021, J. Econometrics 225: 200-230), unconditional parallel trends: equations 2.6-2.8
without covariates reduce to differences of mean long differences; aggregations are their section 3, and the
influence functions (with the estimation of cohort weights) their theorem 2 and corollary 2. Everything is linear
in the outcome, so a second layer (the treated cells D) is carried along for inference.randomization.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.inference.randomization import Draws

NEVER = np.inf


@dataclass(frozen=True)
class Panel:
    """A units x periods panel: `outcome` (units, periods) with NaN, `cohort` (units,), `periods` (periods,).

    `weight` (units,) of sampling, positive in any scale, or None where all units count the same.
    """

    outcome: np.ndarray
    cohort: np.ndarray
    periods: np.ndarray
    units: np.ndarray
    weight: np.ndarray | None = None

    @property
    def treated_cells(self) -> np.ndarray:
        """One in the cells that the actual cohorts treat, zero elsewhere."""
        return (self.periods[None, :] >= self.cohort[:, None]).astype(float)

    def seen(self, cohort: float) -> np.ndarray:
        """Return in which periods per unit of the cohort has an outcome (periods,)."""
        return np.isfinite(self.outcome.T[:, self.cohort == cohort]).any(1)


def panel_of(data: pd.DataFrame, outcome: str, unit: str, time: str, cohort: str) -> Panel:
    """Return the Panel of a long table; cohorts after the last period are never treated within the window."""
    codes, units = pd.factorize(data[unit], sort=True)
    times, periods = pd.factorize(data[time], sort=True)
    # Periods by rows in memory: a long difference reads two contiguous blocks.
    wide = np.full((len(periods), len(units)), np.nan)
    wide[times, codes] = data[outcome].to_numpy(float)
    first = np.full(len(units), np.nan)
    first[codes] = data[cohort].to_numpy(dtype=float, na_value=np.nan)
    periods = np.asarray(periods, dtype=float)
    cohorts = np.where(np.isnan(first) | (first <= 0) | (first > periods.max()), NEVER, first)
    return Panel(wide.T, cohorts, periods, np.asarray(units))


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


def cell_keys(panel, anticipation: int = 0, universal: bool = True) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return cohort, period and base period of every cell of a `panel` with `cohort` (units,) and sorted `periods` (periods,).

    The base is the last period before treatment (less `anticipation`) in which a unit of the cohort is observed: not the one just
    before where the cohort has a hole there; with `universal=False`, cells before treatment compare with the cohort's last observed
    period before them instead. A cohort without any earlier period has no cells.
    """
    periods = panel.periods
    rows = []
    for g in np.unique(panel.cohort[np.isfinite(panel.cohort)]):
        before = np.flatnonzero(panel.seen(g) & (periods < g - anticipation))
        for place, t in enumerate(periods):
            bases = before if universal or t >= g - anticipation else before[before < place]
            if len(bases) and bases[-1] != place:
                rows.append((g, t, periods[bases[-1]]))
    return tuple(np.array(column) for column in zip(*rows, strict=True)) if rows else (np.array([]),) * 3


def moved_bases(cells: tuple[np.ndarray, ...], anticipation: int = 0, universal: bool = True) -> list[tuple[int, int, int]]:
    """Return cohort, wanted and used base period wherever `cells` (of `cell_keys`) do not use the period just before."""
    moved = {}
    for g, t, base in zip(*cells, strict=True):
        wanted = t - 1 if not universal and t < g - anticipation else g - 1 - anticipation
        if base != wanted:
            moved[int(g), int(wanted), int(base)] = None
    return list(moved)


def cells_of(panel: Panel, anticipation: int = 0, universal: bool = True) -> Cells:
    """Return the cells of `cell_keys` with the long differences of every unit: for panels of thousands, not millions."""
    g, t, b = cell_keys(panel, anticipation, universal)
    at = {period: index for index, period in enumerate(panel.periods)}
    layers = np.stack([panel.outcome, np.where(np.isnan(panel.outcome), np.nan, panel.treated_cells)])
    difference = (
        np.stack([layers[:, :, at[ti]] - layers[:, :, at[bi]] for ti, bi in zip(t, b, strict=True)], axis=1)
        if len(g)
        else np.empty((2, 0, len(panel.units)))
    )
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
    n_treated: np.ndarray


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
    n_treated, n_control = treated.sum(1), control.sum(1)
    exists = (n_treated > 0) & (n_control > 0)
    if cells.weight is not None:
        member, treated, control = member * cells.weight, treated * cells.weight, control * cells.weight
    part_t = treated / np.where(exists, treated.sum(1), 1)[:, None]
    part_c = control / np.where(exists, control.sum(1), 1)[:, None]
    mean_t = np.einsum("lku,ku->lk", cells.differences, part_t)
    mean_c = np.einsum("lku,ku->lk", cells.differences, part_c)
    units = len(cohort)
    influence = units * (part_t * (cells.differences - mean_t[..., None]) - part_c * (cells.differences - mean_c[..., None]))
    share = member.mean(1)
    return Estimates(mean_t - mean_c, influence, exists, share, member - share[:, None], n_treated)


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


def moments(estimate: np.ndarray, influence: np.ndarray) -> tuple[float, ...]:
    """Return the entries of a Draws for one assignment: `estimate` (2,) on Y and on D, and their (co)variances, mean squares
    of `influence` (2, units) over units, over units."""
    cross = influence @ influence.T / influence.shape[1] ** 2
    return float(estimate[0]), float(estimate[1]), float(cross[0, 0]), float(cross[0, 1]), float(cross[1, 1])


def draws_of(values: Iterable[tuple[np.ndarray, np.ndarray]]) -> Draws:
    """Return the Draws of (estimate (2,), influence (2, units)) pairs, of which no more than one need exist at a time."""
    return stacked([moments(estimate, influence) for estimate, influence in values])


def stacked(found: list[tuple[float, ...]]) -> Draws:
    """Return the Draws of the `moments` of several assignments."""
    return Draws(*np.array(found, dtype=float).reshape(-1, 5).T)


def permute(cohort: np.ndarray, draws: int, generator: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield `draws` permutations of the cohort labels over units, each (units,): cohort sizes are kept, and no two are held at once."""
    for _ in range(draws):
        yield generator.permuted(cohort)
