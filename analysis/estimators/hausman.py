"""Hausman's test of random against fixed effects (1978, Econometrica 46: 1251-1271, equation 3.6)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.core.estimates import parted, refused
from analysis.core.method import Method
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._panel_regression import sample, wald
from analysis.inference.least_squares import Design, fit
from analysis.inference.random_effects import random_effects

METHOD = Method(
    title="Hausman's test of random against fixed effects",
    citation="Hausman (1978), Econometrica 46: 1251-1271, equation 3.6",
    library="analysis",
    needs=("outcome", "unit", "time", "treatment|controls"),
    accepts=("fixed_effects",),
)

# Eigenvalues of the difference, in units of the within errors, that are no more than this are rounding errors of zero.
ROUNDING = 1e-12


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return term 'hausman': the statistic and its p-value.

    Rests on homoskedastic, uncorrelated errors under which random effects are efficient; the Mundlak test does not.
    Period dummies enter both where `fixed_effects` names time, and are not tested. Where the difference of the covariances is not
    positive definite the test does not exist, and the row says so. Raises NotIdentified when a regressor does not vary within units.
    """
    METHOD.read(specification)
    found = sample(panel, specification)
    columns, names = np.column_stack([found.regressors, found.periods]), (*found.names, *found.period_names)
    within = fit(Design(found.outcome, columns, names, found.unit[:, None], effect_names=(specification.unit,)), "unadjusted")
    if within.notes[0]:
        return [refused("hausman", *parted(within.notes[0]), "unadjusted")]
    random = random_effects(found.outcome, columns, names, found.unit).fit
    tested = slice(0, len(found.names))
    difference = (within.coefficients - random.coefficients[:-1])[tested]
    covariance = (within.covariance - random.covariance[:-1, :-1])[tested, tested]
    errors = within.errors[tested]
    if np.linalg.eigvalsh(covariance / np.outer(errors, errors))[0] <= ROUNDING:
        return [refused("hausman", "SINGULAR", "the difference of the covariances is not positive definite", "unadjusted")]
    return [wald("hausman", difference, covariance, "unadjusted", **found.counts)]
