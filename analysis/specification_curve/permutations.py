"""Treatment dates permuted among units: one permutation serves every specification of a curve.

The joint test of a specification curve needs each permuted assignment to pass through all specifications (Simonsohn,
Simmons and Nelson 2020, Nature Human Behaviour 4: 1208-1214). All dates of a unit move together, within strata that keep
the samples as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

NEVER = np.inf


@dataclass(frozen=True)
class Permutations:
    """`units` (n,), `periods` (T,); for each kind of dates the cohorts `first` (draws + 1, n), the actual ones first.

    `treated` has for each kind of dates the positions of the treated units and the index of their first treated period,
    both (draws + 1, treated).
    """

    units: pd.Index
    periods: np.ndarray
    first: dict[str, np.ndarray]
    treated: dict[str, tuple[np.ndarray, np.ndarray]]

    def cells(self, data: pd.DataFrame, unit: str, time: str) -> tuple[np.ndarray, np.ndarray]:
        """Return where the rows of `data` stand in a table units x periods."""
        return self.units.get_indexer(data[unit]), np.searchsorted(self.periods, data[time].to_numpy(float))

    def table(self, values: np.ndarray, cells: tuple[np.ndarray, np.ndarray], missing: float) -> np.ndarray:
        """Return `values` (rows,) as a table units x periods, `missing` where there is no row."""
        found = np.full((len(self.units), len(self.periods)), missing)
        found[cells] = values
        return found


def permute(panel: pd.DataFrame, unit: str, time: str, dates: dict[str, str], within: list[str], draws: int, seed: int) -> Permutations:
    """Return `draws` random permutations of the columns `dates` (label → column of cohorts) among units of one stratum `within`."""
    per_unit = panel.groupby(unit, sort=True)[[*dates.values(), *within]].first()
    periods = np.sort(panel[time].unique()).astype(float)
    strata = [np.arange(len(per_unit))]
    if within:
        strata = [np.asarray(rows) for rows in per_unit.reset_index(drop=True).groupby(within, dropna=False, sort=True).indices.values()]
    generator = np.random.default_rng(seed)
    orders = np.tile(np.arange(len(per_unit)), (draws + 1, 1))
    for members in strata:
        orders[1:, members] = members[generator.permuted(np.tile(np.arange(len(members)), (draws, 1)), axis=1)]
    first, treated = {}, {}
    for label, column in dates.items():
        cohort = per_unit[column].to_numpy(dtype=float, na_value=np.nan)
        actual = np.where(np.isnan(cohort) | (cohort <= 0) | (cohort > periods[-1]), NEVER, cohort)
        first[label] = actual[orders]
        places = np.argsort(~np.isfinite(first[label]), axis=1, kind="stable")[:, : int(np.isfinite(actual).sum())]
        treated[label] = places, np.searchsorted(periods, np.take_along_axis(first[label], places, axis=1))
    return Permutations(per_unit.index, periods, first, treated)
