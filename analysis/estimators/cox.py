"""Proportional hazards with late entry, strata and covariates that change over time (Cox 1972, JRSS B 34: 187-220)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.entrance import entrance
from analysis.estimates import NotIdentified, parameter
from analysis.estimators._durations import cluster_counts, clusters_of, counts_of, regressors_of, spells_of
from analysis.inference.cluster import cluster_sums
from analysis.inference.cox_partial_likelihood import Spells, chi_squared, maximise
from analysis.method import Method, Option

METHOD = Method(
    title="Cox proportional hazards",
    citation="Cox (1972), JRSS B 34: 187-220; robust errors: Lin and Wei (1989), JASA 84: 1074-1078; test: Grambsch and Therneau (1994), Biometrika 81: 515-526",
    library="analysis",
    needs=("duration", "event", "treatment|controls"),
    accepts=("unit", "entry", "strata", "cluster"),
    options={
        "covariance": Option(
            "default",
            "default: clustered where a cluster is named or a unit has several rows, else unadjusted",
            ("default", "unadjusted", "robust"),
        ),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return log hazard ratios (term: the covariate) and 'proportionality' tests, joint and ':<covariate>'.

    A covariate that changes over time has one row a stretch: `entry` and `duration` are its start and stop. Ties by
    Efron. Raises NotIdentified when the likelihood has no maximum.
    """
    options = METHOD.read(specification)
    data = spells_of(panel, specification)
    return fit(data, specification, options.covariance)


def fit(data: pd.DataFrame, specification, covariance: str, strata: np.ndarray | None = None) -> list[dict]:
    """Return the rows of a Cox regression on checked spells; `strata` (rows,) codes replace the specification's."""
    names = regressors_of(specification)
    if strata is None:
        strata = data.groupby(list(specification.strata)).ngroup().to_numpy() if specification.strata else np.zeros(len(data), int)
    x = data[names].to_numpy(float)
    centred = x - x.mean(0)
    if np.linalg.matrix_rank(centred) < len(names):
        raise NotIdentified("SINGULAR", f"the covariates are collinear or do not vary: {', '.join(names)}")
    spells = Spells(data["entry"].to_numpy(float), data["duration"].to_numpy(float), data["event"].to_numpy(), centred, strata)
    try:
        best = maximise(spells)
    except (ValueError, np.linalg.LinAlgError) as error:
        raise NotIdentified("SEPARATION", str(error)) from error
    inverse = np.linalg.inv(best.information)
    clusters = clusters_of(data, specification) if covariance == "default" else None
    counts = counts_of(data, specification)
    variance, label, degrees = inverse, "unadjusted", np.inf
    if clusters is not None or covariance == "robust":
        influence = best.score_residuals() @ inverse
        summed = influence if clusters is None else cluster_sums(influence, clusters)
        variance, label = summed.T @ summed, "robust" if clusters is None else "cluster"
    if clusters is not None:
        counts |= cluster_counts(data, specification, clusters)
        degrees = counts["n_clusters"] - 1
    about = {"inference": label, "degrees": degrees, **counts}
    rows = [parameter(name, b, np.sqrt(v), **about) for name, b, v in zip(names, best.beta, np.diag(variance), strict=True)]
    single, joint = best.proportionality()
    rows.append(parameter("proportionality", joint, inference="score", p_value=chi_squared(joint, len(names)), **counts))
    for name, statistic in zip(names, single, strict=True):
        rows.append(parameter(f"proportionality:{name}", statistic, inference="score", p_value=chi_squared(statistic, 1), **counts))
    return rows
