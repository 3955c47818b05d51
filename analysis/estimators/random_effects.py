"""Random effects by Swamy and Arora (1972, Econometrica 40: 261-275), through linearmodels."""

from __future__ import annotations

import pandas as pd
from linearmodels.panel import RandomEffects

from analysis.estimators._panel_regression import counts, period_dummies, rows, sample


def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return one row a regressor and one for the constant ('const'); period dummies where `fixed_effects` names time.

    Options: covariance (cluster by unit, unadjusted).
    """
    options = specification.read_options(covariance="cluster")
    outcome, regressors = sample(panel, specification)
    regressors = regressors.assign(const=1.0)
    design = pd.concat([regressors, period_dummies(outcome, specification)], axis=1)
    if options.covariance == "unadjusted":
        result = RandomEffects(outcome, design).fit(cov_type="unadjusted")
        return rows(result, regressors.columns, "unadjusted", degrees=result.df_resid, **counts(outcome))
    result = RandomEffects(outcome, design).fit(cov_type="clustered", cluster_entity=True, group_debias=True)
    n_clusters = outcome.index.get_level_values(0).nunique()
    return rows(result, regressors.columns, "cluster", degrees=n_clusters - 1, **counts(outcome, n_clusters=n_clusters))
