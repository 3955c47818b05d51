"""Rows, regressors and instruments of a dynamic panel: the equation in differences and that in levels."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification
from analysis.inference.linear_moments import Rows

EVERY = 99


class Grid:
    """The panel as units x periods arrays with NaN; the columns are consecutive periods."""

    def __init__(self, panel: pd.DataFrame, specification: Specification, names: list[str]) -> None:
        columns = [specification.unit, specification.time, specification.outcome, *names]
        data = panel[list(dict.fromkeys(columns))].dropna(subset=[specification.unit, specification.time])
        if data.empty:
            raise NotIdentified("SUPPORT", "no row has every variable")
        time = data[specification.time].astype(int).to_numpy()
        self.first_period = int(time.min())
        self.periods = int(time.max()) - self.first_period + 1
        codes, units = pd.factorize(data[specification.unit])
        self.outcome = specification.outcome
        self.values, self.origin, self._noise = {}, {}, {}
        for name in [specification.outcome, *names]:
            column = data[name].to_numpy(float)
            wide = np.full((len(units), self.periods), np.nan)
            wide[codes, time - self.first_period] = column
            known = column[np.isfinite(column)]
            self.values[name], self.origin[name] = wide, float(known.mean()) if len(known) else 0.0

    def lag(self, name: str, by: int) -> np.ndarray:
        wide = self.values[name]
        by = min(by, self.periods)
        return np.hstack([np.full((len(wide), by), np.nan), wide[:, : self.periods - by]]) if by else wide

    def change(self, name: str, by: int = 0) -> np.ndarray:
        """Return the changes from one period to the next, lagged `by` periods; those that are rounding are zero."""
        wide = self.lag(name, by)
        change = np.hstack([np.full((len(wide), 1), np.nan), np.diff(wide, axis=1)])
        return change * 0.0 if self.noise(name) > 1 else change

    def noise(self, name: str) -> float:
        """Return the rounding error of a variable's levels relative to the root mean square of its changes."""
        if name not in self._noise:
            change = np.diff(self.values[name], axis=1)
            known = change[np.isfinite(change)]
            size = float(np.sqrt((known**2).mean())) if len(known) else 0.0
            error = 8 * np.finfo(float).eps * float(np.nanmax(np.abs(self.values[name]), initial=0.0))
            self._noise[name] = error / size if size > 0 else np.inf
        return self._noise[name]


@dataclass(frozen=True)
class System:
    """Rows of the regression with names of the regressors (period effects last); `difference` and `period` describe the rows.

    `noise` is the relative rounding error of the regressors that levels of the data leave in them.
    """

    rows: Rows
    columns: list[str]
    difference: np.ndarray
    period: np.ndarray
    noise: float


def system_of(grid: Grid, options: SimpleNamespace, names: list[str], levels: bool) -> System:
    """Return the rows of every unit that has at least one in differences."""
    if options.lags + 2 > grid.periods:
        raise NotIdentified("SUPPORT", f"{options.lags} lags need {options.lags + 2} consecutive periods; the panel has {grid.periods}")
    own = [grid.lag(grid.outcome, lag) for lag in range(1, options.lags + 1)] + [grid.values[name] for name in names]
    columns = [f"L{lag}.{grid.outcome}" for lag in range(1, options.lags + 1)] + names
    level = np.stack([grid.values[grid.outcome], *own], axis=2)
    change = np.stack([grid.change(grid.outcome, lag) for lag in range(options.lags + 1)] + [grid.change(name) for name in names], axis=2)
    has_change, has_level = np.isfinite(change).all(2), np.isfinite(level).all(2)
    used = has_change.any(1)
    if not used.any():
        raise NotIdentified("SUPPORT", f"no unit has {options.lags + 2} consecutive periods with every variable")
    # An origin in the middle of the data: constants are the period effects' business, and large levels would cost digits.
    level = level - np.array([grid.origin[grid.outcome]] * (options.lags + 1) + [grid.origin[name] for name in names])
    shown = np.flatnonzero((has_level if levels else has_change)[used].any(0))
    unit, period, difference = _order(has_change & used[:, None], has_level & used[:, None] if levels else None)
    dummies, moved = _effects(grid.periods, shown, options.time_effects, levels)
    if levels and not options.time_effects:
        columns = [*columns, "const"]
    effects = np.where(difference[:, None], moved[period], dummies[period])
    values = np.where(difference[:, None], change[unit, period], level[unit, period])
    regressors = np.hstack([values[:, 1:], effects])
    # Period effects instrument the equation in levels alone, as in the published system estimates.
    standing = effects * ~difference[:, None] if levels else effects
    plain = _plain(options, grid, names, columns)
    absorbed = _absorbed(period, difference, grid.periods, levels) & options.time_effects
    blocks = [
        _lag_instruments(grid, name, unit, period, difference, limits, options.collapse, absorbed)
        for name, limits in _lagged(options, grid).items()
    ]
    instruments = np.hstack([*blocks, regressors[:, plain], standing])
    instruments = instruments[:, (np.abs(instruments) > 0).any(0)]
    codes = np.unique(unit, return_inverse=True)[1]
    rows = Rows(values[:, 0], regressors, instruments, codes, _spread(codes, period, difference, grid.periods))
    names_of = columns + [f"period ‹@{grid.first_period + t}›" for t in shown] * options.time_effects
    noise = max((n for n in map(grid.noise, [grid.outcome, *names]) if n <= 1), default=0.0)
    return System(rows, names_of, difference, period, min(noise, 1e-4))


