"""One adoption date, few treated clusters, errors that share a cluster component. SIMULATED."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.simulations.data_generating_processes._noise import autoregressive, long


def simulate(
    generator: np.random.Generator, effect: float, units: int = 60, treated: int = 2, periods: int = 10, persistence: float = 0.6
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return the panel (unit, time, y, cohort) of cluster means and the truth 'att'; half the periods are after the date."""
    cohort = np.where(np.arange(units) < treated, periods // 2 + 1, 0)
    on = (cohort[:, None] > 0) & (np.arange(1, periods + 1)[None, :] >= cohort[:, None])
    y = generator.normal(size=units)[:, None] + autoregressive(generator, units, periods, persistence) + effect * on
    return long({"y": y}, {"cohort": cohort}), {"att": effect}
