"""A regressor that moves with the unit's own level. SIMULATED."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.simulations.data_generating_processes._noise import autoregressive, long


def simulate(
    generator: np.random.Generator, effect: float, units: int = 100, periods: int = 6, correlation: float = 1.0
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return the panel (unit, time, y, x) and the truth 'slope'; errors follow themselves over time."""
    level = generator.normal(size=units)[:, None]
    x = correlation * level + autoregressive(generator, units, periods, 0.3)
    y = level + effect * x + 0.1 * np.arange(periods) + autoregressive(generator, units, periods, 0.3)
    return long({"y": y, "x": x}, {}), {"slope": effect}