def _order(has_change: np.ndarray, has_level: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return unit, period and whether a row is a difference, unit by unit, differences first."""
    unit, period = np.nonzero(has_change)
    difference = np.ones(len(unit), bool)
    if has_level is not None:
        more = np.nonzero(has_level)
        unit, period = np.r_[unit, more[0]], np.r_[period, more[1]]
        difference = np.r_[difference, np.zeros(len(more[0]), bool)]
        order = np.argsort(unit, kind="stable")
        unit, period, difference = unit[order], period[order], difference[order]
    return unit, period, difference


def _effects(periods: int, shown: np.ndarray, time_effects: bool, levels: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the period effects' columns in levels and in differences, shape (periods, effects)."""
    dummies = np.eye(periods)[:, shown] if time_effects else np.ones((periods, int(levels)))
    if not levels:
        # Differenced period effects span all periods of the equation, so that plain dummies do as well there.
        return dummies, dummies
    return dummies, np.vstack([np.zeros((1, dummies.shape[1])), np.diff(dummies, axis=0)])


def _lagged(options: SimpleNamespace, grid: Grid) -> dict[str, tuple[int, int]]:
    """Return the variables that are instrumented by their lags, with the first and the last of these."""
    lagged = {grid.outcome: tuple(options.instrument_lags)}
    return lagged | dict.fromkeys(options.predetermined, (1, EVERY)) | dict.fromkeys(options.endogenous, (2, EVERY))


def _plain(options: SimpleNamespace, grid: Grid, names: list[str], columns: list[str]) -> list[int]:
    """Return the positions of the regressors that are their own instruments."""
    others = {*_lagged(options, grid), *options.no_instruments}
    return [i for i, name in enumerate(columns) if i >= options.lags and name in names and name not in others]


def _spread(unit: np.ndarray, period: np.ndarray, difference: np.ndarray, periods: int) -> sparse.csr_matrix:
    """Return the matrix (rows, units x periods) that takes errors in levels to the rows: one minus its predecessor in differences."""
    row = np.arange(len(unit))
    cell = unit * periods + period
    at = np.r_[cell, cell[difference] - 1]
    value = np.r_[np.ones(len(row)), -np.ones(int(difference.sum()))]
    return sparse.csr_matrix((value, (np.r_[row, row[difference]], at)), shape=(len(row), (int(unit[-1]) + 1) * periods))


def _lag_instruments(
    grid: Grid,
    name: str,
    unit: np.ndarray,
    period: np.ndarray,
    difference: np.ndarray,
    limits: tuple[int, int],
    collapse: bool,
    absorbed: np.ndarray,
) -> np.ndarray:
    """Return the GMM instruments of one variable (rows, columns); unobserved lags are zero, and columns of nothing else are left out.

    One column per lag (or lag and period) for the equation in differences, and one (a period) for that in levels: the change
    dated one period after the first lag that is valid in differences. In `absorbed` periods (periods,) a constant added to
    a lag that is known in every row changes nothing: it is left out, which keeps digits.
    """
    first, last = limits[0], min(limits[1], grid.periods - 1)
    blocks = []
    for lag in range(first, last + 1):
        value = grid.lag(name, lag)[unit, period]
        known = np.isfinite(value) & difference
        share, count = np.bincount(period, known, grid.periods), np.bincount(period, difference, grid.periods)
        free = (share == 0) | (absorbed & (share == count))
        centred = free.all() if collapse else free[period]
        column = np.where(known, value, 0.0)
        shifted = np.where(known & centred, value - grid.origin[name], column)
        rows = difference & (period >= lag)
        blocks.append(_columns(shifted, column, period, rows, collapse))
    if not difference.all():
        wide = grid.values[name]
        moves = np.hstack([np.full((len(wide), 1), np.nan), np.diff(wide, axis=1)])
        at = period - (first - 1)
        value = np.nan_to_num(np.where(at >= 0, moves[unit, np.maximum(at, 0)], np.nan)) * ~difference
        blocks.append(_columns(value, value, period, ~difference, collapse))
    return np.hstack(blocks) if blocks else np.empty((len(unit), 0))


def _absorbed(period: np.ndarray, difference: np.ndarray, periods: int, levels: bool) -> np.ndarray:
    """Return in which periods the moments of the period effects say that the differenced errors sum to zero, shape (periods,).

    Period effects in differences say so directly; those in levels where the same units are seen now and one period before.
    """
    if not levels:
        return np.ones(periods, bool)
    now, change = np.bincount(period, ~difference, periods), np.bincount(period, difference, periods)
    return (now == change) & (np.r_[np.nan, now[:-1]] == change)


def _columns(value: np.ndarray, raw: np.ndarray, period: np.ndarray, rows: np.ndarray, collapse: bool) -> np.ndarray:
    """Return `value` (rows,) as one column, or a column per period, of `rows`; only where `raw` is not zero throughout."""
    if collapse:
        return value[:, None] if raw.any() else np.empty((len(value), 0))
    inside = np.flatnonzero(rows)
    used = np.unique(period[inside][raw[inside] != 0])
    inside = inside[np.isin(period[inside], used)]
    wide = np.zeros((len(value), len(used)))
    wide[inside, np.searchsorted(used, period[inside])] = value[inside]
    return wide
