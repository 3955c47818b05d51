"""Hausman's test of random against fixed effects (1978, Econometrica 46: 1251-1271, equation 3.6)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from linearmodels.panel import PanelOLS, RandomEffects

from analysis.entrance import entrance
from analysis.estimates import refused
from analysis.estimators._panel_regression import counts, period_dummies, sample, wald
from analysis.method import Method

METHOD = Method(
    title="Hausman's test of random against fixed effects",
    citation="Hausman (1978), Econometrica 46: 1251-1271, equation 3.6",
    library="linearmodels",
    needs=("outcome", "unit", "time", "treatment|controls"),
    accepts=("fixed_effects",),
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return term 'hausman': the statistic and its p-value.

    Rests on homoskedastic, uncorrelated errors under which random effects are efficient; the Mundlak test does not.
    Period dummies enter both where `fixed_effects` names time, and are not tested. Where the difference of the covariances is not positive definite the test does not exist, and the row says so.
    """
    METHOD.read(specification)
    outcome, regressors = sample(panel, specification)
    design = pd.concat([regressors, period_dummies(outcome, specification)], axis=1)
    within = PanelOLS(outcome, design, entity_effects=True).fit(cov_type="unadjusted")
    random = RandomEffects(outcome, design.assign(const=1.0)).fit(cov_type="unadjusted")
    names = list(regressors.columns)
    difference = (within.params[names] - random.params[names]).to_numpy()
    covariance = (within.cov.loc[names, names] - random.cov.loc[names, names]).to_numpy()
    if np.linalg.eigvalsh(covariance).min() <= 0:
        return [refused("hausman", "SINGULAR", "the difference of the covariances is not positive definite", "unadjusted")]
    return [wald("hausman", difference, covariance, "unadjusted", **counts(outcome))]
