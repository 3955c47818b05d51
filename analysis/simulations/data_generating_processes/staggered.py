"""Staggered adoption with effects that grow since adoption and differ between cohorts. SIMULATED."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.simulations.data_generating_processes._noise import autoregressive, long


def simulate(
    generator: np.random.Generator,
    effect: float,
    units: int = 80,
    periods: int = 10,
    growth: float = 0.5,
    cohorts: tuple[int, ...] = (4, 6, 8),
    shares: tuple[float, ...] = (0.2, 0.2, 0.2),
    persistence: float = 0.5,
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return the panel (unit, time, y, cohort, d) and truths: 'att' (mean over treated cells), 'first' (adoption period), 'early' (periods 0 to 2).

    The effect of cohort g after e periods is effect x (1 + growth e) x (first cohorts respond twice as much as last ones).
    """
    sizes = [round(share * units) for share in shares]
    cohort = np.concatenate([np.full(n, g) for g, n in zip(cohorts, sizes, strict=True)] + [np.zeros(units - sum(sizes), int)])
    time = np.arange(1, periods + 1)
    since = np.where(cohort[:, None] > 0, time[None, :] - cohort[:, None], -1)
    strength = np.interp(cohort, [min(cohorts), max(cohorts)], [4 / 3, 2 / 3]) if growth else np.ones(units)
    tau = np.where(since >= 0, effect * (1 + growth * since) * strength[:, None], 0.0)
    y = generator.normal(size=units)[:, None] + 0.1 * time + 0.7 * autoregressive(generator, units, periods, persistence) + tau
    panel = long({"y": y, "d": (since >= 0).astype(int)}, {"cohort": cohort})
    treated = since >= 0
    # Every cohort is seen in its first three periods; beyond, cohorts drop out.
    truths = {"att": tau[treated].mean(), "first": tau[since == 0].mean(), "early": tau[treated & (since <= 2)].mean()}
    return panel, truths
