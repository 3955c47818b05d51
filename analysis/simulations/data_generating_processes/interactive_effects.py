"""Few treated units on steeper trends than most controls: parallel trends fail, a weighted mix of controls holds. SIMULATED."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.simulations.data_generating_processes._noise import long


def simulate(
    generator: np.random.Generator, effect: float, units: int = 40, treated: int = 2, periods: int = 20, date: int = 15
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return the panel (unit, time, y, cohort) and the truth 'att'; outcomes load on two common factors."""
    time = np.arange(1, periods + 1)
    factors = np.stack([time / periods * 4, np.sin(time / 3)])
    loadings = generator.uniform(0, 1, size=(units, 2))
    loadings[:treated, 0] = generator.uniform(0.6, 0.9, size=treated)
    cohort = np.where(np.arange(units) < treated, date, 0)
    on = (cohort[:, None] > 0) & (time[None, :] >= date)
    y = generator.normal(size=units)[:, None] + loadings @ factors + 0.3 * generator.normal(size=(units, periods)) + effect * on
    return long({"y": y}, {"cohort": cohort}), {"att": effect}
