"""Equality of survival curves (Mantel 1966; Peto and Peto 1972, JRSS A 135: 185-207), by lifelines."""

from __future__ import annotations

import pandas as pd
from lifelines.statistics import multivariate_logrank_test

from analysis.entrance import entrance
from analysis.estimates import NotIdentified, parameter
from analysis.estimators._durations import counts_of, groups_of, spells_of
from analysis.method import Method, Option

METHOD = Method(
    title="Log-rank test",
    citation="Peto and Peto (1972), JRSS A 135: 185-207",
    library="lifelines",
    needs=("duration", "event", "strata|treatment"),
    accepts=("unit",),
    options={"weights": Option("none", "none (log-rank), wilcoxon, or peto", ("none", "wilcoxon", "peto"))},
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return 'log_rank', the chi-squared statistic of equal curves between groups (strata, or treatment)."""
    options = METHOD.read(specification)
    data = spells_of(panel, specification)
    groups = groups_of(data, specification)
    if len(groups) < 2:
        raise NotIdentified("SUPPORT", "one group only: no curves to compare")
    labels = pd.concat([pd.Series(group, index=part.index) for group, part in groups]).reindex(data.index)
    kind = None if options.weights == "none" else options.weights
    result = multivariate_logrank_test(data["duration"], labels, data["event"] > 0, weightings=kind)
    return [
        parameter(
            "log_rank",
            result.test_statistic,
            inference="log_rank",
            p_value=float(result.p_value),
            library="lifelines",
            **counts_of(data, specification),
        )
    ]
