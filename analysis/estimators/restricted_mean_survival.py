"""Restricted mean survival: the area under the curve up to a horizon (Royston and Parmar 2013, BMC Medical Research Methodology 13: 152).

Needs no proportional hazards: the difference between groups is in units of time.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.entrance import entrance
from analysis.estimates import NotIdentified, parameter
from analysis.estimators._durations import counts_of, groups_of, spells_of, term
from analysis.method import Method, Option

METHOD = Method(
    title="Restricted mean survival time",
    citation="Royston and Parmar (2013), BMC Medical Research Methodology 13: 152",
    library="analysis",
    needs=("duration", "event"),
    accepts=("unit", "entry", "strata", "treatment"),
    options={"horizon": Option(0.0, "end of the area; 0: the shortest of the groups' longest durations", minimum=0)},
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return 'restricted_mean' by group and, with two groups, 'difference', the second less the first."""
    options = METHOD.read(specification)
    data = spells_of(panel, specification)
    groups = groups_of(data, specification)
    longest = min(part["duration"].max() for _, part in groups)
    horizon = options.horizon or longest
    if horizon > longest:
        raise NotIdentified("SUPPORT", f"horizon {horizon:g} lies beyond the last duration ({longest:g}) of a group")
    found = [(group, *_area(part, horizon), part) for group, part in groups]
    rows = [
        parameter(term("restricted_mean", g), mean, se, inference="greenwood", **counts_of(p, specification)) for g, mean, se, p in found
    ]
    if len(found) == 2:
        (_, first, first_se, _), (_, second, second_se, _) = found
        error = float(np.hypot(first_se, second_se))
        rows.append(parameter("difference", second - first, error, inference="greenwood", **counts_of(data, specification)))
    return rows


def _area(part: pd.DataFrame, horizon: float) -> tuple[float, float]:
    """Return the area under the survival curve to `horizon` and its standard error (Greenwood carried through)."""
    stop, entry, dead = part["duration"].to_numpy(), part["entry"].to_numpy(), part["event"].to_numpy() > 0
    times, deaths = np.unique(stop[dead & (stop <= horizon)], return_counts=True)
    at_risk = np.array([((stop >= t) & (entry < t)).sum() for t in times])
    survival = np.cumprod(1 - deaths / at_risk)
    edges = np.r_[0.0, times, horizon]
    pieces = np.diff(edges) * np.r_[1.0, survival]
    area = float(pieces.sum())
    beyond = area - np.cumsum(pieces)[:-1]  # the area after each event time
    left = at_risk - deaths
    # Where everyone left ends the curve is zero from there on, and nothing beyond varies.
    terms = np.where(left > 0, beyond**2 * deaths / (at_risk * np.where(left > 0, left, 1)), 0.0)
    return area, float(np.sqrt(terms.sum()))
