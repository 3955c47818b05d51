"""Accelerated failure time with Weibull durations, right- or interval-censored."""

from __future__ import annotations

import pandas as pd

from analysis.core.method import Method
from analysis.core.sample import entrance
from analysis.estimators import _accelerated_failure

METHOD = Method(
    title="Accelerated failure time, Weibull",
    citation="Kalbfleisch and Prentice (2002), The Statistical Analysis of Failure Time Data, chapters 2 and 3",
    library="analysis",
    needs=_accelerated_failure.NEEDS,
    accepts=_accelerated_failure.ACCEPTS,
    options=_accelerated_failure.OPTIONS,
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return the rows of _accelerated_failure.estimate: a coefficient of 0.1 lengthens durations by a tenth in logs."""
    return _accelerated_failure.estimate(panel, specification, METHOD, "weibull")
