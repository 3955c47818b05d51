"""Correlated random effects: unit means of the regressors added (Mundlak 1978, Econometrica 46: 69-85, equation 2.4)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.core.estimates import NotIdentified
from analysis.core.method import Method
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._panel_regression import Sample, clustered, sample, wald
from analysis.estimators._regression import rows_of
from analysis.inference.absorb import Absorber
from analysis.inference.random_effects import random_effects
from analysis.inference.rank import EFFECTS_LEFT, lost_columns

METHOD = Method(
    title="Correlated random effects",
    citation="Mundlak (1978), Econometrica 46: 69-85, equation 2.4",
    library="analysis",
    needs=("outcome", "unit", "time", "treatment|controls"),
    accepts=("fixed_effects", "cluster"),
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return one row per regressor and unit mean ('mean_<regressor>'), and term 'mundlak': the Wald test that means are zero.

    Period dummies enter where `fixed_effects` names time. Clustered by unit, so that the test stands where Hausman's needs
    homoskedastic errors. In balanced panels the coefficients of the regressors equal the within ones. A regressor that varies
    only between units, or only over time, has no mean to tell apart from it. Raises NotIdentified when all are like that.
    """
    METHOD.read(specification)
    found = sample(panel, specification)
    counts = clustered(found)
    names, means = _means(found)
    columns = np.column_stack([found.regressors, means, found.periods])
    result = random_effects(found.outcome, columns, (*found.names, *names, *found.period_names), found.unit, (found.clusters,)).fit
    tested = slice(len(found.names), len(found.names) + len(names))
    test = wald("mundlak", result.coefficients[tested], result.covariance[tested, tested], "cluster", **counts)
    return [*rows_of(result, (*found.names, *names), counts), test]


def _means(found: Sample) -> tuple[tuple[str, ...], np.ndarray]:
    """Return names and unit means (rows, m) of the regressors that vary both within and between units."""
    centred = found.regressors - found.regressors.mean(0)
    net = Absorber(found.unit[:, None]).residualize(centred)
    means = centred - net
    kept = np.flatnonzero(~lost_columns(net, found.regressors, EFFECTS_LEFT) & ~lost_columns(means, found.regressors, EFFECTS_LEFT))
    if not len(kept):
        raise NotIdentified("SUPPORT", "no regressor varies both within and between units, so that there is no mean to test")
    return tuple(f"mean_{found.names[i]}" for i in kept), means[:, kept]
