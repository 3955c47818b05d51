"""Group-time averages and their influence functions for panels of any size, one cell at a time.

The same estimator as inference.cohort_average (Callaway and Sant'Anna 2021), for one assignment of cohorts; with covariates
each cell is estimated by inference.doubly_robust. Units are sorted by cohort, so that the units of a cell are contiguous
blocks and no array is larger than the panel or than units x parameters. Sampling weights, where a panel has them, are in the
means, in the cohort shares and in the influence of both, as in R's did.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.inference.cohort_average import Panel
from analysis.inference.doubly_robust import Unsupported, effect


@dataclass(frozen=True)
class Averages:
    """Parameters in the order asked for: `values` (parameters,), `influence` (units, parameters).

    `effects`, `exists` and `share` (of the cell's cohort in the sample), each (cells,), describe the cells; `order` (units,)
    is the panel position of each row.
    """

    values: np.ndarray
    influence: np.ndarray
    effects: np.ndarray
    exists: np.ndarray
    share: np.ndarray
    order: np.ndarray


def averages(
    panel: Panel, cells: tuple[np.ndarray, ...], selections: list[np.ndarray], not_yet: bool, fixed_weights: bool = False,
    anticipation: int = 0,
) -> Averages:  # fmt: skip
    """Return cohort-share weighted averages of the cells in each of `selections` (cells,); `cells` are cohort, period, base.

    The influence of estimated weights is in (their corollary 2), unless they count as `fixed_weights`. An average
    without any cell is NaN.
    """
    order = np.argsort(panel.cohort, kind="stable")
    cohort, outcome, weight = panel.cohort[order], panel.outcome.T[:, order], _weight(panel, order)
    at = {period: index for index, period in enumerate(panel.periods)}
    # Units that may already anticipate their treatment are no controls (their assumption 5).
    blocks = [_blocks(cohort, g, max(t, b) + anticipation, not_yet) for g, t, b in zip(*cells, strict=True)]
    parts = [
        _cell(outcome[at[t]], outcome[at[b]], treated, controls, weight)
        for (treated, controls), t, b in zip(blocks, cells[1], cells[2], strict=True)
    ]
    effects = np.array([part.effect for part in parts])
    exists = np.isfinite(effects)
    share = _shares([treated for treated, _ in blocks], cohort, weight)
    values, weights = weigh(effects, exists, share, selections)
    influence = np.zeros((len(cohort), len(selections)))
    for k in np.flatnonzero(exists & (weights != 0).any(0)):
        used = np.flatnonzero(weights[:, k])
        _add(influence, outcome[at[cells[1][k]]] - outcome[at[cells[2][k]]], blocks[k], parts[k], weights[used, k], used, weight)
    if not fixed_weights:
        _add_weights(influence, cohort, cells[0], effects, exists, selections, values, share, weight)
    influence[:, ~np.isfinite(values)] = np.nan
    return Averages(values, influence, effects, exists, share, order)


def _weight(panel: Panel, order: np.ndarray) -> np.ndarray | None:
    """Return the sampling weights in the order of rows, with mean one."""
    return None if panel.weight is None else panel.weight[order] / panel.weight.mean()


def _shares(treated: list[slice], cohort: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """Return the share of the sample that belongs to the cohort of each cell (cells,)."""
    sizes = [rows.stop - rows.start if weight is None else weight[rows].sum() for rows in treated]
    return np.array(sizes, dtype=float) / max(len(cohort), 1)


@dataclass(frozen=True)
class _Cell:
    """Effect, means of the two groups, and over how much weight each is a mean (units, where they are not weighted)."""

    effect: float
    mean_treated: float
    mean_control: float
    size_treated: float
    size_control: float


def _blocks(cohort: np.ndarray, g: float, horizon: float, not_yet: bool) -> tuple[slice, list[slice]]:
    """Return the rows of cohort g and of its controls among units sorted by cohort."""
    start, stop = np.searchsorted(cohort, [g, np.nextafter(g, np.inf)])
    first = np.searchsorted(cohort, horizon, side="right") if not_yet else np.searchsorted(cohort, np.inf)
    pieces = [slice(first, max(first, start)), slice(max(stop, first), len(cohort))]  # cohort g itself is no control of its own
    return slice(start, stop), [piece for piece in pieces if piece.stop > piece.start]


def _cell(now: np.ndarray, base: np.ndarray, treated: slice, controls: list[slice], weight: np.ndarray | None) -> _Cell:
    def mean(pieces: list[slice]) -> tuple[float, float]:
        total, size = 0.0, 0.0
        for piece in pieces:
            change = now[piece] - base[piece]
            valid = np.isfinite(change)
            own = None if weight is None else weight[piece][valid]
            total += float(change[valid].sum() if own is None else own @ change[valid])
            size += float(valid.sum() if own is None else own.sum())
        return (total / size if size else np.nan), size

    mean_treated, size_treated = mean([treated])
    mean_control, size_control = mean(controls)
    return _Cell(mean_treated - mean_control, mean_treated, mean_control, size_treated, size_control)


def weigh(effects: np.ndarray, exists: np.ndarray, share: np.ndarray, selections: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the averages of existing cells by cohort share (parameters,) and the weights of cells in them (parameters, cells)."""
    weights = np.array([np.where(exists & chosen, share, 0.0) for chosen in selections]).reshape(len(selections), len(effects))
    total = weights.sum(1, keepdims=True)
    weights = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
    return np.where(total[:, 0] > 0, weights @ np.where(exists, effects, 0.0), np.nan), weights


def _add(influence, change, blocks, cell: _Cell, weights, used, unit_weight) -> None:
    """Add what a cell contributes: deviations from the means of its two groups, of units observed in both periods."""
    treated, controls = blocks
    units = len(influence)
    for piece, mean, size, sign in [(treated, cell.mean_treated, cell.size_treated, 1)] + [
        (piece, cell.mean_control, cell.size_control, -1) for piece in controls
    ]:
        deviation = np.nan_to_num(change[piece] - mean) * (sign * units / size)
        if unit_weight is not None:
            deviation *= unit_weight[piece]
        for p, weight in zip(used, weights, strict=True):
            influence[piece, p] += weight * deviation


def _add_weights(influence, cohort, g, effects, exists, selections, values, share, unit_weight) -> None:
    """Add the influence of estimated cohort shares: constant within a cohort but for unit weights, zero for units never treated."""
    for p, chosen in enumerate(selections):
        used = exists & chosen
        total = share[used].sum()
        for one in np.unique(g[used]):
            rows = slice(*np.searchsorted(cohort, [one, np.nextafter(one, np.inf)]))
            change = (effects[used & (g == one)] - values[p]).sum() / total
            influence[rows, p] += change if unit_weight is None else change * unit_weight[rows]


def conditional_averages(
    panel: Panel, cells: tuple[np.ndarray, ...], selections: list[np.ndarray], not_yet: bool, covariates: np.ndarray, method: str,
    anticipation: int = 0,
) -> tuple[Averages, list[tuple[int, int, str]]]:  # fmt: skip
    """Return the averages given `covariates` (controls, units, periods), whose values in each cell's base period are used.

    A unit enters a cell when it is observed in both periods, so that units seen only in part stay in. Also returns cohort,
    period and reason of cells that could not be estimated.
    """
    order = np.argsort(panel.cohort, kind="stable")
    cohort, outcome, weight = panel.cohort[order], panel.outcome.T[:, order], _weight(panel, order)
    at = {period: index for index, period in enumerate(panel.periods)}
    effects, reasons = np.full(len(cells[0]), np.nan), []
    blocks = [_blocks(cohort, g, max(t, b) + anticipation, not_yet) for g, t, b in zip(*cells, strict=True)]
    share = _shares([treated for treated, _ in blocks], cohort, weight)
    influence = np.zeros((len(cohort), len(selections)))
    for k, (g, t, b) in enumerate(zip(*cells, strict=True)):
        treated, controls = blocks[k]
        rows = np.concatenate([np.arange(treated.start, treated.stop), *(np.arange(c.start, c.stop) for c in controls)])
        change = outcome[at[t], rows] - outcome[at[b], rows]
        x = covariates[:, order[rows], at[b]].T
        valid = np.isfinite(change) & np.isfinite(x).all(1)
        on = (rows < treated.stop) & (rows >= treated.start)
        if not (valid & on).any() or not (valid & ~on).any():
            continue
        own = None if weight is None else weight[rows][valid]
        try:
            value, one = effect(change[valid], on[valid].astype(int), np.column_stack([np.ones(valid.sum()), x[valid]]), method, own)
        except Unsupported as error:
            reasons.append((int(g), int(t), str(error)))
            continue
        effects[k] = value
        # A cell's influence is an average over its own units; that of the whole, over all.
        scaled = one * len(cohort) / valid.sum() * share[k]
        for p, chosen in enumerate(selections):
            if chosen[k]:
                influence[rows[valid], p] += scaled
    exists = np.isfinite(effects)
    values, _ = weigh(effects, exists, share, selections)
    for p, chosen in enumerate(selections):
        total = share[chosen & exists].sum()
        influence[:, p] = influence[:, p] / total if total > 0 else np.nan
    _add_weights(influence, cohort, cells[0], effects, exists, selections, values, share, weight)
    influence[:, ~np.isfinite(values)] = np.nan
    return Averages(values, influence, effects, exists, share, order), reasons
