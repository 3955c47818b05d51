"""SIMULATED. Projects from patent filing to first sale: a share never sells, others are abandoned, the end is censored.

After the firm's first issue the clock of a project runs faster by the inverse of the time ratio, also in the middle of
a project: accelerated failure time with a changing exposure (Cox and Oakes 1984, Analysis of Survival Data, ch. 5).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.simulations.cohort.accounts import NEVER, History

DAYS = 30.4375  # a month


def start(history: History, traits: pd.DataFrame, settings: dict, scale: float, rng: np.random.Generator) -> pd.DataFrame:
    """Return one row per project: firm (row of `traits`), class, dates in months since the first year, and what is known.

    Columns: firm, project_id, ip_class, filed, last_unsold, sold_by (NaN: not sold), abandoned (NaN: not), observed_until.
    """
    about = settings["projects"]
    first = settings["years"][0]
    span = 12 * (settings["years"][1] - first + 1)
    number = rng.poisson(about["per_firm"], len(traits))
    firm = np.repeat(np.arange(len(traits)), number)
    opens = 12 * (traits["enters"].to_numpy()[firm] - first)
    closes = 12 * (traits["leaves"].to_numpy()[firm] + 1 - first)
    filed = opens + rng.random(len(firm)) * (closes - opens)
    classes = list(about["classes"])
    kind = rng.integers(len(classes), size=len(firm))
    clock = _clock(firm, kind, classes, len(traits), about, rng)
    issued = np.where(history.cohort == NEVER, np.inf, 12.0 * (history.cohort - first) + 12 * rng.random(len(traits)))[firm]
    ratio = np.exp(settings["effects"]["cycle"]["size"] * scale)
    latency = _with_exposure(clock, (issued - filed).clip(0), ratio)
    gives_up = rng.exponential(1 / about["abandonment"], len(firm))
    ends = np.minimum(closes, span) - filed
    sold = (latency <= gives_up) & (latency <= ends)
    abandoned = ~sold & (gives_up <= ends)
    date = filed + latency
    by_year = rng.random(len(firm)) < about["interval_share"]
    low = np.where(by_year, np.maximum(12 * np.floor(date / 12), filed), date)
    high = np.where(by_year, np.minimum(12 * np.floor(date / 12) + 12, filed + ends), date)
    return pd.DataFrame(
        {
            "firm": firm,
            "ip_class": np.array(classes, dtype=object)[kind],
            "filed": filed,
            "last_unsold": np.where(sold, low, np.where(abandoned, filed + gives_up, filed + ends)),
            "sold_by": np.where(sold, high, np.nan),
            "abandoned": np.where(abandoned, filed + gives_up, np.nan),
            "observed_until": filed + ends,
            "issued": issued,
            "clock": clock,
        }
    )


def _clock(firm: np.ndarray, kind: np.ndarray, classes: list[str], n_firms: int, settings: dict, rng: np.random.Generator) -> np.ndarray:
    """Return the months to first sale without any exposure; infinite for the share that never sells."""
    shift = np.array([settings["classes"][name] for name in classes])[kind] + settings["frailty"] * rng.normal(size=n_firms)[firm]
    scale = settings["median_months"] / np.log(2) ** (1 / settings["shape"]) * np.exp(shift)
    months = scale * rng.weibull(settings["shape"], len(firm))
    return np.where(rng.random(len(firm)) < settings["commercialized"], months, np.inf)


def _with_exposure(clock: np.ndarray, until: np.ndarray, ratio: float) -> np.ndarray:
    """Return months to sale when the clock runs 1/ratio times as fast from month `until` on."""
    with np.errstate(invalid="ignore"):  # never sold and never exposed: infinity less infinity, in the branch not taken
        return np.where(clock <= until, clock, until + (clock - until) * ratio)
