"""Within regression: any fixed effects swept out, with the variance that is asked for."""

from __future__ import annotations

import pandas as pd

from analysis.core.method import Method
from analysis.core.options import COVARIANCE, LAGS, TWO_WAY
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._regression import columns_of, complete_rows, counts_of, design_of, regressors_of, rows_of
from analysis.inference.least_squares import fit

METHOD = Method(
    title="Within regression with any fixed effects",
    citation="Wooldridge (2010), Econometric Analysis of Cross Section and Panel Data, chapter 10; variance as in R's fixest",
    library="analysis",
    needs=("outcome", "unit", "treatment|controls"),
    accepts=("time", "fixed_effects", "cluster", "weights"),
    options={"covariance": COVARIANCE, "lags": LAGS, "two_way": TWO_WAY},
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return one row per regressor (`treatment`, `controls`); effects are `fixed_effects`, by default the unit alone.

    Raises NotIdentified when a regressor does not vary within the effects.
    """
    options = METHOD.read(specification)
    effects = specification.fixed_effects or (specification.unit,)
    data = complete_rows(panel, columns_of(specification, effects))
    names = regressors_of(specification)
    result = fit(
        design_of(data, specification, data[names], effects, options.covariance), options.covariance, options.lags, options.two_way
    )
    return rows_of(result, names, counts_of(data, specification, result))
