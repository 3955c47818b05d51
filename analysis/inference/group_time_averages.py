"""Group-time average effects and their influence functions for samples of any size, one cell at a time.

Callaway and Sant'Anna (2021, J. Econometrics 225: 200-230): without covariates (their equations 2.6-2.8) a cell compares means
of changes, in repeated cross-sections four means of outcomes; given covariates it is estimated by inference.doubly_robust.
Averages over cells are their section 3, and influence functions, with the estimation of cohort shares, their theorem 2 and
corollary 2. Rows are sorted by cohort, so that those of a cell are a few contiguous blocks and no array is larger than the
sample or than rows x parameters. Sampling weights are in the means, in the cohort shares and in the influence of both, as in
R's did. The same averages under thousands of permuted cohorts are in inference.group_time_draws.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.inference.doubly_robust import Unsupported, effect, effect_of_sections
from analysis.inference.group_time_cells import Panel, Sections

# Sign, and rows with their values, of a mean that enters a cell.
Mean = tuple[int, list[tuple[slice, np.ndarray]]]
# Rows, and what each of them adds to the influence of a cell.
Parts = list[tuple[slice | np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Averages:
    """Parameters in the order asked for: `values` (parameters,), `influence` (rows, parameters), rows being units or, in repeated
    cross-sections, rows.

    `effects`, `exists` and `share` (of the cell's cohort in the sample), each (cells,), describe the cells; `reasons` are cohort,
    period and reason of cells whose covariates cannot be used.
    """

    values: np.ndarray
    influence: np.ndarray
    effects: np.ndarray
    exists: np.ndarray
    share: np.ndarray
    reasons: list[tuple[int, int, str]]


def averages(
    sample: Panel | Sections, cells: tuple[np.ndarray, ...], selections: list[np.ndarray], not_yet: bool, anticipation: int = 0,
    method: str = "dr", fixed_weights: bool = False,
) -> Averages:  # fmt: skip
    """Return cohort-share weighted averages of the cells in each of `selections` (cells,); `cells` are cohort, period, base.

    Covariates of the sample enter by `method` (dr, reg or ipw); a panel's are those of the base period. A unit enters a cell when
    it is observed in both periods. The influence of estimated shares is in (corollary 2), unless they count as `fixed_weights`.
    An average without any cell is NaN.
    """
    rows = _PanelRows(sample) if isinstance(sample, Panel) else _SectionRows(sample)
    chosen = np.array(selections, dtype=bool).reshape(len(selections), len(cells[0]))
    effects, reasons = np.full(len(cells[0]), np.nan), []
    share = np.array([rows.share(g) for g in cells[0]])
    # Column by column in memory: a cell adds to blocks of a few columns.
    influence = np.zeros((len(rows.order), len(selections)), order="F")
    for k, (g, t, b) in enumerate(zip(*cells, strict=True)):
        # Units that may already anticipate their treatment are no controls (their assumption 5).
        controls = rows.controls(g, max(t, b) + anticipation, not_yet)
        try:
            effects[k], parts = rows.means(g, controls, t, b) if sample.covariates is None else rows.given(g, controls, t, b, method)
        except Unsupported as error:
            reasons.append((int(g), int(t), str(error)))
            continue
        used = np.flatnonzero(chosen[:, k])
        for own, part in parts:
            part *= share[k]
            for p in used:
                influence[own, p] += part
    exists = np.isfinite(effects)
    values, total = weigh(effects, exists, share, chosen)
    influence /= np.where(total > 0, total, np.nan)
    if not fixed_weights:
        _add_shares(influence, rows, cells[0], np.where(chosen & exists, effects - values[:, None], 0.0), total)
    result = np.empty_like(influence)
    result[rows.order] = influence
    return Averages(values, result, effects, exists, share, reasons)


def weigh(effects: np.ndarray, exists: np.ndarray, share: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the averages (parameters,) of the existing cells among those `chosen` (parameters, cells) by cohort share, NaN where there
    is none, and the sums of their shares (parameters,)."""
    weights = np.where(chosen & exists, share, 0.0)
    total = weights.sum(1)
    weights = np.divide(weights, total[:, None], out=np.zeros_like(weights), where=total[:, None] > 0)
    return np.where(total > 0, weights @ np.where(exists, effects, 0.0), np.nan), total


def _add_shares(influence: np.ndarray, rows: _Rows, g: np.ndarray, above: np.ndarray, total: np.ndarray) -> None:
    """Add the influence of estimated cohort shares: constant within a cohort but for weights, zero for rows never treated.

    `above` (parameters, cells) is by how much a cell exceeds the average that it enters.
    """
    for one in np.unique(g):
        for p, change in enumerate(above[:, g == one].sum(1) / np.where(total > 0, total, np.nan)):
            if change != 0:
                for own in rows.of(one):
                    influence[own, p] += change if rows.weight is None else change * rows.weight[own]


def overall(
    aggregation: str, keys: list[tuple], values: np.ndarray, influence: np.ndarray, cohort: np.ndarray, weight: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean of event, calendar or group effects after treatment, those that exist, and its influence.

    `values` (..., parameters) and `influence` (..., rows, parameters) belong to `keys`. Groups count by
    their shares of the rows, whose influence is added (section 3.2); `cohort` and `weight` or None are (rows,).
    """
    found = values.reshape(-1, values.shape[-1])[0]
    parts = [i for i, key in enumerate(keys) if np.isfinite(found[i]) and (key[2] is None or key[2] >= 0)]
    own = np.ones(len(cohort)) if weight is None else weight / weight.mean()
    share = np.array([(own * (cohort == keys[i][1])).mean() for i in parts]) if aggregation == "group" else np.ones(len(parts))
    weights = share / share.sum()
    value, total = values[..., parts] @ weights, influence[..., parts] @ weights
    if aggregation == "group":
        for i in parts:
            total += (own * (cohort == keys[i][1])) * ((values[..., i] - value) / share.sum())[..., None]
    return value, total


class _Rows:
    """Rows sorted by group: cohort, or cohort and period. `order` (rows,) are their positions in the sample, `weight` (rows,) has mean one."""

    def __init__(self, sample: Panel | Sections, period: np.ndarray | None = None) -> None:
        self.cohorts, code = np.unique(sample.cohort, return_inverse=True)
        self.at = {time: place for place, time in enumerate(sample.periods)}
        self.groups = 1 if period is None else len(sample.periods)
        code = code if period is None else code * self.groups + period
        self.order = np.argsort(code, kind="stable")
        self.bounds = np.concatenate([[0], np.cumsum(np.bincount(code, minlength=len(self.cohorts) * self.groups))])
        self.weight = None if sample.weight is None else sample.weight[self.order] / sample.weight.mean()
        self.covariates = np.empty(0) if sample.covariates is None else sample.covariates

    def means(self, g: float, controls: np.ndarray, t: float, b: float) -> tuple[float, Parts]:
        """Return the effect of a cell by means, and its influence."""
        raise NotImplementedError

    def given(self, g: float, controls: np.ndarray, t: float, b: float, method: str) -> tuple[float, Parts]:
        """Return the effect of a cell given covariates, and its influence."""
        raise NotImplementedError

    def of(self, cohort: float) -> list[slice]:
        """Return all rows of a cohort."""
        place = int(np.searchsorted(self.cohorts, cohort)) * self.groups
        return [slice(int(self.bounds[place]), int(self.bounds[place + self.groups]))]

    def share(self, cohort: float) -> float:
        """Return the share of the sample that belongs to the cohort."""
        (own,) = self.of(cohort)
        return float(own.stop - own.start if self.weight is None else self.weight[own].sum()) / len(self.order)

    def controls(self, g: float, horizon: float, not_yet: bool) -> np.ndarray:
        """Return which cohorts (cohorts,) are controls of cohort g: never treated, or treated after the horizon."""
        return (self.cohorts > horizon if not_yet else np.isinf(self.cohorts)) & (self.cohorts != g)

    def blocks(self, chosen: np.ndarray, place: int = 0) -> list[slice]:
        """Return the rows of the `chosen` cohorts (boolean), in one period where groups are by period; neighbours are one block."""
        found: list[slice] = []
        for code in np.flatnonzero(chosen):
            start, stop = (int(bound) for bound in self.bounds[code * self.groups + place : code * self.groups + place + 2])
            if found and found[-1].stop == start:
                found[-1] = slice(found[-1].start, stop)
            elif stop > start:
                found.append(slice(start, stop))
        return found

    def combined(self, means: list[Mean]) -> tuple[float, Parts]:
        """Return the signed sum of means, and what each row adds to its influence: its distance from the mean that it enters."""
        effect = 0.0
        parts: Parts = []
        for sign, blocks in means:
            total = size = 0.0
            kept = []
            for own, values in blocks:
                valid = np.isfinite(values)
                some = slice(None) if valid.all() else valid
                weight = None if self.weight is None else self.weight[own]
                total += float(values[some].sum() if weight is None else weight[some] @ values[some])
                size += float(valid.sum() if weight is None else weight[some].sum())
                kept.append((own, values, weight, valid))
            if not size:
                return np.nan, []
            mean = total / size
            effect += sign * mean
            for own, values, weight, valid in kept:
                deviation = (values - mean) * (sign * len(self.order) / size)
                if not valid.all():
                    deviation[~valid] = 0.0
                if weight is not None:
                    deviation *= weight
                parts.append((own, deviation))
        return effect, parts


class _PanelRows(_Rows):
    """Units sorted by cohort, each with its changes between two periods."""

    def __init__(self, panel: Panel) -> None:
        super().__init__(panel)
        self.outcome = panel.outcome.T[:, self.order]

    def means(self, g: float, controls: np.ndarray, t: float, b: float) -> tuple[float, Parts]:
        now, base = self.outcome[self.at[t]], self.outcome[self.at[b]]
        sides = ((1, self.of(g)), (-1, self.blocks(controls)))
        return self.combined([(sign, [(own, now[own] - base[own]) for own in blocks]) for sign, blocks in sides])

    def given(self, g: float, controls: np.ndarray, t: float, b: float, method: str) -> tuple[float, Parts]:
        own, others = self.of(g), self.blocks(controls)
        rows, on = _positions([*own, *others]), _repeated([1, 0], [own, others])
        change = self.outcome[self.at[t], rows] - self.outcome[self.at[b], rows]
        x = self.covariates[:, self.order[rows], self.at[b]].T
        valid = np.isfinite(change) & np.isfinite(x).all(1)
        if not on[valid].any() or on[valid].all():
            return np.nan, []
        weight = None if self.weight is None else self.weight[rows[valid]]
        x = np.column_stack([np.ones(valid.sum()), x[valid]])
        found, influence = effect(change[valid], on[valid], x, method, weight)
        # A cell's influence is an average over its own units; that of the whole, over all.
        return found, [(rows[valid], influence * (len(self.order) / valid.sum()))]


class _SectionRows(_Rows):
    """Rows sorted by cohort and period: a cell has four corners, its cohort and controls in its period and in the base."""

    def __init__(self, sections: Sections) -> None:
        super().__init__(sections, np.searchsorted(sections.periods, sections.time))
        # What all outcomes share cancels, but large numbers would not cancel exactly.
        self.outcome = (sections.outcome - sections.outcome.mean())[self.order]
        self.raw = sections.outcome[self.order]

    def _corners(self, g: float, controls: np.ndarray, t: float, b: float) -> list[list[slice]]:
        own = self.cohorts == g
        return [self.blocks(who, self.at[when]) for who in (own, controls) for when in (t, b)]

    def means(self, g: float, controls: np.ndarray, t: float, b: float) -> tuple[float, Parts]:
        corners = zip((1, -1, -1, 1), self._corners(g, controls, t, b), strict=True)
        return self.combined([(sign, [(own, self.outcome[own]) for own in blocks]) for sign, blocks in corners])

    def given(self, g: float, controls: np.ndarray, t: float, b: float, method: str) -> tuple[float, Parts]:
        corners = self._corners(g, controls, t, b)
        if not all(corners):
            return np.nan, []
        rows = _positions([own for blocks in corners for own in blocks])
        x = np.column_stack([np.ones(len(rows)), self.covariates[self.order[rows]]])
        weight = None if self.weight is None else self.weight[rows]
        post, treated = _repeated([1, 0, 1, 0], corners), _repeated([1, 1, 0, 0], corners)
        found, influence = effect_of_sections(self.raw[rows], post, treated, x, method, weight)
        return found, [(rows, influence * (len(self.order) / len(rows)))]


def _positions(blocks: list[slice]) -> np.ndarray:
    return np.concatenate([np.arange(block.start, block.stop) for block in blocks] or [np.empty(0, int)])


def _repeated(values: list[int], corners: list[list[slice]]) -> np.ndarray:
    """Return the value of its corner for each row."""
    return np.repeat(values, [sum(block.stop - block.start for block in blocks) for blocks in corners])
