"""Noise that simulated panels share. SIMULATED throughout."""

from __future__ import annotations

import numpy as np
import pandas as pd


def autoregressive(generator: np.random.Generator, units: int, periods: int, persistence: float) -> np.ndarray:
    """Return stationary AR(1) errors of unit variance, shape (units, periods)."""
    shocks = generator.normal(size=(units, periods))
    errors = np.empty_like(shocks)
    errors[:, 0] = shocks[:, 0]
    for t in range(1, periods):
        errors[:, t] = persistence * errors[:, t - 1] + np.sqrt(1 - persistence**2) * shocks[:, t]
    return errors


def long(wide: dict[str, np.ndarray], fixed: dict[str, np.ndarray]) -> pd.DataFrame:
    """Return a panel with columns unit, time (from 1), one for each (units, periods) array and one for each (units,) array."""
    units, periods = next(iter(wide.values())).shape
    columns = {"unit": np.repeat(np.arange(units), periods), "time": np.tile(np.arange(1, periods + 1), units)}
    columns |= {name: values.ravel() for name, values in wide.items()}
    return pd.DataFrame(columns | {name: np.repeat(values, periods) for name, values in fixed.items()})
