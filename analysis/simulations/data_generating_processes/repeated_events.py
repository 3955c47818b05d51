"""Events that repeat, more often in some units than in others. SIMULATED."""

from __future__ import annotations

import numpy as np
import pandas as pd

END = 6.0


def simulate(generator: np.random.Generator, effect: float, units: int = 150) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return spells between events (unit, start, stop, event, d) and the truth 'rate', the log ratio of event rates."""
    d = np.arange(units) % 2
    rate = 0.4 * np.exp(effect * d) * generator.gamma(2, 0.5, size=units)
    rows = []
    for unit in range(units):
        now = 0.0
        while now < END:
            upcoming = now + generator.exponential(1 / rate[unit])
            rows.append((unit, now, min(upcoming, END), int(upcoming < END), d[unit]))
            now = upcoming
    return pd.DataFrame(rows, columns=["unit", "start", "stop", "event", "d"]), {"rate": effect}
