"""Random effects by Swamy and Arora (1972, Econometrica 40: 261-275), through linearmodels."""

from __future__ import annotations

import pandas as pd
from linearmodels.panel import RandomEffects

from analysis.entrance import entrance
from analysis.estimates import parameter
from analysis.estimators._panel_regression import clustering, counts, period_dummies, rows, sample
from analysis.method import Method, Option

METHOD = Method(
    title="Random effects",
    citation="Swamy and Arora (1972), Econometrica 40: 261-275",
    library="linearmodels",
    needs=("outcome", "unit", "time", "treatment|controls"),
    accepts=("fixed_effects", "cluster"),
    options={
        "covariance": Option("cluster", "clustered by unit, or unadjusted", ("cluster", "unadjusted")),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return one row a regressor and one for the constant ('const'), and 'theta'; period dummies where `fixed_effects` names time.

    Clustered by unit, or by one `cluster` that units are nested in.
    """
    options = METHOD.read(specification)
    outcome, regressors = sample(panel, specification)
    regressors = regressors.assign(const=1.0)
    design = pd.concat([regressors, period_dummies(outcome, specification)], axis=1)
    if options.covariance == "unadjusted":
        result = RandomEffects(outcome, design).fit(cov_type="unadjusted")
        return [*rows(result, regressors.columns, "unadjusted", degrees=result.df_resid, **counts(outcome)), _theta(result, outcome)]
    clustered, n_clusters = clustering(panel, specification, outcome)
    result = RandomEffects(outcome, design).fit(**clustered)
    found = rows(result, regressors.columns, "cluster", degrees=n_clusters - 1, **counts(outcome, n_clusters=n_clusters))
    return [*found, _theta(result, outcome)]


def _theta(result, outcome: pd.Series) -> dict:
    """Return the share of unit means that is taken off, averaged over units: one is the within regression, zero the pooled."""
    return parameter("theta", float(result.theta.iloc[:, 0].mean()), inference="none", library="linearmodels", **counts(outcome))
