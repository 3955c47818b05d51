"""Clusters of very different size, of which few small ones are treated: their means are the noisiest. SIMULATED."""

from __future__ import annotations

import numpy as np
import pandas as pd


def simulate(
    generator: np.random.Generator, effect: float, clusters: int = 50, treated: int = 2, periods: int = 4
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return units (unit, cluster, time, y, cohort) nested in clusters and the truth 'att'; the treated clusters are small."""
    sizes = np.r_[np.full(treated, 4), np.geomspace(4, 80, clusters - treated).round()].astype(int)
    cluster = np.repeat(np.arange(clusters), sizes)
    units = len(cluster)
    cohort = np.where(cluster < treated, periods // 2 + 1, 0)
    on = (cohort[:, None] > 0) & (np.arange(1, periods + 1)[None, :] >= cohort[:, None])
    shared = 0.1 * generator.normal(size=(clusters, periods))[cluster]
    y = generator.normal(size=units)[:, None] + shared + generator.normal(size=(units, periods)) + effect * on
    columns = {"unit": np.arange(units), "cluster": cluster, "cohort": cohort}
    panel = {name: np.repeat(values, periods) for name, values in columns.items()}
    return pd.DataFrame(panel | {"time": np.tile(np.arange(1, periods + 1), units), "y": y.ravel()}), {"att": effect}
