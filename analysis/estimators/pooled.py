"""Pooled least squares."""

from __future__ import annotations

import pandas as pd

from analysis.core.method import Method
from analysis.core.options import COVARIANCE, LAGS, TWO_WAY
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._regression import columns_of, complete_rows, counts_of, design_of, regressors_of, rows_of
from analysis.inference.least_squares import fit

METHOD = Method(
    title="Pooled least squares",
    citation="Wooldridge (2010), Econometric Analysis of Cross Section and Panel Data, section 7.8; variance as in R's fixest",
    library="analysis",
    needs=("outcome", "treatment|controls"),
    accepts=("unit", "time", "cluster", "weights"),
    options={"covariance": COVARIANCE, "lags": LAGS, "two_way": TWO_WAY},
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return one row per regressor and one for the constant ('const')."""
    options = METHOD.read(specification)
    data = complete_rows(panel, columns_of(specification, ()))
    names = regressors_of(specification)
    regressors = data[names].assign(const=1.0)
    result = fit(design_of(data, specification, regressors, (), options.covariance), options.covariance, options.lags, options.two_way)
    return rows_of(result, regressors.columns, counts_of(data, specification, result))
