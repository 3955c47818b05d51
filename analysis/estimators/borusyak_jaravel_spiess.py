"""Imputation estimator (Borusyak, Jaravel and Spiess 2024, REStud 91: 3253-3285).

Unit and period effects (and controls) are fitted on untreated observations; what they leave of treated ones is averaged.
The variance is conservative (theorem 3): a treated observation counts with its distance from the average effect of its cohort
in its period, weighted as in equation 8 (auxiliary groups: cohort by event time).
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from analysis.core.estimates import NotIdentified, noted, parameter, refused
from analysis.core.method import Method
from analysis.core.options import ANTICIPATION, EVENT_WINDOW, Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._imputation import Imputation, cells_of, impute, means_of
from analysis.inference.cell_regression import fit_cells
from analysis.inference.least_squares import Design

METHOD = Method(
    title="Imputation of untreated outcomes",
    citation="Borusyak, Jaravel and Spiess (2024), REStud 91: 3253-3285; variance: their theorem 3",
    library="analysis",
    needs=("outcome", "unit", "time", "cohort|treatment"),
    accepts=("controls", "cluster", "weights"),
    options={
        "aggregation": Option("simple", "which averages are reported beside the overall effect", ("simple", "dynamic", "group")),
        "anticipation": ANTICIPATION,
        "event_window": EVENT_WINDOW,
        "pretrends": Option(
            False, "with dynamic: placebo effects before treatment, from untreated observations alone", beside=("aggregation=dynamic",)
        ),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return 'att' (mean over treated observations) and 'event' or 'group' rows; conservative errors by unit or `cluster`.

    Weights enter the fit and the averages. Cohorts with one period before treatment are kept: their unit effects rest on that
    period alone. Observations that cannot be imputed are left out and named. Raises NotIdentified when nothing can be imputed.
    """
    options = METHOD.read(specification)
    found = impute(panel, specification, options.anticipation)
    centre = _auxiliary(found)
    overall = np.where(found.treated, 0, -1)
    rows = [parameter("att", **one, **found.about) for one in means_of(found, overall, 1, centre)]
    if options.aggregation == "simple":
        return rows
    if options.aggregation == "dynamic" and options.pretrends:
        rows += _pretrends(found, specification, options)
    about, cell = cells_of(found, options.aggregation, options.event_window, early=False)
    term = "event" if options.aggregation == "dynamic" else "group"
    means = means_of(found, cell, len(about), centre)
    return rows + [parameter(term, **mean, **found.about | one) for one, mean in zip(about, means, strict=True)]


def _auxiliary(found: Imputation) -> np.ndarray:
    """Return the average effect of each treated row's cohort in its period (rows,), weighted by squared weights (equation 8)."""
    on = np.flatnonzero(found.treated)
    cohort, time = (found.data[name].to_numpy()[on].astype(np.int64) for name in ("cohort", "time"))
    time = time - time.min()
    group = pd.factorize(cohort * (time.max() + 1) + time)[0]
    square = None if found.weights is None else found.weights[on] ** 2
    effect = found.fit.residual[on]
    total = np.bincount(group, effect if square is None else effect * square)
    centre = np.zeros(len(found.data))
    centre[on] = (total / np.bincount(group, square))[group]
    return centre


def _pretrends(found: Imputation, specification: Specification, options: SimpleNamespace) -> list[dict]:
    """Return 'event' rows of dummies for early periods in the fit on untreated rows (their section 4.2, test 1); CR1."""
    free = np.flatnonzero(~found.treated)
    elapsed = found.elapsed[free]
    leads = (elapsed < found.reference) & (elapsed > -(10**9))
    if not leads.any():
        return []
    times, cell = np.unique(np.where(leads, elapsed, 0), return_inverse=True)
    cell[cell == len(times) - 1] = -1
    if leads.all():
        return [refused("event", "SUPPORT", "no untreated observation at the reference")]
    times = times[:-1]
    controls = found.data[list(specification.controls)].to_numpy(float)[free]
    codes = np.column_stack([pd.factorize(column[free])[0] for column in found.codes.T])
    clusters = pd.factorize(found.clusters[free])[0]
    weights = None if found.weights is None else found.weights[free]
    outcome = found.data["outcome"].to_numpy()[free]
    try:
        design = Design(outcome, controls, specification.controls, codes, (clusters,), weights=weights)
        result = fit_cells(design, cell, tuple(f"event time {e}" for e in times), "cluster")
    except NotIdentified as error:
        return [refused("event", error.code, f"early event times: {error}")]
    first, last = options.event_window
    return [
        parameter("event", b, se, **found.about | {"event_time": int(e)} | noted(note))
        for e, b, se, note in zip(times, result.coefficients, result.errors, result.notes, strict=False)
        if first <= e <= last
    ]
