"""Balanced panels as synthetic controls want them: a block of outcomes, and who is treated from when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimates import NotIdentified
from analysis.estimators._cohorts import cohort_panel, need_never


@dataclass(frozen=True)
class Blocks:
    """`outcome` (periods, units), `cohort` (units,; infinite = never), `periods` (periods,)."""

    outcome: np.ndarray
    cohort: np.ndarray
    periods: np.ndarray


def blocks_of(panel: pd.DataFrame, specification) -> tuple[Blocks, pd.DataFrame]:
    """Return the blocks; raise NotIdentified where the panel has holes or too few periods before treatment."""
    data = cohort_panel(panel, specification)
    need_never(data)
    wide = data.pivot(index="time", columns="unit", values="outcome")
    if wide.isna().any(axis=None):
        when, who = np.argwhere(wide.isna().to_numpy())[0]
        name = panel[specification.unit].drop_duplicates().iloc[wide.columns[who]] if who < panel[specification.unit].nunique() else who
        raise NotIdentified("BALANCE", f"unit {name} has no outcome in period {wide.index[when]}; synthetic methods need every cell")
    cohort = data.groupby("unit")["cohort"].first().reindex(wide.columns).to_numpy(float)
    cohort = np.where(cohort == 0, np.inf, cohort)
    keep = cohort > wide.index.min()
    blocks = Blocks(wide.to_numpy(float)[:, keep], cohort[keep], wide.index.to_numpy(float))
    for g in np.unique(blocks.cohort[np.isfinite(blocks.cohort)]):
        if (blocks.periods < g).sum() < 2:
            raise NotIdentified("SUPPORT", f"cohort {g:.0f} has fewer than two periods before treatment")
    return blocks, data


def placebo_cohorts(cohort: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return cohorts (controls,) in which randomly chosen controls take the places of the treated."""
    treated = cohort[np.isfinite(cohort)]
    controls = int(np.isinf(cohort).sum())
    if controls <= len(treated):
        raise NotIdentified("SUPPORT", f"{controls} controls cannot stand in for {len(treated)} treated units: no placebo inference")
    placebo = np.full(controls, np.inf)
    placebo[generator.permutation(controls)[: len(treated)]] = treated
    return placebo
