"""Adoption by groups of which one part is eligible; adopting groups are on another trend. SIMULATED."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.simulations.data_generating_processes._noise import autoregressive, long


def simulate(generator: np.random.Generator, effect: float, units: int = 160, periods: int = 6) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return the panel (unit, time, y, cohort, eligible, own_cohort) and the truth 'att'.

    `cohort` is the group's adoption; `own_cohort` the eligible units' treatment.
    """
    time = np.arange(1, periods + 1)
    cohort = generator.choice([3, 5, 0], size=units, p=[0.3, 0.3, 0.4])
    eligible = np.arange(units) % 2
    own = np.where(eligible == 1, cohort, 0)
    trend = 0.3 * (cohort > 0)[:, None] * time + 0.2 * eligible[:, None] * time
    on = (own[:, None] > 0) & (time[None, :] >= own[:, None])
    y = generator.normal(size=units)[:, None] + trend + 0.7 * autoregressive(generator, units, periods, 0.3) + effect * on
    return long({"y": y}, {"cohort": cohort, "eligible": eligible, "own_cohort": own}), {"att": effect}
