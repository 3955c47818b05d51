"""Group-time average treatment effects (Callaway and Sant'Anna 2021, J. Econometrics 225: 200-230).

Cells, averages and influence functions are in inference.group_time_averages, also given covariates and for repeated
cross-sections (panel=false). Units that are not observed in every period enter the cells in which they are. Here stand what may
be asked for, and the rows that answer it: of the sample (_group_time), and of each inference (_group_time_inference).
"""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified, noted, refused
from analysis.core.method import Method
from analysis.core.options import (
    AGGREGATION,
    ANTICIPATION,
    BOUNDS,
    EVENT_WINDOW,
    MISSING_BASE,
    MOST_DRAWS,
    PERMUTED_WITHIN,
    PRETREND_POWER,
    REFERENCE,
    Option,
)
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators import _group_time_inference as inference
from analysis.estimators._cohorts import cohort_panel, cohort_rows, counts_of, need_never, strata_of, with_their_base, without_rows
from analysis.estimators._group_time import ROUNDING, GroupTime, named_clusters
from analysis.inference.absorb import within_sd
from analysis.inference.group_time_cells import moved_bases
from analysis.inference.honest_bounds import wants_bounds

METHOD = Method(
    title="Group-time average treatment effects",
    citation="Callaway and Sant'Anna (2021), J. Econometrics 225: 200-230",
    library="analysis",
    conditions_on_the_past=True,
    needs=("outcome", "unit", "time", "cohort|treatment"),
    accepts=("controls", "cluster", "weights"),
    unless={"unit": ("panel", False)},
    streamed=(
        "control_group",
        "aggregation",
        "anticipation",
        "base_period",
        "missing_base",
        "event_window",
        "method",
        *BOUNDS,
        "pretrend_power",
    ),
    options={
        "panel": Option(True, "whether units are followed; false: rows are repeated cross-sections, and --unit only clusters errors"),
        "control_group": Option("never_treated", "whom treated cohorts are compared with", ("never_treated", "not_yet_treated")),
        "aggregation": AGGREGATION,
        "anticipation": ANTICIPATION,
        "base_period": Option(
            "universal", "base of cells before treatment: the last untreated period, or the one before", ("universal", "varying")
        ),
        "missing_base": MISSING_BASE,
        "event_window": EVENT_WINDOW,
        "method": Option("dr", "with covariates: doubly robust, outcome regression or inverse probability weighting", ("dr", "reg", "ipw")),
        "bootstrap_draws": Option(
            0, "draws of the multiplier bootstrap, for uniform bands; 0 for none", minimum=0, maximum=MOST_DRAWS, fewest=2
        ),
        "randomization_draws": Option(0, "draws in which cohorts are permuted among units; 0 for none", minimum=0, maximum=MOST_DRAWS),
        "permuted_within": PERMUTED_WITHIN,
        **BOUNDS,
        "pretrend_power": PRETREND_POWER,
        "reference": REFERENCE,
        "leave_one_out": Option(
            False, "report the overall effect without each unit in turn, or each treated cluster where clusters are named"
        ),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return the overall effect (term 'att') and, by aggregation, event, group, calendar or att_gt rows.

    group_time adds 'pretrend', the Wald test that every effect before treatment is zero. Cohorts after the last period
    count as never treated; cohorts without an observed earlier period are refused. Standard errors are by unit, or by
    `cluster`. Raises NotIdentified when no unit is treated or none is a control.
    """
    options = METHOD.read(specification)
    _check(specification, options)
    strata = [options.permuted_within] if options.permuted_within else []
    data = cohort_panel(panel, specification, *strata) if options.panel else cohort_rows(panel, specification)
    if options.missing_base == "leave_out":
        data = with_their_base(data, -1 - options.anticipation)
    if options.control_group == "never_treated":
        need_never(data, "; control_group=not_yet_treated compares with units before their own treatment")
    if np.ptp(data["outcome"]) <= ROUNDING * np.abs(data["outcome"]).max():
        raise NotIdentified("SUPPORT", "the outcome does not vary")
    within = "unit" if options.panel else "cohort"
    rows = _rows(data, specification, options, _counts(data, within))
    named = named_clusters(specification)
    return rows + (_without_each_cluster(data, specification, named[0]) if options.leave_one_out and named else [])


def _counts(data: pd.DataFrame, within: str) -> dict:
    untreated = (data["cohort"] == 0) | (data["time"] < data["cohort"])
    return counts_of(data, within_sd=within_sd(data, "outcome", within, "time", untreated))


def _check(specification: Specification, options: SimpleNamespace) -> None:
    """Refuse choices that could only be answered wrongly, or not at all."""
    named = named_clusters(specification)
    if len(named) > 1:
        raise BadOption(
            "callaway_santanna takes one cluster variable, which units are nested in", "cluster", specification.cluster, "one column"
        )
    if (specification.controls or named or not options.panel) and options.randomization_draws:
        raise BadOption(
            "callaway_santanna: randomization_draws permutes units: no controls, no cluster but the unit, panel=true",
            "randomization_draws",
            options.randomization_draws,
            (0,),
        )
    if options.permuted_within and not options.randomization_draws:
        raise BadOption(
            "callaway_santanna: permuted_within needs randomization_draws", "permuted_within", options.permuted_within, ("none",)
        )
    if options.leave_one_out and (specification.controls or not options.panel) and not named:
        raise BadOption(
            "callaway_santanna: leave_one_out with controls or panel=false leaves out clusters: it needs --cluster",
            "leave_one_out",
            True,
            (False,),
        )
    if not options.panel and not specification.unit and not specification.cohort:
        raise BadOption(
            "callaway_santanna: panel=false without --unit needs --cohort: one row does not show when treatment began",
            "panel",
            False,
            (True,),
        )
    bounds = wants_bounds(options) or options.pretrend_power
    if bounds and (options.aggregation != "dynamic" or options.anticipation or options.base_period != "universal"):
        raise BadOption(
            "callaway_santanna: honest, breakdown and pretrend_power need aggregation=dynamic, no anticipation and the universal base",
            "aggregation",
            options.aggregation,
            ("dynamic",),
        )
    if options.reference == "effective_clusters" and not named:
        raise BadOption("callaway_santanna: reference=effective_clusters needs --cluster", "reference", options.reference, ("normal",))


def _rows(data: pd.DataFrame, specification: Specification, options: SimpleNamespace, counts: dict) -> list[dict]:
    """Return every row but those without a cluster."""
    found = GroupTime(data, specification, options, counts)
    rows = found.refused() + inference.analytic(found)
    if options.aggregation == "group_time":
        rows.append(inference.pretrend(found))
    if options.bootstrap_draws:
        rows += inference.bootstrapped(found)
    if options.aggregation == "dynamic" and (wants_bounds(options) or options.pretrend_power):
        moved = sorted({g for g, *_ in moved_bases(found.cells, options.anticipation)})
        rows += _sensitivitywithout_rows(data, specification, moved) if moved else inference.sensitivity(found)
    rows += [
        refused("att_gt", "SUPPORT", f"cohort ‹@{g}›, period ‹@{t}›: {why}") | {"cohort": g, "event_time": t - g}
        for g, t, why in found.averages.reasons
    ]
    if options.randomization_draws:
        rows += inference.randomized(found, found.panel, strata_of(data, options.permuted_within))
    if options.leave_one_out and found.cluster is None:
        rows += inference.without_each_unit(found)
    return [row | found.lacks(row) for row in rows]


def _sensitivitywithout_rows(data: pd.DataFrame, specification: Specification, moved: list[int]) -> list[dict]:
    """Return the bounds and the power of the cohorts whose base is the period just before: event times need one reference."""
    named = f"without cohort {', '.join(f'‹@{g}›' for g in moved)}, whose base is not the period just before treatment"
    plain = {"bootstrap_draws": 0, "randomization_draws": 0, "leave_one_out": False}
    specification = replace(specification, options={**specification.options, **plain})
    data = without_rows(data, data["cohort"].isin(moved))
    try:
        found = _rows(data, specification, METHOD.read(specification), _counts(data, "unit"))
    except NotIdentified as error:
        return [refused("att_honest", "PRE", f"event times have no common reference; {named}: {error}")]
    rows = [row for row in found if row["term"] in ("att_honest", "pretrend_slope", "breakdown")]
    return [{**row, **noted(f"BASE: {named}")} if not row.get("reason") else row for row in rows]


def _without_each_cluster(data: pd.DataFrame, specification: Specification, cluster: str) -> list[dict]:
    """Return the overall effect without each cluster that has treated units, in turn: 'att_without', the cluster its setting."""
    kept = {name: value for name, value in specification.options.items() if name != "event_window"}
    specification = replace(specification, options={**kept, "aggregation": "simple", "leave_one_out": False})
    options = METHOD.read(specification)
    rows = []
    for name in sorted(data.loc[data["cohort"] > 0, cluster].unique()):
        part = without_rows(data, data[cluster] == name)
        try:
            found = _rows(part, specification, options, counts_of(part))
        except NotIdentified as error:
            rows.append(refused("att_without", error.code, str(error), setting=str(name)))
            continue
        rows += [row | {"term": "att_without", "setting": str(name)} for row in found if row["term"] == "att"]
    return rows
