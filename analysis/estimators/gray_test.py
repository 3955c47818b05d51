"""Equality of cumulative incidence between groups, one kind of end at a time (Gray 1988, Annals of Statistics 16: 1141-1154)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.core.distributions import chi2_tail
from analysis.core.estimates import NotIdentified, parameter, refused
from analysis.core.method import Method
from analysis.core.options import Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._durations import codes_of, counts_of, spells_of, uncensored
from analysis.inference.gray_test import gray_test

METHOD = Method(
    title="Gray's test of cumulative incidence",
    citation="Gray (1988), Annals of Statistics 16: 1141-1154",
    library="analysis",
    needs=("duration", "event", "strata|treatment"),
    accepts=("unit",),
    options={
        "kind": Option(0, "event code whose incidence is compared; 0: each in turn", minimum=0),
        "rho": Option(0.0, "weight by the pooled share not yet ended so, to this power: above 0 for early differences"),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return 'gray:<kind>', the chi-squared statistic of equal incidence between groups (strata, or treatment)."""
    options = METHOD.read(specification)
    data = spells_of(panel, specification, kinds=True)
    groups = codes_of(data, specification)
    stop, event = data["duration"].to_numpy(), data["event"].to_numpy()
    kinds = np.unique(event[event > 0])
    if options.kind and options.kind not in kinds:
        raise NotIdentified("SUPPORT", f"no spell ends with code {options.kind}; there are {', '.join(map(str, kinds))}")
    rows = []
    for kind in [options.kind] if options.kind else kinds:
        own = event == kind
        statistic, degrees = gray_test(stop, own, (event > 0) & ~own, groups, options.rho)
        if degrees < 1:
            rows.append(refused(f"gray:{kind}", "SUPPORT", "no two groups have spells at risk when one ends so", "gray"))
            continue
        about = {
            "inference": "gray",
            "p_value": chi2_tail(statistic, degrees),
            **counts_of(data, specification),
            **uncensored(data, specification),
        }
        rows.append(parameter(f"gray:{kind}", statistic, **about))
    return rows
