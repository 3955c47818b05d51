"""Accelerated failure time with log-logistic durations, right- or interval-censored."""

from __future__ import annotations

import pandas as pd

from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._accelerated_failure import declared, rows_of

METHOD = declared("log-logistic")


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return the rows of _accelerated_failure.rows_of."""
    return rows_of(panel, specification, METHOD, "loglogistic")
