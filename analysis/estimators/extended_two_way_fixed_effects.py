"""Extended two-way fixed effects, linear and nonlinear (Wooldridge 2025, Empirical Economics; 2023, Econometrics J. 26: C31-C66), by diff-diff."""

from __future__ import annotations

import numpy as np
import pandas as pd
from diff_diff import WooldridgeDiD

from analysis.entrance import entrance
from analysis.estimates import NotIdentified, parameter
from analysis.estimators._cohorts import cohort_panel, counts_of
from analysis.inference.absorb import within_sd
from analysis.inference.cluster import need_two
from analysis.method import AGGREGATION, ANTICIPATION, EVENT_WINDOW, Method, Option

METHOD = Method(
    title="Extended two-way fixed effects (a cohort-by-period effect in one regression)",
    citation="Wooldridge (2025), Empirical Economics 69: 2545-2587; nonlinear: (2023), Econometrics J. 26: C31-C66",
    library="diff-diff",
    needs=("outcome", "unit", "time", "cohort|treatment"),
    accepts=("controls", "cluster"),
    options={
        "model": Option(
            "linear", "linear; poisson or logit, whose effects are average differences of means in levels", ("linear", "poisson", "logit")
        ),
        "control_group": Option("not_yet_treated", "whom treated cohorts are compared with", ("never_treated", "not_yet_treated")),
        "aggregation": AGGREGATION,
        "anticipation": ANTICIPATION,
        "event_window": EVENT_WINDOW,
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return 'att' (mean over treated observations) and 'event', 'group', 'calendar' or 'att_gt' rows; CR1 by unit or `cluster`.

    Controls enter demeaned by cohort and interacted. Raises NotIdentified when cells are empty or the outcome does not
    fit the model (negative counts, say).
    """
    options = METHOD.read(specification)
    data = cohort_panel(panel, specification)
    if options.model == "poisson" and (data["outcome"] < 0).any():
        raise NotIdentified("SUPPORT", "a Poisson mean cannot be negative; the outcome is, in some rows")
    if options.model == "logit" and not data["outcome"].between(0, 1).all():
        raise NotIdentified("SUPPORT", "a logit mean lies between 0 and 1; the outcome does not, in some rows")
    untreated = (data["cohort"] == 0) | (data["time"] < data["cohort"])
    counts = counts_of(data, within_sd=within_sd(data, "outcome", "unit", "time", untreated))
    cluster = next((name for name in specification.cluster if name != specification.unit), "unit")
    counts["n_clusters"] = need_two(data[cluster].to_numpy())
    counts["n_treated_clusters"] = int(data.loc[data["cohort"] > 0, cluster].nunique())
    method = {"linear": "ols"}.get(options.model, options.model)
    model = WooldridgeDiD(method=method, control_group=options.control_group, anticipation=options.anticipation, cluster=cluster)
    try:
        result = model.fit(data, "outcome", "unit", "time", "cohort", exovar=list(specification.controls) or None)
    except (ValueError, np.linalg.LinAlgError) as error:
        raise NotIdentified("SUPPORT", f"diff-diff could not fit the model ({' '.join(str(error).split())})") from error
    about = {"inference": "cluster", "library": "diff-diff", **counts}
    rows = [parameter("att", result.overall_att, result.overall_se, **about)]
    if options.aggregation == "group_time":
        for (g, t), cell in result.group_time_effects.items():
            rows.append(parameter("att_gt", cell["att"], cell["se"], cohort=int(g), event_time=int(t - g), **about))
    elif options.aggregation != "simple":
        rows += _averages(result, options, about)
    return rows


def _averages(result, options, about: dict) -> list[dict]:
    kind = {"dynamic": "event", "group": "group", "calendar": "calendar"}[options.aggregation]
    result.aggregate(kind)
    table = {"event": result.event_study_effects, "group": result.group_effects, "calendar": result.calendar_effects}[kind]
    first, last = options.event_window
    rows = []
    for key, cell in sorted(table.items()):
        if (kind == "event" and not first <= key <= last) or not np.isfinite(cell["att"]):
            continue
        place = {"event": {"event_time": int(key)}, "group": {"cohort": int(key)}}.get(kind, {})
        term = f"calendar:{int(key)}" if kind == "calendar" else kind
        rows.append(parameter(term, cell["att"], cell["se"], **place, **about))
    return rows
