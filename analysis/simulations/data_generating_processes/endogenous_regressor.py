"""A regressor that moves with the error, and an instrument. SIMULATED."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.simulations.data_generating_processes._noise import long


def simulate(
    generator: np.random.Generator, effect: float, units: int = 200, periods: int = 3, strength: float = 0.5
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return the panel (unit, time, y, x, z, z2) and the truth 'slope'; z and z2 are valid instruments."""
    shape = (units, periods)
    error, z, z2 = (
        generator.normal(size=shape) + generator.normal(size=(units, 1)) * 0.5,
        generator.normal(size=shape),
        generator.normal(size=shape),
    )
    x = strength * (z + 0.5 * z2) + 0.6 * error + generator.normal(size=shape)
    return long({"y": effect * x + error, "x": x, "z": z, "z2": z2}, {}), {"slope": effect}
