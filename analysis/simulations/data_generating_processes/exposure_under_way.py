"""Projects of firms some of which are exposed from a day on, whatever of their projects is under way then. SIMULATED.

Own time to approval: Weibull of shape 1.4 and scale 60 months; half never end; firms with an event are a quarter slower by
themselves. Projects begin over 180 months, exposure of a fifth of the firms between months 20 and 150; all is seen to month 200.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

SHAPE, SCALE, NEVER, SLOWER = 1.4, 60.0, 0.5, 0.25
BEGUN, FIRST, LAST, SEEN = 180.0, 20.0, 150.0, 200.0


def simulate(generator: np.random.Generator, effect: float, units: int = 2000) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return stretches of projects and the truth 'time_ratio' (log; `effect`: what a month under exposure counts for).

    Columns: project, firm, start, stop, ended, exposed, event_firm, ever_exposed (looks ahead), begun and exposed_on (days).
    """
    firms = units // 10
    day = np.where(np.arange(firms) < firms // 5, generator.uniform(FIRST, LAST, firms), np.inf)
    firm = generator.integers(0, firms, units)
    begun, exposed_on = generator.uniform(0, BEGUN, units), day[firm]
    event_firm = np.isfinite(exposed_on).astype(int)
    own = np.where(generator.random(units) < NEVER, np.inf, SCALE * np.exp(SLOWER * event_firm) * generator.weibull(SHAPE, units))
    until = np.maximum(exposed_on - begun, 0.0)
    with np.errstate(invalid="ignore"):
        age = np.where(own <= until, own, until + (own - until) * np.exp(effect))
    stop, ended = np.minimum(age, SEEN - begun), age <= SEEN - begun
    projects = pd.DataFrame({"project": np.arange(units), "firm": firm, "event_firm": event_firm, "begun": begun})
    projects["exposed_on"] = np.where(event_firm == 1, exposed_on, np.nan)
    projects["ever_exposed"] = (until < stop).astype(int)
    parts = []
    for first, last, exposed in ((0.0, until, 0), (until, np.inf, 1)):
        end = np.minimum(last, stop)
        part = projects.assign(start=first, stop=end, ended=(ended & (stop <= last)).astype(int), exposed=exposed)
        parts.append(part[part["stop"] > part["start"]])
    rows = pd.concat(parts).sort_values(["project", "start"], ignore_index=True)
    return rows, {"time_ratio": effect}
