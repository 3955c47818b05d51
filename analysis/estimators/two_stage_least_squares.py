"""Instrumental variables with absorbed effects, and how strong the instruments are."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd

from analysis.core.distributions import chi2_tail
from analysis.core.estimates import noted, parameter, parted, refused
from analysis.core.method import Method
from analysis.core.options import COVARIANCE, LAGS, TWO_WAY
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._regression import columns_of, complete_rows, counts_of, design_of, rows_of
from analysis.inference.cluster import cluster_sums
from analysis.inference.least_squares import PERFECT, Design, Fit, fit
from analysis.inference.rank import lengths, project

METHOD = Method(
    title="Two-stage least squares with the effective F of the first stage",
    citation="Montiel Olea and Pflueger (2013), JBES 31: 358-369 (effective F); Hansen (1982), Econometrica 50: 1029-1054 (J)",
    library="analysis",
    needs=("outcome", "treatment", "instruments"),
    accepts=("unit", "time", "controls", "fixed_effects", "cluster", "weights"),
    options={"covariance": COVARIANCE, "lags": LAGS, "two_way": TWO_WAY},
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return a row for the instrumented `treatment` and each control, 'effective_f', 'first_stage:<instrument>', and 'hansen_j'.

    An effective F below 10 (their rule of thumb; 23.1 bounds the bias by a tenth) makes t-ratios unreliable. Without
    fixed effects a constant enters. Raises NotIdentified when instruments are collinear or absorbed.
    """
    options = METHOD.read(specification)
    data = complete_rows(panel, columns_of(specification, specification.fixed_effects))
    exogenous = data[list(specification.controls)].astype(float)
    if not specification.fixed_effects:
        exogenous = exogenous.assign(const=1.0)
    regressors = pd.concat([data[[specification.treatment]].astype(float), exogenous], axis=1)
    design = design_of(data, specification, regressors, specification.fixed_effects, options.covariance)
    excluded = data[list(specification.instruments)].astype(float)
    first = _first_stage(design, data, specification, excluded, exogenous, options)
    named = (*specification.instruments, *exogenous.columns)
    instrumented = replace(design, instruments=np.column_stack([excluded, exogenous]), instrument_names=named)
    result = fit(instrumented, options.covariance, options.lags, options.two_way)
    counts = counts_of(data, specification, result)
    rows = rows_of(result, regressors.columns, counts)
    k = len(specification.instruments)
    excluded_net = _net_of_exogenous(first, k)
    rows.append(_effective_f(first, excluded_net, counts))
    for name, b, se, note in zip(specification.instruments, first.coefficients, first.errors, first.notes, strict=False):
        rows.append(parameter(f"first_stage:{name}", b, se, inference=first.inference, degrees=first.degrees, **counts, **noted(note)))
    rows.append(_hansen(result, design, excluded_net, counts))
    return rows


def _first_stage(
    design: Design,
    data: pd.DataFrame,
    specification: Specification,
    excluded: pd.DataFrame,
    exogenous: pd.DataFrame,
    options: SimpleNamespace,
) -> Fit:
    x = pd.concat([excluded, exogenous], axis=1)
    first = replace(design, outcome=data[specification.treatment].to_numpy(float), regressors=x.to_numpy(), names=tuple(x.columns))
    return fit(first, options.covariance, options.lags, options.two_way)


def _net_of_exogenous(first: Fit, k: int) -> np.ndarray:
    """Return the `k` instruments of the first stage net of everything exogenous, shape (rows, k)."""
    z, x = first.regressors[:, :k], first.regressors[:, k:]
    return z - x @ project(x, ("",) * x.shape[1]).coefficients(z) if x.shape[1] else z


def _effective_f(first: Fit, z: np.ndarray, counts: dict) -> dict:
    """Return the row of the effective F (their equation 4); `z` (rows, k) are the instruments net of everything exogenous."""
    k = z.shape[1]
    gram = z.T @ z
    pi, covariance = first.coefficients[:k], first.covariance[:k, :k]
    strength = float(pi @ gram @ pi / np.trace(covariance @ gram))
    return parameter("effective_f", strength, inference=first.inference, **counts, **noted(first.notes[0]))


def _hansen(result: Fit, design: Design, z: np.ndarray, counts: dict) -> dict:
    """Return Hansen's J after two-stage least squares, from moments clustered as the errors are.

    `z` (rows, k) are the instruments net of everything exogenous.
    """
    if z.shape[1] == 1:
        return refused("hansen_j", "EXACT", "one instrument leaves nothing to test", "wald")
    if result.notes[0] == PERFECT:
        return refused("hansen_j", *parted(PERFECT), "wald")
    if len(design.clusters) > 1 or (not design.clusters and result.inference == "driscoll_kraay"):
        return refused("hansen_j", "OPTION", f"the test is for one cluster variable or none, not for {result.inference}", "wald")
    # Moments must be orthogonal to what 2SLS has fitted: the part of z that the fitted regressor does not use.
    z = z / lengths(z)
    endogenous = result.regressors[:, :1]
    fitted = z @ project(z, ("",) * z.shape[1]).coefficients(endogenous)
    fitted /= lengths(fitted)
    basis = np.linalg.svd(z - fitted @ (fitted.T @ z), full_matrices=False)[0][:, : z.shape[1] - 1]
    residuals = result.residuals / np.sqrt(result.residuals @ result.residuals)
    scores = basis * residuals[:, None]
    sums = cluster_sums(scores, design.clusters[0]) if design.clusters else scores
    if len(sums) <= basis.shape[1]:
        return refused("hansen_j", "CLUSTERS", f"{len(sums)} clusters cannot test {basis.shape[1]} restrictions together", "wald")
    moment = sums.sum(0)
    statistic = float(moment @ np.linalg.solve(sums.T @ sums, moment))
    p_value = chi2_tail(statistic, basis.shape[1])
    return parameter("hansen_j", statistic, inference="wald", p_value=p_value, **counts)
