"""Regression of unit means on unit means, through linearmodels."""

from __future__ import annotations

import pandas as pd
from linearmodels.panel import BetweenOLS

from analysis.entrance import entrance
from analysis.estimators._panel_regression import counts, rows, sample
from analysis.method import Method, Option

METHOD = Method(
    title="Between regression",
    citation="Baltagi (2021), Econometric Analysis of Panel Data, section 2.3",
    library="linearmodels",
    needs=("outcome", "unit", "time", "treatment|controls"),
    options={"covariance": Option("unadjusted", "unadjusted or hc1", ("unadjusted", "hc1"))},
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return one row a regressor and one for the constant ('const'); every unit counts once."""
    options = METHOD.read(specification)
    outcome, regressors = sample(panel, specification)
    regressors = regressors.assign(const=1.0)
    kind = "unadjusted" if options.covariance == "unadjusted" else "robust"
    result = BetweenOLS(outcome, regressors).fit(cov_type=kind, debiased=True)
    return rows(result, regressors.columns, options.covariance, degrees=result.df_resid, **counts(outcome))
