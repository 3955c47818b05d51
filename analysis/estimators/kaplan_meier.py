"""Survival curves by group (Kaplan and Meier 1958, JASA 53: 457-481)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.core.distributions import normal_quantile
from analysis.core.estimates import parameter, refused
from analysis.core.method import Method
from analysis.core.options import Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._durations import counts_of, curve_of, ended, groups_of, silent, spells_of, term, times_of, unseen
from analysis.inference.product_limit import Curve

METHOD = Method(
    title="Kaplan-Meier survival",
    citation="Kaplan and Meier (1958), JASA 53: 457-481; variance of Greenwood (1926)",
    library="analysis",
    needs=("duration", "event"),
    accepts=("unit", "entry", "strata", "treatment"),
    options={"times": Option([], "durations at which survival is reported; by default the quartiles")},
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return 'survival', the time as setting, and 'median' by group (strata, or treatment), with Greenwood errors and log-log intervals.

    The median is the first duration by which no more than half last; there is none where more do to the end.
    """
    options = METHOD.read(specification)
    data = spells_of(panel, specification)
    times = times_of(options.times, data)
    rows = []
    for group, part in groups_of(data, specification):
        curve = curve_of(part)
        about = {"inference": "greenwood", **counts_of(part, specification)}
        for time, label in times:
            name, why = term("survival", group), unseen(time, label, part, curve)
            row = refused(name, "SUPPORT", why, "greenwood") if why else _survival(name, curve, time, about, group)
            rows.append(row | {"setting": label})
        half = np.flatnonzero(curve.survival <= 0.5 + 1e-12)
        if len(half) and not unseen(float(curve.times[half[0]]), "", part, curve):
            rows.append(parameter(term("median", group), curve.times[half[0]], **about))
    return rows


def _survival(name: str, curve: Curve, time: float, about: dict, group: str) -> dict:
    """Return survival at `time` with an interval symmetric in log(-log), which stays between zero and one."""
    survival = float(curve.at(time))
    if survival <= 0:
        return parameter(name, 0.0, **about, **ended(curve.emptied, group))
    if not len(curve.times) or time < curve.times[0]:
        return parameter(name, 1.0, **about, **silent(time, group))
    variance = float(curve.greenwood[np.searchsorted(curve.times, time, side="right") - 1])
    row = parameter(name, survival, survival * np.sqrt(variance), **about) | {"p_value": np.nan}
    for low, high, level in (("ci_low", "ci_high", 0.95), ("ci90_low", "ci90_high", 0.90)):
        log = np.log(survival)
        half = normal_quantile(0.5 + level / 2) * np.sqrt(variance) / log
        row |= {low: float(np.exp(log * np.exp(-half))), high: float(np.exp(log * np.exp(half)))}
    return row
