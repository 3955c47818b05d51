"""Counts with many zeros, unit effects, and more variance than Poisson. SIMULATED."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.simulations.data_generating_processes._noise import long


def simulate(generator: np.random.Generator, effect: float, units: int = 150, periods: int = 6) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return the panel (unit, time, y, log1p_y, x) and the truth 'slope' of the log mean; the variance of y grows with x."""
    level = generator.normal(size=units)[:, None] * 0.8
    x = 0.5 * level + generator.normal(size=(units, periods))
    mean = np.exp(level + effect * x)
    shape = 1 / np.exp(0.5 * x)
    y = generator.poisson(mean * generator.gamma(shape, 1 / shape))
    return long({"y": y, "log1p_y": np.log1p(y), "x": x}, {}), {"slope": effect}
