"""Effects of a treatment that may rise, fall and change its dose, by the time since it first changed.

De Chaisemartin and D'Haultfoeuille (2024), "Difference-in-Differences Estimators of Intertemporal Treatment Effects", Review of
Economics and Statistics (NBER working paper 29873); their notation. A unit g starts with dose D_{g,1} and changes it first
in period F_g, upwards (S_g = 1) or downwards (S_g = -1). With l counting from 1 in the period of the change,

    DID_{g,l} = Y_{g,F_g-1+l} - Y_{g,F_g-1} - the mean of the same difference over units with the same D_{g,1} and F > F_g-1+l,

and DID_l is the mean of S_g DID_{g,l} over switchers: the effect of having been exposed to more treatment for l periods.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.core.estimates import NotIdentified

NEVER = np.iinfo(np.int64).max
SAME_DOSE = 1e-12  # doses closer than this share of the largest are one dose


@dataclass(frozen=True)
class Histories:
    """Units x periods: `outcome`, `dose`, `weight`, NaN (weight 0) where unusable, and `controls` (controls, units, periods).

    By unit: `baseline` codes of D_{g,1} (values in `doses`), `change` F_g (NEVER where it does not change), `sign` S_g, `changed`
    a code of the dose changed to, `cluster` codes; `undated`, units whose first change lies in a gap; `cumulated`, dose beyond
    the baseline since F_g, in the direction of the change (NaN from a gap on in which it changed).
    """

    outcome: np.ndarray
    dose: np.ndarray
    weight: np.ndarray
    controls: np.ndarray
    baseline: np.ndarray
    doses: np.ndarray
    change: np.ndarray
    sign: np.ndarray
    changed: np.ndarray
    cluster: np.ndarray
    undated: np.ndarray
    cumulated: np.ndarray


@dataclass(frozen=True)
class Effect:
    """DID_l: `value`, `influence` (units,) whose squared sums by cluster add to the variance, the `switchers` (units,) it averages.

    `size` is their summed weight; `current` and `cumulated` are their mean doses beyond the baseline, in the direction of the change,
    in the period itself and summed since the change.
    """

    value: float
    influence: np.ndarray
    switchers: np.ndarray
    size: float
    current: float
    cumulated: float


def histories(outcome: np.ndarray, dose: np.ndarray, weight: np.ndarray, controls: np.ndarray, cluster: np.ndarray) -> Histories:
    """Return the histories of arrays units x periods; `dose` is NaN where a unit is not seen.

    A unit whose last period before its change is not seen has changed at an unknown date: it serves as a control until the
    gap and no further. A unit that has been above and below its baseline is used until then (their design restriction 2).
    """
    doses, codes = _distinct(dose)
    seen = codes >= 0
    units, periods = np.arange(len(dose)), np.arange(dose.shape[1])
    first = seen.argmax(1)
    baseline = codes[units, first]
    moved = seen & (codes != baseline[:, None])
    change = np.where(moved.any(1), moved.argmax(1), NEVER)
    at = np.minimum(change, dose.shape[1] - 1)
    undated = (change != NEVER) & ~seen[units, np.maximum(at - 1, 0)]
    beyond = np.where(seen, doses[codes] - doses[baseline][:, None], 0.0)
    crossed = np.logical_or.accumulate(beyond > 0, axis=1) & np.logical_or.accumulate(beyond < 0, axis=1)
    unusable = ~seen | crossed | (undated[:, None] & (periods >= at[:, None]))
    change = np.where(undated, NEVER, change)
    sign = np.where(change == NEVER, 0, np.sign(beyond[units, at])).astype(int)
    usable = np.isfinite(outcome) & np.isfinite(controls).all(0) & ~unusable
    return Histories(
        np.where(usable, outcome, np.nan), np.where(seen, doses[codes], np.nan), np.where(usable, weight, 0.0),
        controls, baseline, doses, change, sign, codes[units, at], cluster, undated,
        _cumulated(np.where(seen, beyond, np.nan), change) * sign[:, None],
    )  # fmt: skip


def _distinct(dose: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct doses and the codes of `dose` (units, periods), -1 where missing; rounding errors make no new dose."""
    values, codes = np.unique(dose[np.isfinite(dose)], return_inverse=True)
    new = np.r_[True, np.diff(values) > SAME_DOSE * np.abs(values).max(initial=0)]
    found = np.full(dose.shape, -1)
    found[np.isfinite(dose)] = (np.cumsum(new) - 1)[codes]
    return values[new], found


