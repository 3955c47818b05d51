"""A treatment that switches on and, for some, off again; its effect ends with it. SIMULATED."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.simulations.data_generating_processes._noise import autoregressive, long


def simulate(generator: np.random.Generator, effect: float, units: int = 120, periods: int = 8) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return the panel (unit, time, y, d) and the truth 'first', the effect in the first treated period."""
    time = np.arange(1, periods + 1)
    start = generator.choice([3, 4, 5, 6, 99], size=units, p=[0.15, 0.15, 0.15, 0.15, 0.4])
    length = generator.choice([2, 99], size=units)
    on = (time >= start[:, None]) & (time < (start + length)[:, None])
    y = generator.normal(size=units)[:, None] + 0.1 * time + 0.7 * autoregressive(generator, units, periods, 0.5) + effect * on
    return long({"y": y, "d": on.astype(float)}, {}), {"first": effect}
