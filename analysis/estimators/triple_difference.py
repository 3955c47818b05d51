"""Triple differences with staggered treatment (Ortiz-Villavicencio and Sant'Anna 2025, arXiv 2505.09942), by diff-diff.

Only units of an eligible part of the population are treated, in groups that adopt at some date. Differencing the
parts of one group, and groups, removes trends of either; pooled three-way regressions do not when dates differ.
"""

from __future__ import annotations

import re
import warnings
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from diff_diff import SurveyDesign, TripleDifference

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified, noted, parameter, refused
from analysis.core.method import Method
from analysis.core.options import ANTICIPATION, Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._cohorts import Bases, bases_of, cohort_panel, counts_of, need_balance
from analysis.estimators._left_out import joined
from analysis.inference.cluster import need_two

FEW = 5  # units in a part of a group, below which its mean says little

METHOD = Method(
    title="Triple differences",
    citation="Ortiz-Villavicencio and Sant'Anna (2025), arXiv 2505.09942",
    library="diff-diff",
    conditions_on_the_past=True,
    needs=("outcome", "unit", "time", "cohort"),
    accepts=("controls", "cluster"),
    options={
        "eligible": Option("", "0/1 column: whether the unit belongs to the part that treatment reaches (required)", columns=True),
        "control_group": Option("not_yet_treated", "groups compared with", ("never_treated", "not_yet_treated")),
        "aggregation": Option("simple", "simple, or dynamic for effects by event time", ("simple", "dynamic")),
        "anticipation": ANTICIPATION,
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return 'att' and, with aggregation dynamic, 'event' rows; analytic errors by unit, or influences summed by `cluster`; refused
    'att_gt' rows for lost cohorts.

    `cohort` is the first period in which the unit's group adopts, also for units that are not eligible. Each cell compares
    with the last observed period before adoption. Raises NotIdentified where no cohort has both parts beside a group to compare with.
    """
    options = METHOD.read(specification)
    if not options.eligible or options.eligible not in panel:
        raise BadOption("triple_difference needs option eligible=<0/1 column>", "eligible", options.eligible, "a column of 0 and 1")
    data = cohort_panel(panel, specification, options.eligible)
    if not data[options.eligible].isin([0, 1]).all():
        raise NotIdentified("SUPPORT", f"{options.eligible} must be 0 or 1")
    changing = data.groupby("unit")[options.eligible].transform("nunique") > 1
    if changing.any():
        who = data.loc[changing, "_name"].iloc[0]
        raise NotIdentified("SUPPORT", f"{options.eligible} changes within unit {who}; a unit belongs to one part throughout")
    if data["outcome"].nunique() == 1:
        raise NotIdentified("SUPPORT", "the outcome has one value throughout: there is nothing to explain")
    need_balance(data, "triple differences need every unit in every period")
    data["_eligible"] = data[options.eligible].astype(int)
    bases = bases_of(data, -1 - options.anticipation)
    left_out = joined(data.attrs.get("left_out", ""), bases.notes())
    cluster = next((name for name in specification.cluster if name != specification.unit), "")
    result = _fit(data, specification, options, cluster)
    cells = {(int(g), int(t)) for g, t in result.group_time_effects if t >= g}
    if not cells or not np.isfinite(result.overall_att):
        raise NotIdentified("SUPPORT", "no cohort has both parts, seen before and after, beside a group to compare with")
    about = {"inference": "cluster" if cluster else "analytic", "library": "diff-diff", **_counts(data, cells, cluster)}
    about |= {"left_out": left_out} if left_out else {}
    rows = [parameter("att", result.overall_att, result.overall_se, **about, **_small(data, cells))]
    if options.aggregation == "dynamic":
        for e, cell in sorted(result.event_study_effects.items()):
            if np.isfinite(cell["se"]) and cell["se"] > 0:
                rows.append(parameter("event", cell["effect"], cell["se"], event_time=int(e), **about))
    return rows + _lost(data, cells, bases)


class _LastObserved(TripleDifference):
    """Triple differences whose base is the last period of `observed` no later than the library's, which has none in a missing wave."""

    observed: np.ndarray

    def _get_base_period(self, g: int, t: int) -> int | None:
        earlier = self.observed[self.observed <= super()._get_base_period(g, t)]
        return earlier[-1] if len(earlier) else None


def _fit(data: pd.DataFrame, specification: Specification, options: SimpleNamespace, cluster: str) -> Any:
    """Return diff-diff's fit. Origin and unit of a control change nothing (regressions and logits have a constant), but cost it digits.

    Its staggered errors are clustered by way of primary sampling units: influences are summed by cluster, times C / (C - 1).
    """
    if cluster:
        _check_nested(data, cluster)
    model = _LastObserved(control_group=options.control_group, anticipation=options.anticipation)
    model.observed = np.unique(data["time"].to_numpy())
    controls = {name: data[name].to_numpy(float) - data[name].mean() for name in specification.controls}
    centred = data.assign(**{name: values / max(np.abs(values).max(), np.finfo(float).tiny) for name, values in controls.items()})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # cells that it leaves out are said by _lost
            return model.fit(
                centred, "outcome", partition="_eligible", time="time", unit="unit", first_treat="cohort",
                covariates=list(controls) or None, aggregate="event_study" if options.aggregation == "dynamic" else None,
                survey_design=SurveyDesign(psu=cluster) if cluster else None,
            )  # fmt: skip
    except (ValueError, np.linalg.LinAlgError) as error:
        # Its messages on cells name periods by their index.
        message = " ".join(str(error).split())
        said = "a part of a group is empty or too small" if re.search(r"\b[gt]=|g_c", message) else message
        raise NotIdentified("SUPPORT", f"diff-diff could not compare ({said})") from error


def _check_nested(data: pd.DataFrame, cluster: str) -> None:
    need_two(data[cluster].to_numpy())
    if (data.groupby("unit")[cluster].nunique() > 1).any():
        raise NotIdentified("CLUSTERS", f"a unit changes its {cluster}: units must be nested in clusters")


def _counts(data: pd.DataFrame, cells: set[tuple[int, int]], cluster: str) -> dict:
    treated = data["cohort"].isin({g for g, _ in cells}) & (data["_eligible"] == 1)
    units = int(data.loc[treated, "unit"].nunique())
    counts = counts_of(data) | {"n_treated": units, "n_treated_clusters": units}
    if cluster:
        counts |= {"n_clusters": int(data[cluster].nunique()), "n_treated_clusters": int(data.loc[treated, cluster].nunique())}
    return counts


def _small(data: pd.DataFrame, cells: set[tuple[int, int]]) -> dict:
    """Return the reason that stands beside an estimate from parts of few units, if any."""
    sizes = data[data["cohort"].isin({0, *(g for g, _ in cells)})].groupby(["cohort", "_eligible"])["unit"].nunique()
    return noted(f"WEAK: the smallest part of a group has {sizes.min()} units") if sizes.min() < FEW else {}


def _lost(data: pd.DataFrame, cells: set[tuple[int, int]], bases: Bases) -> list[dict]:
    """Return a refused row for each cohort, or cell of it after adoption, that no average holds."""
    periods, rows = sorted(set(data["time"])), []
    for g in sorted(set(data.loc[data["cohort"] > 0, "cohort"])):
        parts = data.loc[data["cohort"] == g, "_eligible"].nunique()
        missing = [t for t in periods if t >= g and (g, t) not in cells]
        if not missing:
            continue
        if g in bases.none:
            why = "no period before it is in the data"
        elif parts < 2:
            why = "one of its parts, eligible or not, is empty"
        else:
            why = f"no group with both parts is left to compare with in {', '.join(f'‹@{int(t)}›' for t in missing)}"
        rows.append(refused("att_gt", "SUPPORT", f"cohort ‹@{int(g)}›: {why}") | {"cohort": int(g)})
    return rows
