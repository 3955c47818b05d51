"""Imputation estimator (Borusyak, Jaravel and Spiess 2024, REStud 91: 3253-3285), by diff-diff."""

from __future__ import annotations

import numpy as np
import pandas as pd
from diff_diff import ImputationDiD

from analysis.entrance import entrance
from analysis.estimates import NotIdentified, parameter
from analysis.estimators._cohorts import cohort_panel, counts_of
from analysis.inference.absorb import within_sd
from analysis.inference.cluster import need_two
from analysis.method import ANTICIPATION, EVENT_WINDOW, Method, Option

METHOD = Method(
    title="Imputation of untreated outcomes",
    citation="Borusyak, Jaravel and Spiess (2024), REStud 91: 3253-3285; variance: their theorem 3",
    library="diff-diff",
    needs=("outcome", "unit", "time", "cohort|treatment"),
    accepts=("controls", "cluster"),
    options={
        "aggregation": Option("simple", "which averages are reported beside the overall effect", ("simple", "dynamic", "group")),
        "anticipation": ANTICIPATION,
        "event_window": EVENT_WINDOW,
        "pretrends": Option(False, "with dynamic: placebo effects before treatment, from untreated observations alone"),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return 'att' (mean over treated observations) and 'event' or 'group' rows; conservative errors by unit or `cluster`.

    Cohorts with one period before treatment are kept: their unit effects rest on that period alone. Observations that
    cannot be imputed (no untreated unit in the period) are refused. Raises NotIdentified when nothing can be imputed.
    """
    options = METHOD.read(specification)
    data = cohort_panel(panel, specification)
    untreated = (data["cohort"] == 0) | (data["time"] < data["cohort"] - options.anticipation)
    _check_imputable(data, untreated)
    counts = counts_of(data, within_sd=within_sd(data, "outcome", "unit", "time", untreated))
    cluster = next((name for name in specification.cluster if name != specification.unit), "unit")
    counts["n_clusters"] = need_two(data[cluster].to_numpy())
    counts["n_treated_clusters"] = int(data.loc[data["cohort"] > 0, cluster].nunique())
    model = ImputationDiD(anticipation=options.anticipation, cluster=cluster, pretrends=options.pretrends)
    try:
        result = model.fit(data, "outcome", "unit", "time", "cohort", covariates=list(specification.controls) or None)
    except (ValueError, np.linalg.LinAlgError) as error:
        raise NotIdentified("SUPPORT", f"diff-diff could not impute ({' '.join(str(error).split())})") from error
    about = {"inference": "analytic", "library": "diff-diff", **counts}
    rows = [parameter("att", result.overall_att, result.overall_se, **about)]
    if options.aggregation == "dynamic":
        table = result.aggregate("event_study").to_dataframe()
        first, last = options.event_window
        shown = table[~table["is_reference"].astype(bool) & table["event_time"].between(first, last) & table["att"].notna()]
        rows += [parameter("event", r.att, r.se, event_time=int(r.event_time), **about) for r in shown.itertuples()]
    if options.aggregation == "group":
        rows += [
            parameter("group", r.att, r.se, cohort=int(r.label), **about) for r in result.aggregate("group").to_dataframe().itertuples()
        ]
    return rows


def _check_imputable(data: pd.DataFrame, untreated: pd.Series) -> None:
    periods = data.loc[untreated, "time"].unique()
    units = data.loc[untreated, "unit"].unique()
    lost = ~untreated & ~data["time"].isin(periods)
    if lost.any():
        when = sorted(data.loc[lost, "time"].unique())
        raise NotIdentified(
            "SUPPORT", f"no untreated unit in period {when[0]}{' and others' if len(when) > 1 else ''}: drop those periods first"
        )
    if not data.loc[~untreated, "unit"].isin(units).any():
        raise NotIdentified("SUPPORT", "no treated unit is observed before its treatment")
