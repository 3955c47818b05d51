"""Triple differences with staggered treatment (Ortiz-Villavicencio and Sant'Anna 2025, arXiv 2505.09942), by diff-diff.

Only units of an eligible part of the population are treated, in groups that adopt at some date. Differencing the
parts of one group, and groups, removes trends of either; pooled three-way regressions do not when dates differ.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from diff_diff import TripleDifference

from analysis.entrance import entrance
from analysis.estimates import NotIdentified, parameter
from analysis.estimators._cohorts import cohort_panel, counts_of
from analysis.method import ANTICIPATION, Method, Option

METHOD = Method(
    title="Triple differences",
    citation="Ortiz-Villavicencio and Sant'Anna (2025), arXiv 2505.09942",
    library="diff-diff",
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
def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return 'att' and, with aggregation dynamic, 'event' rows; analytic errors by unit or `cluster`.

    `cohort` is the first period in which the unit's group adopts, also for units that are not eligible. Raises
    NotIdentified where a part of a group is empty.
    """
    options = METHOD.read(specification)
    if not options.eligible or options.eligible not in panel:
        raise ValueError("triple_difference needs option eligible=<0/1 column>")
    data = cohort_panel(panel, specification, options.eligible)
    if not data[options.eligible].isin([0, 1]).all():
        raise NotIdentified("SUPPORT", f"{options.eligible} must be 0 or 1")
    data["_eligible"] = data[options.eligible].astype(int)
    cluster = next((name for name in specification.cluster if name != specification.unit), None)
    model = TripleDifference(control_group=options.control_group, anticipation=options.anticipation, cluster=cluster)
    try:
        result = model.fit(
            data, "outcome", partition="_eligible", time="time", unit="unit", first_treat="cohort",
            covariates=list(specification.controls) or None, aggregate="event_study" if options.aggregation == "dynamic" else None,
        )  # fmt: skip
    except (ValueError, np.linalg.LinAlgError) as error:
        raise NotIdentified("SUPPORT", f"diff-diff could not compare ({' '.join(str(error).split())})") from error
    treated = (data["cohort"] > 0) & (data["_eligible"] == 1)
    counts = counts_of(data) | {"n_treated": int(data.loc[treated, "unit"].nunique())}
    counts["n_treated_clusters"] = int(data.loc[treated, cluster or "unit"].nunique())
    counts["n_clusters"] = int(data[cluster or "unit"].nunique())
    about = {"inference": "analytic", "library": "diff-diff", **counts}
    rows = [parameter("att", result.overall_att, result.overall_se, **about)]
    if options.aggregation == "dynamic":
        for e, cell in sorted(result.event_study_effects.items()):
            if np.isfinite(cell["se"]) and cell["se"] > 0:
                rows.append(parameter("event", cell["effect"], cell["se"], event_time=int(e), **about))
    return rows
