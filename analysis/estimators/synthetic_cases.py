"""Case studies by synthetic control, every case shown (Abadie, Diamond and Hainmueller 2010, JASA 105: 493-505).

Each unit of one cohort is a case of its own, matched on its outcomes before treatment; none is chosen, none left out but
for holes in its record, and those are counted.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.entrance import entrance
from analysis.estimates import NotIdentified, parameter, refused
from analysis.estimators._cohorts import cohort_panel, counts_of, unit_names
from analysis.estimators.synthetic_control import gap_of, rmspe_ratio
from analysis.inference.cohort_average import panel_of
from analysis.method import Method, Option

METHOD = Method(
    title="Synthetic control, case by case",
    citation="Abadie, Diamond and Hainmueller (2010), JASA 105: 493-505",
    library="analysis (weights by scipy)",
    needs=("outcome", "unit", "time", "cohort|treatment"),
    options={
        "cases_of": Option(0, "cohort whose units are the cases; 0: the earliest with a complete record"),
        "donors": Option(40, "controls: those nearest to the case in their mean before treatment"),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return per case 'case:<unit>' (mean gap after treatment, p-value by placebo rank), 'fit:<unit>' (root mean squared gap
    before) and 'gap:<unit>' by event time; 'att' is the mean over cases, 'small_p' the share with p <= 0.1.

    Raises NotIdentified when no case or fewer than ten controls have a complete record.
    """
    options = METHOD.read(specification)
    data = cohort_panel(panel, specification)
    wide = panel_of(data, "outcome", "unit", "time", "cohort")
    complete = np.isfinite(wide.outcome).all(axis=1)
    donors = wide.outcome[complete & np.isinf(wide.cohort)]
    dates = np.unique(wide.cohort[complete & np.isfinite(wide.cohort)])
    cohort = options.cases_of or (int(dates[0]) if len(dates) else 0)
    cases = np.flatnonzero(complete & (wide.cohort == cohort))
    if not len(cases) or len(donors) < 10:
        raise NotIdentified("SUPPORT", f"{len(cases)} cases of cohort {cohort} and {len(donors)} controls have a complete record")
    names = unit_names(data)
    before = wide.periods < cohort
    counts = counts_of(data) | {"n_treated": len(cases), "n_clusters": pd.NA, "n_treated_clusters": pd.NA}
    rows, effects, small = [], [], []
    for case in cases:
        found = _case(str(names[wide.units[case]]), wide.outcome[case], donors, before, wide.periods - cohort, options.donors, counts)
        effects.append(found[0]["estimate"])
        small.append(found[0]["p_value"] <= 0.1)
        rows += found
    rows.insert(0, parameter("att", np.mean(effects), inference="none", cohort=cohort, **counts))
    rows.insert(1, parameter("small_p", np.mean(small), inference="none", cohort=cohort, **counts))
    if lost := int(((wide.cohort == cohort) & ~complete).sum()):
        rows.append(refused("cases_left_out", "BALANCE", f"{lost} units of cohort {cohort} have holes in their record"))
    return rows


def _case(name: str, outcome, donors, before, event_time, n_donors: int, counts: dict) -> list[dict]:
    near = np.argsort(np.abs(donors[:, before].mean(1) - outcome[before].mean()), kind="stable")[:n_donors]
    controls = donors[near].T
    gap = gap_of(controls, outcome, before)
    ratio = rmspe_ratio(gap, before)
    placebos = [rmspe_ratio(gap_of(np.delete(controls, j, axis=1), controls[:, j], before), before) for j in range(controls.shape[1])]
    p_value = (1 + sum(r >= ratio for r in placebos)) / (1 + len(placebos))
    rows = [parameter(f"case:{name}", gap[~before].mean(), inference="placebo", p_value=p_value, draws=len(placebos), **counts)]
    rows.append(parameter(f"fit:{name}", float(np.sqrt(np.mean(gap[before] ** 2))), inference="none", **counts))
    steps = zip(event_time, gap, strict=True)
    return rows + [parameter(f"gap:{name}", value, inference="none", event_time=int(e), **counts) for e, value in steps]
