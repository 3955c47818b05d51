"""Projects filed over ten years and observed to one date, so that recent ones can only have been quick. SIMULATED.

Time from filing to first sale: Weibull of shape 1.5 with a median of 33 months; 45 % never sell; filings from January 2014
to December 2023, seen to the end of 2024. Half of the firms may issue in January 2019; projects filed later are exposed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

SHAPE, MEDIAN, NEVER = 1.5, 33.0, 0.45
FILED, ISSUE, SEEN = 120.0, 60.0, 132.0  # months from January 2014


def simulate(generator: np.random.Generator, effect: float, units: int = 3000) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return projects and the truths 'time_ratio' (log; `effect`) and 'hazard' of those that ever sell.

    Columns: duration, event, log_completed (missing where not sold), log_completed_issuers (the same, issuers only),
    exposed, issuer, after and filed (years from the middle). A project under way at the issue is cut off there.
    """
    filed = generator.uniform(0, FILED, units)
    issuer = generator.random(units) < 0.5
    exposed = issuer & (filed >= ISSUE)
    scale = MEDIAN / np.log(2) ** (1 / SHAPE) * np.exp(effect * exposed)
    latency = np.where(generator.random(units) < NEVER, np.inf, scale * generator.weibull(SHAPE, units))
    # Also in other firms, so that the two groups are followed alike.
    stop = np.where(filed < ISSUE, ISSUE, SEEN) - filed
    whole = SEEN - filed
    sold = latency <= stop
    panel = pd.DataFrame(
        {
            "project": np.arange(units),
            "duration": np.minimum(latency, stop),
            "event": sold.astype(int),
            "log_completed": np.where(latency <= whole, np.log(np.minimum(latency, whole)), np.nan),
            "exposed": exposed.astype(int),
            "issuer": issuer.astype(int),
            "after": (filed >= ISSUE).astype(int),
            "filed": (filed - FILED / 2) / 12,
        }
    )
    panel["log_completed_issuers"] = panel["log_completed"].where(issuer)
    return panel, {"time_ratio": effect, "hazard": -SHAPE * effect}
