"""Durations of which a share never ends (Boag 1949; Farewell 1982, Biometrics 38: 1041-1046), by lifelines."""

from __future__ import annotations

import numpy as np
import pandas as pd
from lifelines import LogNormalFitter, MixtureCureFitter, WeibullFitter

from analysis.entrance import entrance
from analysis.estimates import NotIdentified, parameter
from analysis.estimators._durations import counts_of, groups_of, spells_of, term
from analysis.method import Method, Option

BASES = {"weibull": WeibullFitter, "lognormal": LogNormalFitter}
METHOD = Method(
    title="Mixture cure model: the share that never ends",
    citation="Farewell (1982), Biometrics 38: 1041-1046",
    library="lifelines",
    needs=("duration", "event"),
    accepts=("unit", "strata", "treatment"),
    options={"distribution": Option("weibull", "durations of those that end", tuple(BASES))},
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return 'never' (the share that never ends) by group and, with two groups, 'difference', the second less the first.

    Identified by a curve that flattens while many are still observed; the row says so when the last event is late.
    """
    options = METHOD.read(specification)
    data = spells_of(panel, specification)
    rows, shares = [], []
    for group, part in groups_of(data, specification):
        try:
            model = MixtureCureFitter(base_fitter=BASES[options.distribution]()).fit(part["duration"], part["event"] > 0)
        except Exception as error:  # the library raises many kinds of its own
            raise NotIdentified("CONVERGENCE", f"lifelines could not fit the model ({' '.join(str(error).split())[:160]})") from error
        share, error = float(model.cured_fraction_), float(model.summary.loc["cured_fraction_", "se(coef)"])
        shares.append((share, error))
        flat = part.loc[part["event"] > 0, "duration"].max() < part["duration"].quantile(0.9)
        warned = {} if flat else {"reason": "FLAT: events go on to the end of observation; the share rests on the assumed distribution"}
        about = {"inference": "unadjusted", "library": "lifelines", **counts_of(part, specification)}
        rows.append(parameter(term("never", group), share, error, **about) | {"p_value": np.nan} | warned)
    if len(shares) == 2:
        error = float(np.hypot(shares[0][1], shares[1][1]))
        about = {"inference": "unadjusted", "library": "lifelines", **counts_of(data, specification)}
        rows.append(parameter("difference", shares[1][0] - shares[0][0], error, **about))
    return rows
