"""Proportional hazards with late entry, strata and covariates that change over time (Cox 1972, JRSS B 34: 187-220)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified, parameter, refused
from analysis.core.method import Method
from analysis.core.options import Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._durations import cluster_counts, clusters_of, counts_of, regressors_of, separated, spells_of, told_apart
from analysis.inference.cluster import cluster_sums
from analysis.inference.cox_partial_likelihood import Separated, Spells, chi_squared, maximise
from analysis.inference.standard_units import Dependent

METHOD = Method(
    title="Cox proportional hazards",
    citation="Cox (1972), JRSS B 34: 187-220; robust errors: Lin and Wei (1989), JASA 84: 1074-1078; test: Grambsch and Therneau (1994), Biometrika 81: 515-526; penalty: Heinze and Schemper (2001), Biometrics 57: 114-119",
    library="analysis",
    needs=("duration", "event", "treatment|controls"),
    accepts=("unit", "entry", "strata", "cluster"),
    options={
        "covariance": Option(
            "default",
            "default: clustered where a cluster is named or a unit has several rows, else unadjusted",
            ("default", "unadjusted", "robust"),
        ),
        "penalty": Option(
            "none",
            "firth: penalized likelihood with profile intervals, finite where a covariate separates those who end from the others",
            ("none", "firth"),
        ),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return log hazard ratios (term: the covariate) and 'proportionality' tests, joint and ':<covariate>'.

    A covariate that changes over time has one row per stretch: `entry` and `duration` are its start and stop. Ties by
    Efron. Raises NotIdentified when the likelihood has no maximum.
    """
    options = METHOD.read(specification)
    data = spells_of(panel, specification)
    if options.penalty == "firth":
        return _penalized(data, specification, options.covariance)
    return fit(data, specification, options.covariance)


def fit(data: pd.DataFrame, specification: Specification, covariance: str, strata: np.ndarray | None = None) -> list[dict]:
    """Return the rows of a Cox regression on checked spells; `strata` (rows,) codes replace the specification's."""
    names = regressors_of(specification)
    try:
        best = maximise(_spells(data, specification, strata))
    except Dependent as error:
        raise told_apart(error, names, specification) from error
    except Separated as error:
        remedy = "option penalty=firth gives a finite estimate" if specification.estimator == "cox" else "leave it out"
        raise separated(error, names, remedy) from error
    clusters = clusters_of(data, specification) if covariance == "default" else None
    counts = counts_of(data, specification)
    variance, label, degrees = best.covariance, "unadjusted", np.inf
    if clusters is not None or covariance == "robust":
        influence = best.influence()
        summed = influence if clusters is None else cluster_sums(influence, clusters)
        variance, label = summed.T @ summed, "robust" if clusters is None else "cluster"
    if clusters is not None:
        counts |= cluster_counts(data, specification, clusters)
        degrees = counts["n_clusters"] - 1
    about = {"inference": label, "degrees": degrees, **counts}
    rows = [parameter(name, b, np.sqrt(v), **about) for name, b, v in zip(names, best.beta, np.diag(variance), strict=True)]
    single, joint = best.proportionality()
    tests = [("proportionality", joint, len(names)), *((f"proportionality:{n}", s, 1) for n, s in zip(names, single, strict=True))]
    return rows + [_test(term, statistic, degrees, counts) for term, statistic, degrees in tests]


def _test(term: str, statistic: float, degrees: int, counts: dict) -> dict:
    if np.isnan(statistic):
        whose = f"{term.partition(':')[2]} differs" if ":" in term else "covariates differ"
        why = f"{whose} among those at risk at too few times at which spells end: no change over time can be seen"
        return refused(term, "SUPPORT", why, "score")
    return parameter(term, statistic, inference="score", p_value=chi_squared(statistic, degrees), **counts)


def _spells(data: pd.DataFrame, specification: Specification, strata: np.ndarray | None = None) -> Spells:
    if strata is None:
        strata = (
            data.groupby(list(specification.strata), observed=True).ngroup().to_numpy()
            if specification.strata
            else np.zeros(len(data), int)
        )
    x = data[regressors_of(specification)].to_numpy(float)
    return Spells(data["entry"].to_numpy(float), data["duration"].to_numpy(float), data["event"].to_numpy(), x, strata)


def _penalized(data: pd.DataFrame, specification: Specification, covariance: str) -> list[dict]:
    """Return the rows of Firth's penalized likelihood: model-based errors, profile intervals, likelihood ratio p-values."""
    if covariance == "robust" or (covariance == "default" and clusters_of(data, specification) is not None):
        raise BadOption(
            "penalty=firth has no robust or clustered errors; covariance=unadjusted asks for those of the model (one end per unit at most)",
            "covariance",
            "default",
            ("unadjusted",),
        )
    # Profiles need scipy's root finder, which no other Cox regression should wait for.
    from analysis.inference.firth_partial_likelihood import PenalizedMaximum, Unbounded

    names = regressors_of(specification)
    try:
        best = PenalizedMaximum(_spells(data, specification))
        found = [(best.p_value(j), best.interval(j, 0.95), best.interval(j, 0.90)) for j in range(len(names))]
    except Dependent as error:
        raise told_apart(error, names, specification) from error
    except Unbounded as error:
        raise NotIdentified("SEPARATION", str(error)) from error
    rows = []
    for j, (name, (p_value, (low, high), (low90, high90))) in enumerate(zip(names, found, strict=True)):
        row = parameter(name, best.beta[j], np.sqrt(best.covariance[j, j]), inference="penalized_profile", **counts_of(data, specification))
        row.pop("mde80")  # half-widths of a profile interval are no standard errors
        rows.append(row | {"p_value": p_value, "ci_low": low, "ci_high": high, "ci90_low": low90, "ci90_high": high90})
    return rows
