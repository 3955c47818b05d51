"""Several kinds of ends: cumulative incidence (Aalen and Johansen 1978, Scandinavian J. Statistics 5: 141-150).

Treating the other ends as censored would overstate how often each happens.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.core.estimates import parameter, refused
from analysis.core.method import Method
from analysis.core.options import Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._durations import counts_of, ended, groups_of, silent, spells_of, term, times_of, uncensored, unseen
from analysis.inference.cumulative_incidence import incidence

METHOD = Method(
    title="Cumulative incidence with competing ends",
    citation="Aalen and Johansen (1978), Scandinavian J. Statistics 5: 141-150",
    library="analysis",
    needs=("duration", "event"),
    accepts=("unit", "strata", "treatment"),
    options={"times": Option([], "durations at which incidence is reported; by default the quartiles")},
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return 'incidence:<kind>' by group (strata, or treatment): the share that has ended so by the time that is its setting."""
    options = METHOD.read(specification)
    data = spells_of(panel, specification, kinds=True)
    times, kinds = times_of(options.times, data), np.unique(data.loc[data["event"] > 0, "event"])
    rows = []
    for group, part in groups_of(data, specification):
        about = {"inference": "analytic", **counts_of(part, specification), **uncensored(data, specification)}
        for kind in kinds:
            curve = incidence(part["duration"].to_numpy(), part["event"].to_numpy(), kind)
            for time, label in times:
                why = unseen(time, label, part)
                name, found = term(f"incidence:{kind}", group), about | {"setting": label}
                if why:
                    rows.append(refused(name, "SUPPORT", why, "analytic", setting=label))
                    continue
                share, error = curve.at(time)
                if share == 0:
                    rows.append(parameter(name, 0.0, **found | silent(time, group, kind)))
                    continue
                if share > 1 - 1e-12:
                    rows.append(parameter(name, 1.0, **found | ended(time, group)))
                    continue
                rows.append(parameter(name, share, error, **found) | {"p_value": np.nan})
    return rows