def _cumulated(beyond: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Return the sum of `beyond` (units, periods) from the change on; a gap holds the dose on both its sides, if they agree."""
    filled = beyond.copy()
    after = np.full(len(beyond), np.nan)
    ahead = np.empty_like(beyond)
    for t in range(beyond.shape[1] - 1, -1, -1):
        after = np.where(np.isfinite(beyond[:, t]), beyond[:, t], after)
        ahead[:, t] = after
    for t in range(1, beyond.shape[1]):
        gap = ~np.isfinite(filled[:, t]) & (filled[:, t - 1] == ahead[:, t])
        filled[gap, t] = filled[gap, t - 1]
    periods = np.arange(beyond.shape[1])
    return np.cumsum(np.where(periods >= change[:, None], filled, 0.0), axis=1)


# ---------------------------------------------------------------------- effects
@dataclass(frozen=True)
class _Cell:
    """One period: differences (units,), weights, who switched l periods ago, who has not changed yet, its direction."""

    period: int
    difference: np.ndarray
    weight: np.ndarray
    switchers: np.ndarray
    controls: np.ndarray
    sign: int


def effect(
    h: Histories, horizon: int, directions: tuple[int, ...], placebo: bool = False, dosed: bool = False, slopes: Slopes | None = None
) -> Effect | None:
    """Return DID_l of `horizon` l >= 1, or its placebo, in which Y_{g,F_g-1-l} - Y_{g,F_g-1} stands for the difference.

    The placebo of l has the switchers and controls of l. `dosed` leaves out switchers whose cumulated dose is unknown. Returns None
    where no switcher can be compared. `slopes` are those of adjust().
    """
    total, size, current, cumulated = 0.0, 0.0, 0.0, 0.0
    influence, used = np.zeros(len(h.change)), np.zeros(len(h.change), bool)
    gradient = np.zeros((len(h.doses), len(h.controls)))
    for cell in _cells(h, horizon, directions, placebo, dosed, slopes):
        share = _shares(cell, h.baseline)
        net = np.where(share != 0, cell.difference, 0.0)
        total += cell.sign * float(share @ net)
        centre, factor = _centre(cell, h)
        influence += cell.sign * share * factor * (net - centre)
        own = cell.weight * cell.switchers
        size += float(own.sum())
        current += cell.sign * float(own @ np.where(cell.switchers, h.dose[:, cell.period] - h.doses[h.baseline], 0.0))
        cumulated += float(own @ np.where(cell.switchers, h.cumulated[:, cell.period], 0.0))
        used |= cell.switchers
        if len(h.controls):
            moves = _difference(h.controls, cell.period, horizon, placebo)
            for k in range(len(h.controls)):
                gradient[:, k] += np.bincount(h.baseline, cell.sign * share * np.where(share != 0, moves[k], 0.0), len(h.doses))
    if size == 0:
        return None
    if slopes is not None:
        influence -= np.einsum("uk,uk->u", slopes.influence, gradient[h.baseline])
    return Effect(total / size, influence / size, used, size, current / size, cumulated / size)


def _difference(values: np.ndarray, period: int, horizon: int, placebo: bool) -> np.ndarray:
    """Return the difference of `values` (..., units, periods) that the effect, or its placebo, compares."""
    base = period - horizon
    return values[..., base - horizon if placebo else period] - values[..., base]


def _cells(h: Histories, horizon: int, directions: tuple[int, ...], placebo: bool, dosed: bool, slopes: Slopes | None) -> Iterator[_Cell]:
    """Yield the periods and directions in which a switcher meets a control with the same baseline."""
    for period in range(2 * horizon if placebo else horizon, h.outcome.shape[1]):
        due = h.change == period - horizon + 1
        if not due.any():
            continue
        difference = _difference(h.outcome, period, horizon, placebo)
        if slopes is not None:
            difference = difference - np.einsum("kb,kb->b", slopes.values[h.baseline].T, _difference(h.controls, period, horizon, placebo))
        valid = np.isfinite(difference) & (h.weight[:, period] > 0)
        controls = valid & (h.change > period)
        at_hand = np.bincount(h.baseline, controls, len(h.doses)) > 0
        due = due & valid & at_hand[h.baseline]
        if dosed:
            due &= np.isfinite(h.cumulated[:, period])
        for sign in directions:
            if (due & (h.sign == sign)).any():
                yield _Cell(period, difference, h.weight[:, period], due & (h.sign == sign), controls, sign)


def _shares(cell: _Cell, baseline: np.ndarray) -> np.ndarray:
    """Return the weight of each unit's difference: switchers their own, controls minus what their baseline's switchers weigh."""
    switching = np.bincount(baseline, cell.weight * cell.switchers)
    standing = np.bincount(baseline, cell.weight * cell.controls)
    ratio = np.divide(switching, standing, out=np.zeros_like(switching), where=standing > 0)
    return cell.weight * (cell.switchers - ratio[baseline] * cell.controls)


def _centre(cell: _Cell, h: Histories) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean of each unit's group and sqrt(n / (n - 1)) of its n units (or clusters), each (units,).

    Groups of switchers share baseline, date and the dose changed to; controls the baseline (their section on inference). Who
    is alone in a group is compared with switchers and controls together; who is alone even there, with zero.
    """
    cohort = h.baseline * len(h.doses) + h.changed
    centre, factor = np.zeros(len(cohort)), np.ones(len(cohort))
    together = _group(cell, cell.switchers | cell.controls, h.baseline, h.cluster)
    for members, codes in ((cell.switchers, cohort), (cell.controls, h.baseline)):
        own = _group(cell, members, codes, h.cluster)
        mean, count = (np.where(own[1] >= 2, a, b) for a, b in zip(own, together, strict=True))
        known = members & (count >= 2)
        centre[known] = mean[known]
        factor[known] = np.sqrt(count[known] / (count[known] - 1))
    return centre, factor


def _group(cell: _Cell, members: np.ndarray, codes: np.ndarray, cluster: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the weighted mean difference of each unit's group among `members` and how many clusters it has, each (units,)."""
    rows = np.flatnonzero(members)
    groups = np.unique(codes[rows], return_inverse=True)[1]
    weight = cell.weight[rows]
    mean = np.bincount(groups, weight * cell.difference[rows]) / np.bincount(groups, weight)
    pairs = np.unique(np.column_stack([groups, cluster[rows]]), axis=0)
    count = np.bincount(pairs[:, 0])
    means, counts = np.zeros(len(members)), np.zeros(len(members))
    means[rows], counts[rows] = mean[groups], count[groups]
    return means, counts


# ---------------------------------------------------------------------- controls
@dataclass(frozen=True)
class Slopes:
    """Slopes of the outcome on the controls by baseline (doses, controls) and their influence by unit (units, controls)."""

    values: np.ndarray
    influence: np.ndarray


def adjust(h: Histories, directions: tuple[int, ...], names: tuple[str, ...]) -> Slopes:
    """Return, by baseline, the slopes of changes of the outcome on changes of the controls, period by period, before any change of dose.

    The outcome's differences are taken net of them (their section 1.4, and web appendix). Raises NotIdentified where units of
    a baseline that has switchers do not determine them.
    """
    values, influence = np.zeros((len(h.doses), len(names))), np.zeros((len(h.change), len(names)))
    for code in np.unique(h.baseline[np.isin(h.sign, directions)]):
        members = np.flatnonzero(h.baseline == code)
        y, x, unit, period, weight = _first_differences(h, members)
        if not len(y):
            continue
        net, counts = _less_period_means(np.column_stack([y, x]), period, weight)
        size = np.sqrt((net[:, 1:] ** 2 * weight[:, None]).sum(0))
        left = np.where(size > 1e-9 * np.sqrt((x**2 * weight[:, None]).sum(0)), size, 0.0)
        scaled = net[:, 1:] / np.where(left > 0, left, 1.0)
        normal = scaled.T @ (scaled * weight[:, None])
        if (left == 0).any() or np.linalg.eigvalsh(normal).min() < 1e-11:
            raise NotIdentified(
                "SINGULAR",
                f"changes of {', '.join(names)} do not vary, or are collinear, in units with treatment {h.doses[code]:g} before any change",
            )
        inverse = np.linalg.inv(normal)
        slope = inverse @ (scaled.T @ (net[:, 0] * weight))
        residual = (net[:, 0] - scaled @ slope) * weight * np.sqrt(counts / np.maximum(counts - 1, 1))
        values[code] = slope / left
        for k in range(len(names)):
            influence[:, k] += np.bincount(unit, (scaled @ inverse)[:, k] * residual, len(h.change)) / left[k]
    return Slopes(values, influence)


def _first_differences(h: Histories, members: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return changes of outcome (rows,) and controls (rows, k), unit, period and weight of rows of `members` before their change."""
    y = np.diff(h.outcome[members], axis=1)
    x = np.diff(h.controls[:, members], axis=2)
    before = h.change[members, None] > np.arange(1, h.outcome.shape[1])
    row, column = np.nonzero(np.isfinite(y) & np.isfinite(x).all(0) & before & (h.weight[members, 1:] > 0))
    return y[row, column], x[:, row, column].T, members[row], column, h.weight[members, 1:][row, column]


def _less_period_means(values: np.ndarray, period: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return `values` (rows, k) less their weighted means by period, and each row's number of rows of its period."""
    total = np.maximum(np.bincount(period, weight), np.finfo(float).tiny)
    means = np.column_stack([np.bincount(period, weight * column) / total for column in values.T])
    return values - means[period], np.bincount(period)[period]
