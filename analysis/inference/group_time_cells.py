"""Samples of staggered treatment and the group-time cells that they allow (Callaway and Sant'Anna 2021, J. Econometrics 225: 200-230)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

NEVER = np.inf
# The key of an average: its term, and cohort, event time or setting (of calendar averages the period) where it has one.
OVERALL = ("att", None, None, None)


@dataclass(frozen=True)
class Panel:
    """A units x periods panel: `outcome` (units, periods) with NaN, `cohort` (units,), `periods` (periods,).

    `weight` (units,) of sampling, positive in any scale, or None where all units count the same; `covariates` (controls, units,
    periods), missing where a unit is not observed, or None.
    """

    outcome: np.ndarray
    cohort: np.ndarray
    periods: np.ndarray
    units: np.ndarray
    weight: np.ndarray | None = None
    covariates: np.ndarray | None = None

    @property
    def treated_cells(self) -> np.ndarray:
        """One in the cells that the actual cohorts treat, zero elsewhere."""
        return (self.periods[None, :] >= self.cohort[:, None]).astype(float)

    def seen(self, cohort: float) -> np.ndarray:
        """Return in which periods a unit of the cohort has an outcome (periods,)."""
        return np.isfinite(self.outcome.T[:, self.cohort == cohort]).any(1)


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


def cell_keys(sample: Panel | Sections, anticipation: int = 0, universal: bool = True) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return cohort, period and base period of every cell.

    The base is the last period before treatment (less `anticipation`) in which a unit of the cohort is observed: not the one just
    before where the cohort has a hole there; with `universal=False`, cells before treatment compare with the cohort's last observed
    period before them instead. A cohort without any earlier period has no cells.
    """
    periods = sample.periods
    rows = []
    for g in np.unique(sample.cohort[np.isfinite(sample.cohort)]):
        before = np.flatnonzero(sample.seen(g) & (periods < g - anticipation))
        for place, t in enumerate(periods):
            bases = before if universal or t >= g - anticipation else before[before < place]
            if len(bases) and bases[-1] != place:
                rows.append((g, t, periods[bases[-1]]))
    cohort, period, base = map(np.array, zip(*rows, strict=True) if rows else ((), (), ()))
    return cohort, period, base


def moved_bases(cells: tuple[np.ndarray, ...], anticipation: int = 0, universal: bool = True) -> list[tuple[int, int, int]]:
    """Return cohort, wanted and used base period wherever `cells` (of `cell_keys`) do not use the period just before."""
    moved = {}
    for g, t, base in zip(*cells, strict=True):
        wanted = t - 1 if not universal and t < g - anticipation else g - 1 - anticipation
        if base != wanted:
            moved[int(g), int(wanted), int(base)] = None
    return list(moved)


def selections(cohort: np.ndarray, period: np.ndarray, aggregation: str) -> dict[tuple, np.ndarray]:
    """Return the key → which cells (cells,) of each average of an `aggregation`; 'simple' has the overall effect alone."""
    event_time = (period - cohort).astype(int)
    after = event_time >= 0
    if aggregation == "dynamic":
        return {("event", None, int(e), None): event_time == e for e in np.unique(event_time)}
    if aggregation == "group":
        return {("group", int(g), None, None): after & (cohort == g) for g in np.unique(cohort)}
    if aggregation == "calendar":
        return {("calendar", None, None, f"‹@{int(t)}›"): after & (period == t) for t in np.unique(period[after])}
    if aggregation == "group_time":
        return {("att_gt", int(g), int(e), None): (cohort == g) & (event_time == e) for g, e in zip(cohort, event_time, strict=True)}
    return {}


def place_of(key: tuple) -> dict:
    """Return the columns in which a row says, besides its term, what its average is of."""
    return dict(zip(("cohort", "event_time", "setting"), key[1:], strict=True))
