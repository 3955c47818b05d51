"""Poisson pseudo-maximum likelihood with absorbed effects (Santos Silva and Tenreyro 2006, REStat 88: 641-658).

The mean must be right; the variance may be anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pandas as pd

from analysis.core.estimates import NotIdentified, noted, parameter
from analysis.core.method import Method
from analysis.core.options import REFERENCE, TWO_WAY, Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._regression import clusters_of, columns_of, complete_rows, counts_of, effective_reference, regressors_of
from analysis.inference.absorb import absorbed, nested
from analysis.inference.cluster import cluster_sums, need_two, two_way
from analysis.inference.least_squares import PERFECT
from analysis.inference.poisson_likelihood import Maximum, Separated, maximize

METHOD = Method(
    title="Poisson pseudo-maximum likelihood with fixed effects",
    citation="Santos Silva and Tenreyro (2006), REStat 88: 641-658; Correia, Guimaraes and Zylkin (2020), Stata Journal 20: 95-115",
    library="analysis",
    outcome_range=(0.0, float("inf"), "a Poisson mean cannot be negative: name counts, or amounts from 0 on"),
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
# Residuals that are this share of the outcome are rounding errors.
OUTCOME_LEFT = 1e-9


@dataclass(frozen=True)
class _Sample:
    """Rows that inform the likelihood: outcomes over `scale`, regressors less their means `location`, codes of the effects."""

    data: pd.DataFrame
    y: np.ndarray
    x: np.ndarray
    codes: np.ndarray
    names: tuple[str, ...]
    location: np.ndarray
    scale: float


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return one row per regressor, in log points; without fixed effects also 'const'.

    Rows of an effect whose outcomes are all zero carry no information and are left out, and so are zeros that the effects
    predict perfectly; the rows say how many. Raises NotIdentified for negative outcomes, or when a regressor predicts zeros
    perfectly, so that the likelihood has no maximum (separation).
    """
    options = METHOD.read(specification)
    effects = specification.fixed_effects
    data = complete_rows(panel, columns_of(specification, effects))
    sample, found, without = _maximum(data, specification)
    data = sample.data
    clusters = clusters_of(data, specification, options.covariance)
    counts = _counts(data, specification, clusters) | ({"left_out": without} if without else {})
    beta, covariance, label, notes = _inference(sample, found, clusters, options)
    degrees = effective_reference(data, specification, clusters) if options.reference == "effective_clusters" else np.inf
    return [
        parameter(name, b, se, inference=label, degrees=degrees, **counts, **noted(note))
        for name, b, se, note in zip(sample.names, beta, np.sqrt(np.diag(covariance)), notes, strict=True)
    ]


def _maximum(data: pd.DataFrame, specification: Specification) -> tuple[_Sample, Maximum, str]:
    """Return the sample, the maximum of its likelihood, and what had to be left out for there to be one."""
    effects = specification.fixed_effects
    within = f" within {', '.join(effects)}" if effects else ""
    rows, predicted = len(data), 0
    while True:
        data = _informative(data, specification.outcome, effects)
        sample = _sample(data, specification)
        try:
            found = maximize(sample.y, sample.x, sample.codes, sample.names, within)
        except Separated as separation:
            predicted += int(separation.rows.sum())
            data = data[~separation.rows]
        except NotIdentified as collinear:
            if not predicted or collinear.code != "SINGULAR":
                raise
            why = f"the likelihood has no maximum: without {predicted} zeros that regressors predict perfectly, {collinear}"
            raise NotIdentified("SEPARATION", why) from None
        else:
            break
    alone = rows - len(data) - predicted
    said = [f"{alone} rows of {' or '.join(effects)} with zeros only"] * bool(alone)
    return sample, found, ", ".join(said + [f"{predicted} zeros that the effects predict perfectly"] * bool(predicted))


def _informative(data: pd.DataFrame, outcome: str, effects: tuple[str, ...]) -> pd.DataFrame:
    while True:
        keep = np.ones(len(data), bool)
        for effect in effects:
            keep &= (data.groupby(effect)[outcome].transform("max") > 0).to_numpy()
        data = data[keep]
        if not (data[outcome] > 0).any():
            raise NotIdentified("SUPPORT", "every outcome is zero")
        if keep.all():
            return data.reset_index(drop=True)


