"""Durations of which a share never ends, observed long enough to see it. SIMULATED."""

from __future__ import annotations

import numpy as np
import pandas as pd


def simulate(generator: np.random.Generator, effect: float, units: int = 400) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return spells (unit, duration, event) and the truth 'never'; `effect` is the share that never ends."""
    ends = generator.random(units) >= effect
    length = np.where(ends, 2.0 * generator.exponential(size=units) ** (1 / 1.2), np.inf)
    stop = generator.uniform(8, 14, units)
    return pd.DataFrame({"unit": np.arange(units), "duration": np.minimum(length, stop), "event": (length <= stop).astype(int)}), {
        "never": effect
    }
