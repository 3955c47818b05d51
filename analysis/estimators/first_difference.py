"""First differences between consecutive periods."""

from __future__ import annotations

import pandas as pd

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified
from analysis.core.method import Method
from analysis.core.options import COVARIANCE, LAGS, TWO_WAY, Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._regression import columns_of, complete_rows, counts_of, design_of, regressors_of, rows_of
from analysis.inference.least_squares import fit

METHOD = Method(
    title="First differences",
    citation="Wooldridge (2010), Econometric Analysis of Cross Section and Panel Data, section 10.6",
    library="analysis",
    needs=("outcome", "unit", "time", "treatment|controls"),
    accepts=("fixed_effects", "cluster"),
    options={
        "covariance": COVARIANCE,
        "lags": LAGS,
        "two_way": TWO_WAY,
        "constant": Option(False, "a constant in the differenced equation, which is a linear trend in levels (as in R's plm)"),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return one row per regressor, all in changes since the period before, and 'const' where the option `constant` asks for it.

    `fixed_effects` (the time column, say) are those of the differenced equation, instead of a constant. Gaps are not bridged.
    Raises NotIdentified when no unit has two consecutive periods.
    """
    options = METHOD.read(specification)
    if options.constant and specification.fixed_effects:
        raise BadOption(
            "first_difference: option constant belongs to no fixed effects, which hold one already", "constant", options.constant, (False,)
        )
    data = complete_rows(panel, columns_of(specification, specification.fixed_effects))
    data = data.sort_values([specification.unit, specification.time], kind="stable")
    names = regressors_of(specification)
    by_unit = data.groupby(specification.unit, sort=False)
    changes = by_unit[[specification.outcome, *names]].diff()
    consecutive = by_unit[specification.time].diff() == 1
    if not consecutive.any():
        raise NotIdentified("SUPPORT", "no unit is observed in two consecutive periods")
    data = data.assign(**{name: changes[name] for name in changes})[consecutive].reset_index(drop=True)
    regressors = data[names].assign(const=1.0) if options.constant else data[names]
    design = design_of(data, specification, regressors, specification.fixed_effects, options.covariance)
    result = fit(design, options.covariance, options.lags, options.two_way)
    return rows_of(result, regressors.columns, counts_of(data, specification, result))
