"""Group-time averages and their influence functions from repeated cross-sections: no unit need be seen twice.

Callaway and Sant'Anna (2021, J. Econometrics 225: 200-230), section on repeated cross-sections (their assumption 3 and online
appendix): each cell compares four means, of a cohort and its controls in the cell's period and in its base period; with
covariates it is estimated by inference.doubly_robust.effect_of_sections. Cohort shares are shares of rows, as in R's did.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.inference.cohort_influence import Averages, weigh
from analysis.inference.doubly_robust import Unsupported, effect_of_sections


@dataclass(frozen=True)
class Sections:
    """Rows of repeated cross-sections: `outcome`, `cohort` (infinite = never) and `time` (rows,), sorted `periods` (periods,).

    `weight` (rows,) of sampling, positive in any scale, or None; `covariates` (rows, controls), of the row's own period.
    """

    outcome: np.ndarray
    cohort: np.ndarray
    time: np.ndarray
    periods: np.ndarray
    weight: np.ndarray | None = None
    covariates: np.ndarray | None = None

    def seen(self, cohort: float) -> np.ndarray:
        """Return in which periods the cohort has a row (periods,)."""
        return np.isin(self.periods, self.time[self.cohort == cohort])


@dataclass(frozen=True)
class _Groups:
    """Rows by cohort and period: the group of each row (rows,), its weight (mean one) and outcome less that of the group
    (rows,); weights and mean outcomes (less that of all rows) of groups (cohorts, periods)."""

    code: np.ndarray
    weight: np.ndarray
    deviation: np.ndarray
    cohorts: np.ndarray
    at: dict
    size: np.ndarray
    mean: np.ndarray

    def corners(self, g: float, t: float, b: float, horizon: float, not_yet: bool) -> list[tuple[int, np.ndarray, int]]:
        """Return sign, cohorts (boolean) and position of the period of the four means of a cell."""
        own = self.cohorts == g
        others = ~own & (self.cohorts > horizon if not_yet else np.isinf(self.cohorts))
        return [(1, own, self.at[t]), (-1, own, self.at[b]), (-1, others, self.at[t]), (1, others, self.at[b])]

    def average(self, cohorts: np.ndarray, at: int) -> tuple[float, float]:
        """Return the mean outcome of some cohorts in a period, and their weight."""
        size = self.size[cohorts, at]
        return float(size @ self.mean[cohorts, at] / size.sum()), float(size.sum())


def _groups(sections: Sections) -> _Groups:
    cohorts, rows = np.unique(sections.cohort, return_inverse=True)
    shape = len(cohorts), len(sections.periods)
    code = rows * shape[1] + np.searchsorted(sections.periods, sections.time)
    weight = np.ones(len(code)) if sections.weight is None else sections.weight / sections.weight.mean()
    # What all outcomes share cancels, but large numbers would not cancel exactly.
    y = sections.outcome - sections.outcome.mean()
    size = np.bincount(code, weight, shape[0] * shape[1])
    mean = np.bincount(code, weight * y, len(size)) / np.where(size > 0, size, 1.0)
    at = {period: place for place, period in enumerate(sections.periods)}
    return _Groups(code, weight, y - mean[code], cohorts, at, size.reshape(shape), mean.reshape(shape))


def averages_of_sections(
    sections: Sections, cells: tuple[np.ndarray, ...], selections: list[np.ndarray], not_yet: bool, method: str, anticipation: int = 0
) -> tuple[Averages, list[tuple[int, int, str]]]:
    """Return cohort-share weighted averages of the cells in each of `selections` (cells,), as cohort_influence.averages does.

    Influences are by row. Also returns cohort, period and reason of cells that could not be estimated.
    """
    groups = _groups(sections)
    corners = [groups.corners(g, t, b, max(t, b) + anticipation, not_yet) for g, t, b in zip(*cells, strict=True)]
    filled = np.array([all(groups.size[cohorts, at].any() for _, cohorts, at in four) for four in corners], dtype=bool)
    share = np.array([groups.size[groups.cohorts == g].sum() / len(groups.code) for g in cells[0]])
    if sections.covariates is None:
        means = [sum(sign * groups.average(who, at)[0] for sign, who, at in four) for four in _those(corners, filled)]
        effects, reasons = np.full(len(filled), np.nan), []
        effects[filled] = means
        values, weights = weigh(effects, filled, share, selections)
        influence = _influence_of_means(groups, corners, weights)
    else:
        effects, influence, reasons = _conditional(sections, groups, cells, corners, filled, share, selections, method)
        values, _ = weigh(effects, np.isfinite(effects), share, selections)
    _add_shares(influence, groups, cells[0], effects, share, values, selections)
    influence[:, ~np.isfinite(values)] = np.nan
    return Averages(values, influence, effects, np.isfinite(effects), share, np.arange(len(influence))), reasons


def _those(corners: list, chosen: np.ndarray) -> list:
    return [four for four, one in zip(corners, chosen, strict=True) if one]


def _influence_of_means(groups: _Groups, corners: list, weights: np.ndarray) -> np.ndarray:
    """Return the influence of each row (rows, parameters) on averages of four means; `weights` (parameters, cells).

    A row counts with its distance from the means it enters: from that of its group, and that of its group from theirs.
    """
    slope = np.zeros((*groups.size.shape, len(weights)))
    level = np.zeros_like(slope)
    for four, weight in zip(corners, weights.T, strict=True):
        if weight.any():
            for sign, who, at in four:
                mean, size = groups.average(who, at)
                scale = sign * len(groups.code) / size * weight
                slope[who, at] += scale
                level[who, at] += (groups.mean[who, at] - mean)[:, None] * scale
    influence = np.empty((len(groups.code), len(weights)))
    for p in range(len(weights)):
        influence[:, p] = groups.weight * (slope[..., p].ravel()[groups.code] * groups.deviation + level[..., p].ravel()[groups.code])
    return influence


def _conditional(sections, groups, cells, corners, filled, share, selections, method) -> tuple[np.ndarray, np.ndarray, list]:
    """Return the effects of cells given covariates (cells,), influences on averages of them (rows, parameters) and reasons."""
    effects, reasons = np.full(len(corners), np.nan), []
    influence = np.zeros((len(groups.code), len(selections)))
    for k in np.flatnonzero(filled):
        sign = np.zeros(groups.size.shape, dtype=np.int8)
        for position, (_, who, at) in enumerate(corners[k]):
            sign[who, at] = position + 1
        corner = sign.ravel()[groups.code]
        rows = np.flatnonzero(corner)
        treated, post = corner[rows] <= 2, corner[rows] % 2 == 1
        x = np.column_stack([np.ones(len(rows)), sections.covariates[rows]])
        weight = None if sections.weight is None else groups.weight[rows]
        try:
            effects[k], one = effect_of_sections(sections.outcome[rows], post, treated, x, method, weight)
        except Unsupported as error:
            reasons.append((int(cells[0][k]), int(cells[1][k]), str(error)))
            continue
        for p, chosen in enumerate(selections):
            if chosen[k]:
                # A cell's influence is an average over its own rows; that of the whole, over all.
                influence[rows, p] += one * (len(groups.code) / len(rows) * share[k])
    for p, chosen in enumerate(selections):
        total = share[chosen & np.isfinite(effects)].sum()
        influence[:, p] = influence[:, p] / total if total > 0 else np.nan
    return effects, influence, reasons


def _add_shares(influence, groups: _Groups, g, effects, share, values, selections) -> None:
    """Add the influence of estimated cohort shares (corollary 2): by cohort, zero for rows never treated."""
    for p, chosen in enumerate(selections):
        used = chosen & np.isfinite(effects)
        change = np.array([(effects[used & (g == one)] - values[p]).sum() for one in groups.cohorts])
        if used.any() and change.any():
            influence[:, p] += groups.weight * (change / share[used].sum())[groups.code // len(groups.at)]
