"""Lines of tables on durations: ratios of times or hazards, and differences in months or points."""

from __future__ import annotations

import math

import pandas as pd

from analysis.exhibits.cells import count, interval, number, p_value

TIME, HAZARD, COUNTS = "time ratio", "hazard ratio", "ratio of means"
RATIOS = (TIME, HAZARD, COUNTS)


def shown(value: float, scale: str) -> float:
    """Return a log ratio as a ratio, a difference as it is; missing where the ratio is too large for a number and says nothing."""
    if scale not in RATIOS or pd.isna(value):
        return value
    return math.exp(value) if value < 700 else math.nan


def effect_cells(label: str, row: pd.Series, scale: str) -> dict:
    """Return the cells of one estimate on its scale; the change in percent is given of time ratios alone, which the claim is about."""
    low, high = shown(row["ci_low"], scale), shown(row["ci_high"], scale)
    digits = 2 if scale in RATIOS else 1
    found = pd.notna(row["estimate"])
    estimate = shown(row["estimate"], scale)
    return {
        "": label,
        "Scale": scale,
        "Estimate": number(estimate, digits) if found else "not identified",
        "95 % interval": interval(low, high, digits),
        "p": p_value(row["p_value"]),
        "Change": f"{number(100 * (estimate - 1), 0)} %" if found and scale == TIME else "",
        "Units": count(row["n_units"] if pd.notna(row["n_units"]) else row["n_obs"]),
    }
