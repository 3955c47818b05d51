"""Fractions whose mean is logistic, with mass at zero and one. SIMULATED."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.simulations.data_generating_processes._noise import long


def simulate(generator: np.random.Generator, effect: float, units: int = 150, periods: int = 4) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return the panel (unit, time, y, x) and the truths 'slope' (log odds) and 'ape' (average partial effect)."""
    x = generator.normal(size=(units, periods)) + generator.normal(size=(units, 1))
    mean = 1 / (1 + np.exp(-(-1.5 + effect * x)))
    y = generator.binomial(4, mean) / 4
    return long({"y": y, "x": x}, {}), {"slope": effect, "ape": float((effect * mean * (1 - mean)).mean())}
