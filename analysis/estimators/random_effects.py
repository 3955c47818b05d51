"""Random effects by Swamy and Arora (1972, Econometrica 40: 261-275)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.core.estimates import parameter
from analysis.core.method import Method
from analysis.core.options import Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._panel_regression import clustered, sample
from analysis.estimators._regression import rows_of
from analysis.inference.random_effects import random_effects

METHOD = Method(
    title="Random effects",
    citation="Swamy and Arora (1972), Econometrica 40: 261-275; Baltagi and Chang (1994), J. Econometrics 62: 67-89 (unbalanced)",
    library="analysis",
    needs=("outcome", "unit", "time", "treatment|controls"),
    accepts=("fixed_effects", "cluster"),
    options={
        "covariance": Option("cluster", "clustered by unit, or unadjusted", ("cluster", "unadjusted")),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return one row per regressor and one for the constant ('const'), and 'theta'; period dummies where `fixed_effects` names time.

    Clustered by unit, or by one `cluster` that units are nested in. Raises NotIdentified where the variance within or between
    units cannot be estimated.
    """
    options = METHOD.read(specification)
    found = sample(panel, specification)
    by_unit = options.covariance == "cluster"
    counts = clustered(found) if by_unit else found.counts
    columns = np.column_stack([found.regressors, found.periods])
    names = (*found.names, *found.period_names)
    result = random_effects(found.outcome, columns, names, found.unit, (found.clusters,) if by_unit else ())
    shown = [*range(len(found.names)), len(names)]
    rows = rows_of(result.fit, (*names, "const"), counts)
    # The share of unit means that is taken off, averaged over units: one is the within regression, zero the pooled.
    theta = parameter("theta", float(result.theta.mean()), inference="none", **found.counts)
    return [*(rows[i] for i in shown), theta]
