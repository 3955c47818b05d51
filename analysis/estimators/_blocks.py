"""Balanced panels as synthetic controls want them: a block of outcomes, and who is treated from when."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification
from analysis.estimators._cohorts import cohort_panel, counts_of, need_never


@dataclass(frozen=True)
class Blocks:
    """`outcome` (periods, units) less its median, `cohort` (units,; infinite = never), `periods` (periods,); `counts`: what rows say of the sample."""

    outcome: np.ndarray
    cohort: np.ndarray
    periods: np.ndarray
    counts: dict = field(default_factory=dict)


def blocks_of(panel: pd.DataFrame, specification: Specification) -> Blocks:
    """Return the blocks, units treated from the first period on left out.

    Only the order of periods matters: they need not be consecutive. Raises NotIdentified where the panel has holes, the outcome
    does not vary, or a cohort has fewer than two periods before treatment.
    """
    data = cohort_panel(panel, specification)
    need_never(data)
    always = data["cohort"].between(1, data["time"].min())
    left_out = data.attrs.get("left_out", "") or always_treated(data.loc[always, "unit"].nunique())
    data = data[~always]
    wide = data.pivot(index="time", columns="unit", values="outcome")
    _need_whole(wide, data)
    cohort = data.groupby("unit")["cohort"].first().reindex(wide.columns).to_numpy(float)
    cohort = np.where(cohort == 0, np.inf, cohort)
    counts = counts_of(data) | ({"left_out": left_out} if left_out else {})
    # No synthetic method feels a constant, but sums of large numbers lose digits.
    outcome = wide.to_numpy(float)
    blocks = Blocks(outcome - np.median(outcome), cohort, wide.index.to_numpy(float), counts)
    for g in np.unique(blocks.cohort[np.isfinite(blocks.cohort)]):
        if (blocks.periods < g).sum() < 2:
            raise NotIdentified("SUPPORT", f"cohort ‹@{int(g)}› has fewer than two periods before treatment")
    return blocks


def always_treated(units: int) -> str:
    return f"{units} units treated from the first period on" if units else ""


def _need_whole(wide: pd.DataFrame, data: pd.DataFrame) -> None:
    """Raise NotIdentified where a cell of `wide` (periods, units) has no outcome, or all outcomes are one number."""
    holes = np.argwhere(wide.isna().to_numpy().T)
    if len(holes):
        names = data.drop_duplicates("unit").set_index("unit")["_name"]
        who, when = wide.columns[holes[0][0]], wide.index[holes[0][1]]
        more = f" ({len(holes)} cells are empty)" if len(holes) > 1 else ""
        raise NotIdentified(
            "BALANCE", f"unit {names[who]} has no outcome in period ‹@{int(when)}›{more}; synthetic methods need every cell"
        )
    values = wide.to_numpy(float)
    if np.ptp(values) <= 1e-13 * np.abs(values).max():
        raise NotIdentified("SUPPORT", "the outcome does not vary")


def placebo_cohorts(cohort: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return cohorts (controls,) in which randomly chosen controls take the places of the treated."""
    treated = cohort[np.isfinite(cohort)]
    controls = int(np.isinf(cohort).sum())
    if controls <= len(treated):
        raise NotIdentified("SUPPORT", f"{controls} controls cannot stand in for {len(treated)} treated units: no placebo inference")
    placebo = np.full(controls, np.inf)
    placebo[generator.permutation(controls)[: len(treated)]] = treated
    return placebo
