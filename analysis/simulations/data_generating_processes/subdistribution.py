"""Two kinds of ends, of which a treatment moves the incidence of the first proportionally (Fine and Gray 1999, section 5). SIMULATED."""

from __future__ import annotations

import numpy as np
import pandas as pd

SHARE = 0.4


def simulate(generator: np.random.Generator, effect: float, units: int = 300) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return spells (unit, duration, event, first_only, d) and the truth 'ratio', the log ratio of subdistribution hazards.

    Without treatment a share SHARE ends in the first way, after exponential times; `first_only` codes the second way as censored.
    """
    d = np.arange(units) % 2
    ratio = np.exp(effect * d)
    ever = 1 - (1 - SHARE) ** ratio
    first = generator.random(units) < ever
    # The time of a first end given that it comes, by inverting 1 - (1 - p (1 - exp(-t)))^ratio.
    reached = 1 - (1 - generator.random(units) * ever) ** (1 / ratio)
    length = np.where(first, -np.log(1 - np.minimum(reached, SHARE * (1 - 1e-12)) / SHARE), generator.exponential(1 / ratio))
    stop = generator.uniform(0.5, 4, units)
    event = np.where(length <= stop, np.where(first, 1, 2), 0)
    frame = {"unit": np.arange(units), "duration": np.minimum(length, stop), "event": event, "first_only": (event == 1).astype(int), "d": d}
    return pd.DataFrame(frame), {"ratio": effect}
