"""One test of all specifications (Simonsohn, Simmons and Nelson 2020, Nature Human Behaviour 4: 1208-1214, "Inference").

Under the sharp null of no effect on anyone every permutation of the treatment dates was as likely as the actual one. Each
specification's statistic is scaled by its standard deviation over all permutations, the actual one among them, so that its
distribution over permutations does not depend on which of them is the actual one: the p-values are exact up to the drawing.
"""

from __future__ import annotations

import numpy as np

CRITICAL = 1.959964


def scaled(statistics: np.ndarray) -> np.ndarray:
    """Return `statistics` (draws + 1, specifications) over their root mean square; specifications that never move drop out."""
    usable = np.isfinite(statistics).all(0)
    spread = np.sqrt(np.mean(statistics[:, usable] ** 2, axis=0))
    moving = spread > 0
    return statistics[:, usable][:, moving] / spread[moving]


def tests(statistics: np.ndarray) -> dict[str, float]:
    """Return two-sided joint p-values of `statistics` (draws + 1, specifications), the actual assignment first.

    `p_median`: the median statistic in absolute value; `p_share`: the larger of the shares of specifications significantly
    above and below zero; `p_average`: the average (Stouffer) in absolute value. `n_joint`: specifications that enter.
    """
    z = scaled(statistics)
    if not z.shape[1]:
        return {"p_median": np.nan, "p_share": np.nan, "p_average": np.nan, "n_joint": 0}
    shares = np.maximum((z > CRITICAL).mean(1), (z < -CRITICAL).mean(1))
    found = {"p_median": np.abs(np.median(z, axis=1)), "p_share": shares, "p_average": np.abs(z.mean(1))}
    return {name: float(np.mean(value >= value[0] * (1 - 1e-9))) for name, value in found.items()} | {"n_joint": int(z.shape[1])}
