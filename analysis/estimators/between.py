"""Regression of unit means on unit means."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.core.method import Method
from analysis.core.options import Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._panel_regression import sample
from analysis.estimators._regression import rows_of
from analysis.inference.absorb import sums
from analysis.inference.least_squares import Design, fit

METHOD = Method(
    title="Between regression",
    citation="Baltagi (2021), Econometric Analysis of Panel Data, section 2.3",
    library="analysis",
    needs=("outcome", "unit", "time", "treatment|controls"),
    options={"covariance": Option("unadjusted", "unadjusted or hc1", ("unadjusted", "hc1"))},
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return one row per regressor and one for the constant ('const'); every unit counts once."""
    options = METHOD.read(specification)
    found = sample(panel, specification)
    size = np.bincount(found.unit)
    location = found.regressors.mean(0)
    means = sums(np.column_stack([found.outcome, found.regressors - location]), found.unit, len(size)) / size[:, None]
    x = np.column_stack([means[:, 1:] + location, np.ones(len(size))])
    design = Design(means[:, 0], x, (*found.names, "const"), np.empty((len(size), 0), np.int64))
    return rows_of(fit(design, options.covariance), design.names, found.counts)
