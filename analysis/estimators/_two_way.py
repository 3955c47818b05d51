"""Two-way regressions on a treatment that a column gives, or a cohort from which on it holds: rows, treatment and design."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.core.specification import Specification
from analysis.estimators._cohorts import cohort_of
from analysis.estimators._regression import columns_of, complete_rows, design_of
from analysis.inference.least_squares import Design


def effects_of(specification: Specification) -> tuple[str, ...]:
    """Return the effects: unit and time, unless the specification names others."""
    return specification.fixed_effects or (specification.unit, specification.time)


def rows_of_panel(panel: pd.DataFrame, specification: Specification, *more: str) -> pd.DataFrame:
    """Return the rows in which nothing is missing, columns `more` included; a missing cohort is never treated (0)."""
    if specification.cohort:
        panel = panel.assign(**{specification.cohort: panel[specification.cohort].astype("float64").fillna(0)})
    return complete_rows(panel, columns_of(specification, effects_of(specification), specification.cohort, *more))


def treatment_of(data: pd.DataFrame, specification: Specification) -> np.ndarray:
    """Return the treatment (rows,), as the column has it or one from the cohort on."""
    if specification.treatment:
        return data[specification.treatment].to_numpy(float)
    return (data[specification.time].to_numpy(float) >= cohort_of(data, specification, data)).astype(float)


def treatment_design(data: pd.DataFrame, specification: Specification, name: str, covariance: str) -> Design:
    """Return the Design of the treatment, called `name`, and the controls."""
    regressors = data[list(specification.controls)].copy()
    regressors.insert(0, name, treatment_of(data, specification))
    return design_of(data, specification, regressors, effects_of(specification), covariance)
