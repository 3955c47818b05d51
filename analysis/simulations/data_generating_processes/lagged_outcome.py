"""An outcome that depends on its own past, with unit effects. SIMULATED."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.simulations.data_generating_processes._noise import long


def simulate(
    generator: np.random.Generator, effect: float, units: int = 250, periods: int = 7, burn: int = 30
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return the panel (unit, time, y, y_lag) and the truth 'persistence', which is `effect`; the start is stationary."""
    level = generator.normal(size=units)
    y = np.empty((units, burn + periods))
    y[:, 0] = level / (1 - effect)
    for t in range(1, burn + periods):
        y[:, t] = effect * y[:, t - 1] + level + generator.normal(size=units)
    return long({"y": y[:, burn:], "y_lag": y[:, burn - 1 : -1]}, {}), {"persistence": effect}