def _sample(data: pd.DataFrame, specification: Specification) -> _Sample:
    effects = specification.fixed_effects
    names = tuple(regressors_of(specification))
    x = data[list(names)].to_numpy(float)
    location = x.mean(0)
    x = x - location
    codes = np.column_stack([pd.factorize(data[e])[0] for e in effects]) if effects else np.empty((len(data), 0), int)
    if not effects:
        names, x, location = (*names, "const"), np.column_stack([x, np.ones(len(data))]), np.append(location, 0.0)
    y = data[specification.outcome].to_numpy(float)
    if np.ptp(y) == 0:
        raise NotIdentified("SUPPORT", "the outcome does not vary")
    # A power of two, which changes no digit.
    scale = 2.0 ** np.round(np.log2(y.mean()))
    return _Sample(data, y / scale, x, codes, names, location, scale)


def _counts(data: pd.DataFrame, specification: Specification, clusters: tuple[np.ndarray, ...]) -> dict:
    counts = counts_of(data, specification)
    if clusters:
        counts["n_clusters"] = min(need_two(c) for c in clusters)
    if specification.treatment and data[specification.treatment].isin([0, 1]).all():
        on = data[specification.treatment].to_numpy(float) == 1
        counts["n_treated"] = int(data.loc[on, specification.unit].nunique()) if specification.unit else int(on.sum())
        if clusters:
            counts["n_treated_clusters"] = min(len(np.unique(c[on])) for c in clusters)
    return counts


def _inference(
    sample: _Sample, found: Maximum, clusters: tuple[np.ndarray, ...], options: SimpleNamespace
) -> tuple[np.ndarray, np.ndarray, str, tuple[str, ...]]:
    """Return coefficients (k,) and covariance (k, k) in the data's units, the name of the inference, and notes (k,)."""
    moved = np.eye(len(sample.names))
    beta = found.coefficients
    if not sample.codes.shape[1]:
        moved[-1] -= sample.location
        beta = moved @ beta
        beta[-1] += np.log(sample.scale)
    root = found.projection.root
    label = _label(clusters, options)
    residuals = sample.y - found.mean
    if (residuals**2 / found.mean).sum() <= OUTCOME_LEFT**2 * sample.y.sum():
        return beta, np.full_like(root, np.nan), label, (PERFECT,) * len(beta)
    n, k = found.projection.columns.shape
    scores = found.projection.columns * (residuals / np.sqrt(found.mean))[:, None]
    outer = moved @ root
    if label == "unadjusted":
        # The only variance that takes the units of the outcome at their word.
        return beta, outer @ outer.T / sample.scale, label, ("",) * k
    if label == "hc1":
        meat = n / (n - k - absorbed(sample.codes, None)) * scores.T @ scores
        return beta, outer @ (root.T @ meat @ root) @ outer.T, label, ("",) * k
    inner = [any(nested(e, c) for c in clusters) for e in sample.codes.T]
    outside = sum(len(np.unique(e)) for e, held in zip(sample.codes.T, inner, strict=True) if not held)
    factor = (n - 1) / (n - k - sum(inner) - outside + max(len(inner) - 1, 0))
    if label == "two_way_cluster":
        covariance, notes = two_way(np.sqrt(factor) * scores, clusters[0], clusters[1], root, outer, own_factors=options.two_way == "own")
        return beta, covariance, label, notes
    sums = cluster_sums(scores, clusters[0])
    meat = factor * len(sums) / (len(sums) - 1) * sums.T @ sums
    return beta, outer @ (root.T @ meat @ root) @ outer.T, label, ("",) * k


def _label(clusters: tuple[np.ndarray, ...], options: SimpleNamespace) -> str:
    if clusters:
        return "cluster" if len(clusters) == 1 else "two_way_cluster"
    return "unadjusted" if options.covariance == "unadjusted" else "hc1"
