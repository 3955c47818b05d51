"""Restricted mean survival: the area under the curve up to a horizon (Royston and Parmar 2013, BMC Medical Research Methodology 13: 152).

Needs no proportional hazards: the difference between groups is in units of time.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.core.estimates import NotIdentified, parameter
from analysis.core.method import Method
from analysis.core.options import Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._durations import counts_of, curve_of, ended, groups_of, silent, spells_of, term, times_of, unseen

METHOD = Method(
    title="Restricted mean survival time",
    citation="Royston and Parmar (2013), BMC Medical Research Methodology 13: 152",
    library="analysis",
    needs=("duration", "event"),
    accepts=("unit", "entry", "strata", "treatment"),
    options={"horizon": Option(0.0, "end of the area; 0: the shortest of the groups' longest durations", minimum=0)},
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return 'restricted_mean' by group and, with two groups, 'difference', the second less the first."""
    options = METHOD.read(specification)
    data = spells_of(panel, specification)
    groups = groups_of(data, specification)
    longest = min(part["duration"].max() for _, part in groups)
    horizon = times_of([options.horizon], data)[0][0] if options.horizon else longest
    if horizon > longest:
        raise NotIdentified("SUPPORT", f"horizon {options.horizon:.15g} lies beyond the last duration ({longest:g}) of a group")
    if (data["entry"] < 0).any():
        raise NotIdentified("SUPPORT", f"the mean counts from 0, but a spell starts at {data['entry'].min():g}; shift the clock first")
    found = [(group, *_area(part, horizon), part) for group, part in groups]
    rows = [
        parameter(
            term("restricted_mean", g),
            mean,
            se,
            inference="greenwood",
            **counts_of(p, specification),
            **(_unknown(p, horizon, g) if np.isnan(se) else {}),
        )
        for g, mean, se, p in found
    ]
    if len(found) == 2:
        (_, first, first_se, _), (_, second, second_se, _) = found
        error = float(np.hypot(first_se, second_se))
        without = next((_unknown(p, horizon, g) for g, _, se, p in found if np.isnan(se)), {})
        rows.append(parameter("difference", second - first, error, inference="greenwood", **counts_of(data, specification), **without))
    return rows


def _unknown(part: pd.DataFrame, horizon: float, group: str) -> dict:
    """Return why the area has no error: nothing ends before the horizon, or all at once."""
    first = curve_of(part).times[:1]
    return ended(float(first[0]), group) if (first < horizon).any() else silent(horizon, group, until="before")


def _area(part: pd.DataFrame, horizon: float) -> tuple[float, float]:
    """Return the area under the survival curve to `horizon` and its standard error (Greenwood carried through), missing where nothing varies."""
    curve = curve_of(part)
    if why := unseen(horizon, f"{horizon:g}", part, curve):
        raise NotIdentified("SUPPORT", why)
    within = curve.times < horizon
    if not within.any():
        return float(horizon), np.nan
    times, deaths, at_risk = curve.times[within], curve.ends[within], curve.at_risk[within]
    pieces = np.diff(np.r_[0.0, times, horizon]) * np.r_[1.0, curve.survival[within]]
    area = float(pieces.sum())
    beyond = area - np.cumsum(pieces)[:-1]  # the area after each event time
    left = at_risk - deaths
    # Where everyone left ends the curve is zero from there on, and nothing beyond varies.
    terms = np.where(left > 0, (beyond / horizon) ** 2 * deaths / (at_risk * np.where(left > 0, left, 1)), 0.0)
    error = horizon * float(np.sqrt(terms.sum()))
    return area, error if error > 0 else np.nan
