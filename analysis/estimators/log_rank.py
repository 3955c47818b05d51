"""Equality of survival curves (Mantel 1966; Peto and Peto 1972, JRSS A 135: 185-207)."""

from __future__ import annotations

import pandas as pd

from analysis.core.distributions import chi2_tail
from analysis.core.estimates import NotIdentified, parameter
from analysis.core.method import Method
from analysis.core.options import Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._durations import codes_of, counts_of, spells_of
from analysis.inference.log_rank import log_rank

METHOD = Method(
    title="Log-rank test",
    citation="Peto and Peto (1972), JRSS A 135: 185-207",
    library="analysis",
    needs=("duration", "event", "strata|treatment"),
    accepts=("unit", "entry"),
    options={"weights": Option("none", "none (log-rank), wilcoxon, or peto", ("none", "wilcoxon", "peto"))},
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return 'log_rank', the chi-squared statistic of equal curves between groups (strata, or treatment).

    Groups without any spell at risk beside another group's when one ends do not count for the degrees of freedom.
    """
    options = METHOD.read(specification)
    data = spells_of(panel, specification)
    entry = data["entry"].to_numpy() if specification.entry else None
    ended = data["event"].to_numpy() > 0
    statistic, degrees = log_rank(data["duration"].to_numpy(), ended, codes_of(data, specification), entry, options.weights)
    if degrees < 1:
        raise NotIdentified("SUPPORT", "no two groups have spells at risk when one ends: no curves to compare")
    about = {"inference": "log_rank", "p_value": chi2_tail(statistic, degrees), **counts_of(data, specification)}
    return [parameter("log_rank", statistic, **about)]
