"""Spells that may be treated while they last: who lasts longer has more time to be treated. SIMULATED."""

from __future__ import annotations

import numpy as np
import pandas as pd

END = 10.0


def simulate(generator: np.random.Generator, effect: float, units: int = 300) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return stretches of spells (unit, start, stop, event, d, ever) and the truth 'hazard', the log ratio once treated.

    `ever` marks units treated at any time; comparing by it credits treatment with the time before it.
    """
    rate = 0.2
    when = generator.uniform(0, 8, size=units)
    need = generator.exponential(size=units) / rate
    # Time runs exp(effect) times as fast after treatment.
    length = np.where(need <= when, need, when + (need - when) / np.exp(effect))
    stop, event = np.minimum(length, END), (length <= END).astype(int)
    rows = []
    for unit in range(units):
        ever = int(when[unit] < stop[unit])
        if ever:
            rows.append((unit, 0.0, when[unit], 0, 0, 1))
            rows.append((unit, when[unit], stop[unit], event[unit], 1, 1))
        else:
            rows.append((unit, 0.0, stop[unit], event[unit], 0, 0))
    frame = pd.DataFrame(rows, columns=["unit", "start", "stop", "event", "d", "ever"])
    return frame[frame["stop"] > frame["start"]].reset_index(drop=True), {"hazard": effect}
