"""Several kinds of ends: cumulative incidence (Aalen and Johansen 1978, Scandinavian J. Statistics 5: 141-150), by statsmodels.

Treating the other ends as censored would overstate how often each happens.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from statsmodels.duration.survfunc import CumIncidenceRight

from analysis.entrance import entrance
from analysis.estimates import parameter, refused
from analysis.estimators._durations import counts_of, groups_of, spells_of, term
from analysis.method import Method, Option

METHOD = Method(
    title="Cumulative incidence with competing ends",
    citation="Aalen and Johansen (1978), Scandinavian J. Statistics 5: 141-150",
    library="statsmodels",
    needs=("duration", "event"),
    accepts=("unit", "strata", "treatment"),
    options={"times": Option([], "durations at which incidence is reported; by default the quartiles")},
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return 'incidence:<kind>:<time>' by group (strata, or treatment): the share that has ended so by then."""
    options = METHOD.read(specification)
    data = spells_of(panel, specification, kinds=True)
    times = options.times or list(np.quantile(data["duration"], [0.25, 0.5, 0.75]))
    rows = []
    for group, part in groups_of(data, specification):
        curves = CumIncidenceRight(part["duration"].to_numpy(), part["event"].to_numpy())
        about = {"inference": "analytic", "library": "statsmodels", **counts_of(part, specification)}
        for kind in range(1, int(part["event"].max()) + 1):
            for time in times:
                if time > part["duration"].max():
                    why = f"no spell is observed for {time:g}"
                    rows.append(refused(term(f"incidence:{kind}:{time:g}", group), "SUPPORT", why, "analytic"))
                    continue
                at = int(np.searchsorted(curves.times, time, side="right")) - 1
                value, error = (curves.cinc[kind - 1][at], curves.cinc_se[kind - 1][at]) if at >= 0 else (0.0, np.nan)
                row = parameter(term(f"incidence:{kind}:{time:g}", group), value, error, **about)
                rows.append(row | {"p_value": np.nan})
    return rows
