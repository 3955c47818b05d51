"""Correlated random effects: unit means of the regressors added (Mundlak 1978, Econometrica 46: 69-85, equation 2.4)."""

from __future__ import annotations

import pandas as pd
from linearmodels.panel import RandomEffects

from analysis.entrance import entrance
from analysis.estimators._panel_regression import clustering, counts, period_dummies, rows, sample, wald
from analysis.method import Method

METHOD = Method(
    title="Correlated random effects",
    citation="Mundlak (1978), Econometrica 46: 69-85, equation 2.4",
    library="linearmodels",
    needs=("outcome", "unit", "time", "treatment|controls"),
    accepts=("fixed_effects", "cluster"),
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return one row a regressor and unit mean ('mean_<regressor>'), and term 'mundlak': the Wald test that means are zero.

    Period dummies enter where `fixed_effects` names time. Clustered by unit, so that the test stands where Hausman's needs homoskedastic errors. In balanced panels the
    coefficients of the regressors equal the within ones.
    """
    METHOD.read(specification)
    outcome, regressors = sample(panel, specification)
    means = regressors.groupby(level=0).transform("mean").add_prefix("mean_")
    design = pd.concat([regressors, means, period_dummies(outcome, specification)], axis=1).assign(const=1.0)
    clustered, n_clusters = clustering(panel, specification, outcome)
    result = RandomEffects(outcome, design).fit(**clustered)
    about = counts(outcome, n_clusters=n_clusters)
    names = list(means.columns)
    test = wald("mundlak", result.params[names].to_numpy(), result.cov.loc[names, names].to_numpy(), "cluster", **about)
    return [*rows(result, [*regressors.columns, *names], "cluster", degrees=n_clusters - 1, **about), test]
