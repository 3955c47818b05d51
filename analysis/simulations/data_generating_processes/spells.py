"""Weibull durations that depend on a treatment given at the start, with censoring. SIMULATED."""

from __future__ import annotations

import numpy as np
import pandas as pd

SHAPE, SCALE, END = 1.3, 6.0, 10.0


def simulate(generator: np.random.Generator, effect: float, units: int = 300) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return spells (unit, duration, event, d, lower, upper, years) and truths 'hazard' (log ratio, `effect`), 'time', 'mean' and 'survival'.

    `years` is the duration as annual reports show it, rounded up; lower and upper are that year's ends; 'mean' is the
    difference of mean durations up to 8 and 'survival' the untreated share that lasts beyond 5.
    """
    d = np.arange(units) % 2
    length = SCALE * (generator.exponential(size=units) / np.exp(effect * d)) ** (1 / SHAPE)
    stop = np.minimum(END, generator.uniform(2, 25, size=units))
    event = (length <= stop).astype(int)
    duration = np.minimum(length, stop)
    # Annual reports: an end is seen in its year; a censored spell is only known to have outlasted its last whole year.
    years = np.where(event == 1, np.ceil(duration), np.floor(duration))
    years[years == 0] = np.nan  # censored before the first report: never seen
    upper = np.where(event == 1, np.ceil(duration), np.nan)
    lower = np.where(event == 1, np.maximum(np.ceil(duration) - 1, 1e-3), np.maximum(duration, 1e-3))
    frame = {"unit": np.arange(units), "duration": duration, "event": event, "d": d, "lower": lower, "upper": upper, "years": years}
    grid = np.linspace(0, 8, 2001)
    curves = [np.exp(-((grid / SCALE) ** SHAPE) * np.exp(effect * arm)) for arm in (0, 1)]
    areas = [float(np.trapezoid(curve, grid)) for curve in curves]
    truths = {"hazard": effect, "time": -effect / SHAPE, "mean": areas[1] - areas[0], "survival": float(np.exp(-((5 / SCALE) ** SHAPE)))}
    return pd.DataFrame(frame), truths
