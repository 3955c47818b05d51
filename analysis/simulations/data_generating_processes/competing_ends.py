"""Two kinds of ends and censoring. SIMULATED."""

from __future__ import annotations

import numpy as np
import pandas as pd

FIRST, SECOND, TIME = 0.15, 0.20, 4.0


def simulate(generator: np.random.Generator, effect: float, units: int = 300) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return spells (unit, duration, event, any_first) and the truth 'incidence', the share ended the first way by time 4.

    `effect` shifts the log hazard of the first kind; `any_first` codes the second kind as censored.
    """
    first = FIRST * np.exp(effect)
    times = np.column_stack(
        [generator.exponential(1 / first, units), generator.exponential(1 / SECOND, units), generator.uniform(3, 12, units)]
    )
    kind = np.array([1, 2, 0])[times.argmin(1)]
    total = first + SECOND
    frame = pd.DataFrame({"unit": np.arange(units), "duration": times.min(1), "event": kind, "any_first": (kind == 1).astype(int)})
    return frame, {"incidence": first / total * (1 - np.exp(-total * TIME))}
