"""Survival curves by group (Kaplan and Meier 1958, JASA 53: 457-481), by lifelines."""

from __future__ import annotations

import numpy as np
import pandas as pd
from lifelines import KaplanMeierFitter

from analysis.entrance import entrance
from analysis.estimates import parameter, refused
from analysis.estimators._durations import counts_of, groups_of, spells_of, term
from analysis.method import Method, Option

METHOD = Method(
    title="Kaplan-Meier survival",
    citation="Kaplan and Meier (1958), JASA 53: 457-481; variance of Greenwood (1926)",
    library="lifelines",
    needs=("duration", "event"),
    accepts=("unit", "entry", "strata", "treatment"),
    options={"times": Option([], "durations at which survival is reported; by default the quartiles")},
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return 'survival:<time>' and 'median' by group (strata, or treatment), with Greenwood errors and log-log intervals."""
    options = METHOD.read(specification)
    data = spells_of(panel, specification)
    times = options.times or list(np.quantile(data["duration"], [0.25, 0.5, 0.75]))
    rows = []
    for group, part in groups_of(data, specification):
        curve = KaplanMeierFitter().fit(part["duration"], part["event"] > 0, entry=part["entry"] if specification.entry else None)
        about = {"inference": "greenwood", "library": "lifelines", **counts_of(part, specification)}
        cumulated = _greenwood(part)
        for time in times:
            if time > part["duration"].max():
                rows.append(refused(term(f"survival:{time:g}", group), "SUPPORT", f"no spell is observed for {time:g}", "greenwood"))
                continue
            survival = float(curve.predict(time))
            low, high = curve.confidence_interval_.iloc[curve.confidence_interval_.index.searchsorted(time, side="right") - 1]
            error = survival * np.sqrt(cumulated(time))
            row = parameter(term(f"survival:{time:g}", group), survival, error, **about)
            rows.append(row | {"ci_low": float(low), "ci_high": float(high), "p_value": np.nan})
        median = float(curve.median_survival_time_)
        if np.isfinite(median):
            rows.append(parameter(term("median", group), median, **about))
    return rows


def _greenwood(part: pd.DataFrame):
    """Return the function that gives the sum of d / (n (n - d)) up to a time."""
    stop, entry, dead = part["duration"].to_numpy(), part["entry"].to_numpy(), part["event"].to_numpy() > 0
    times, deaths = np.unique(stop[dead], return_counts=True)
    at_risk = np.array([((stop >= t) & (entry < t)).sum() for t in times])
    with np.errstate(divide="ignore"):
        total = np.r_[0.0, np.cumsum(deaths / (at_risk * (at_risk - deaths)))]
    return lambda time: total[np.searchsorted(times, time, side="right")]
