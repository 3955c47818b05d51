"""Poisson pseudo-maximum likelihood with absorbed effects (Santos Silva and Tenreyro 2006, REStat 88: 641-658).

Iterated weighted least squares with the effects swept out in each step (Correia, Guimaraes and Zylkin 2020, Stata
Journal 20: 95-115). The mean must be right; the variance may be anything.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.entrance import entrance
from analysis.estimates import NotIdentified, parameter
from analysis.estimators._regression import clusters_of, columns_of, complete_rows, counts_of, effective_reference
from analysis.inference.absorb import Absorber, absorbed, nested
from analysis.inference.cluster import cluster_sums, need_two, two_way_meat
from analysis.method import REFERENCE, TWO_WAY, Method, Option

METHOD = Method(
    title="Poisson pseudo-maximum likelihood with fixed effects",
    citation="Santos Silva and Tenreyro (2006), REStat 88: 641-658; Correia, Guimaraes and Zylkin (2020), Stata Journal 20: 95-115",
    library="analysis",
    needs=("outcome", "treatment|controls"),
    accepts=("unit", "time", "fixed_effects", "cluster"),
    options={
        "covariance": Option(
            "default", "default: clustered by unit or `cluster`; else hc1 or unadjusted", ("default", "cluster", "hc1", "unadjusted")
        ),
        "two_way": TWO_WAY,
        "reference": REFERENCE,
    },
)
ITERATIONS = 200
TOLERANCE = 1e-11
VANISHING = 1e-8


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return one row a regressor, in log points; without fixed effects also 'const'.

    Rows of an effect whose outcomes are all zero carry no information and are left out (n_obs says so). Raises
    NotIdentified for negative outcomes, or when the likelihood has no maximum (separation).
    """
    options = METHOD.read(specification)
    effects = specification.fixed_effects
    data = complete_rows(panel, columns_of(specification, effects))
    if (data[specification.outcome] < 0).any():
        row = int(np.argmax((data[specification.outcome] < 0).to_numpy()))
        raise NotIdentified("SUPPORT", f"a Poisson mean cannot be negative; row {row + 2} has {data[specification.outcome].iloc[row]}")
    data = _informative(data, specification.outcome, effects)
    names = [name for name in (specification.treatment, *specification.controls) if name]
    x = data[names].to_numpy(float)
    if not effects:
        names, x = [*names, "const"], np.column_stack([x, np.ones(len(data))])
    codes = np.column_stack([pd.factorize(data[e])[0] for e in effects]) if effects else np.empty((len(data), 0), int)
    y = data[specification.outcome].to_numpy(float)
    beta, mean, net = _fit(y, x, codes, names)
    clusters = clusters_of(data, specification, options.covariance)
    counts = counts_of(data, specification)
    if clusters:
        counts["n_clusters"] = min(need_two(c) for c in clusters)
    covariance, label = _covariance(y - mean, mean, net, codes, clusters, options)
    if specification.treatment and data[specification.treatment].isin([0, 1]).all():
        on = data[specification.treatment].to_numpy(float) == 1
        counts["n_treated"] = int(data.loc[on, specification.unit].nunique()) if specification.unit else int(on.sum())
        if clusters:
            counts["n_treated_clusters"] = min(len(np.unique(c[on])) for c in clusters)
    degrees = effective_reference(data, specification, clusters) if options.reference == "effective_clusters" else np.inf
    errors = np.sqrt(np.diag(covariance))
    return [parameter(name, b, se, inference=label, degrees=degrees, **counts) for name, b, se in zip(names, beta, errors, strict=True)]


def _informative(data: pd.DataFrame, outcome: str, effects: tuple[str, ...]) -> pd.DataFrame:
    while True:
        keep = np.ones(len(data), bool)
        for effect in effects:
            keep &= (data.groupby(effect)[outcome].transform("sum") > 0).to_numpy()
        if keep.all():
            return data.reset_index(drop=True)
        data = data[keep]
        if data.empty:
            raise NotIdentified("SUPPORT", "every outcome is zero")


def _fit(y: np.ndarray, x: np.ndarray, codes: np.ndarray, names: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return coefficients, means (rows,), and the regressors net of the effects at the final weights."""
    mean = (y + y.mean()) / 2
    index = np.log(mean)
    deviance = np.inf
    for _ in range(ITERATIONS):
        absorber = Absorber(codes, mean)
        working = index + (y - mean) / mean
        net = absorber.residualize(np.column_stack([working, x]))
        z, design = net[:, 0], net[:, 1:]
        weighted = design * mean[:, None]
        normal = design.T @ weighted
        scale = np.sqrt(np.diag(normal))
        if (scale**2 <= 1e-10 * (x**2 * mean[:, None]).sum(0)).any() or np.linalg.cond(normal / np.outer(scale, scale)) > 1e12:
            raise NotIdentified("SINGULAR", f"the regressors are collinear, also with the fixed effects: {', '.join(names)}")
        beta = np.linalg.solve(normal, weighted.T @ z)
        index = working - (z - design @ beta)
        if not np.isfinite(index).all() or np.abs(index).max() > 700:
            break
        mean = np.maximum(np.exp(index), 1e-300)
        ratio = np.where(y > 0, y * np.log(np.where(y > 0, y, 1) / mean), 0.0)
        previous, deviance = deviance, float(2 * (ratio - (y - mean)).sum())
        if abs(previous - deviance) <= TOLERANCE * (abs(deviance) + 0.1):
            if (mean[y == 0] < VANISHING * y.mean()).any():
                break  # a mean runs to zero: some coefficient to infinity
            return beta, mean, Absorber(codes, mean).residualize(x)
    raise NotIdentified("SEPARATION", "the likelihood has no maximum: some regressor predicts the zeros perfectly")


def _covariance(residuals, mean, net, codes, clusters, options) -> tuple[np.ndarray, str]:
    n, k = net.shape
    bread = np.linalg.inv(net.T @ (net * mean[:, None]))
    scores = net * residuals[:, None]
    if not clusters:
        if options.covariance == "unadjusted":
            return bread, "unadjusted"
        return n / (n - k - absorbed(codes, None)) * bread @ (scores.T @ scores) @ bread, "hc1"
    inner = [any(nested(e, c) for c in clusters) for e in codes.T]
    count = sum(inner) + sum(len(np.unique(e)) for e, held in zip(codes.T, inner, strict=True) if not held) - max(len(inner) - 1, 0)
    factor = (n - 1) / (n - k - count)
    if len(clusters) == 2:
        return factor * bread @ two_way_meat(scores, *clusters, own_factors=options.two_way == "own") @ bread, "two_way_cluster"
    sums = cluster_sums(scores, clusters[0])
    return factor * len(sums) / (len(sums) - 1) * bread @ (sums.T @ sums) @ bread, "cluster"
