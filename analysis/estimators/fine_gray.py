"""Covariates and how many end in one way, others ending otherwise: proportional subdistribution hazards (Fine and Gray 1999, JASA 94: 496-509).

A Cox regression that takes the other ends for censored says how fast this end comes among those still there; this one
says what moves its cumulative incidence.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.core.estimates import NotIdentified, parameter
from analysis.core.method import Method
from analysis.core.options import Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._durations import (
    cluster_counts,
    clusters_of,
    counts_of,
    regressors_of,
    separated,
    spells_of,
    told_apart,
    uncensored,
)
from analysis.inference.cluster import cluster_sums
from analysis.inference.cox_partial_likelihood import Separated
from analysis.inference.standard_units import Dependent
from analysis.inference.subdistribution_hazard import fit

METHOD = Method(
    title="Fine-Gray subdistribution hazards",
    citation="Fine and Gray (1999), JASA 94: 496-509; clusters: Zhou, Fine, Latouche and Labopin (2012), Biostatistics 13: 371-383",
    library="analysis",
    needs=("duration", "event", "treatment|controls"),
    accepts=("unit", "cluster"),
    options={
        "kind": Option(1, "event code of interest; other codes above 0 are competing ends", minimum=1),
        "ties": Option(
            "efron",
            "efron: with ends before censorings of the same time, as R's finegray and coxph; breslow: as R's cmprsk",
            ("efron", "breslow"),
        ),
        "covariance": Option(
            "default",
            "default: robust (clustered where a cluster is named), with the censoring weights estimated; known_weights: they are taken for known",
            ("default", "known_weights"),
        ),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return log ratios of subdistribution hazards (term: the covariate), for covariates fixed in time and spells from 0 on.

    Raises NotIdentified when no spell ends in the way asked for, or the likelihood has no maximum.
    """
    options = METHOD.read(specification)
    data = spells_of(panel, specification, kinds=True)
    event, names = data["event"].to_numpy(), regressors_of(specification)
    if specification.unit and data[specification.unit].duplicated().any():
        raise NotIdentified(
            "SUPPORT", f"{specification.unit} has several spells; the weights need one per unit, with covariates fixed in time"
        )
    if not (event == options.kind).any():
        raise NotIdentified(
            "SUPPORT", f"no spell ends with code {options.kind}; there are {', '.join(map(str, np.unique(event[event > 0])))}"
        )
    try:
        found = fit(data["duration"].to_numpy(), event, data[names].to_numpy(float), options.kind, options.ties == "breslow")
    except Dependent as error:
        raise told_apart(error, names, specification) from error
    except Separated as error:
        raise separated(error, names, "leave it out") from error
    influence = found.influence if options.covariance == "default" else found.known
    about, degrees = {"inference": "robust", **counts_of(data, specification), **uncensored(data, specification)}, np.inf
    clusters = clusters_of(data, specification)
    if clusters is not None:
        influence = cluster_sums(influence, clusters)
        about |= {"inference": "cluster", **cluster_counts(data, specification, clusters)}
        degrees = about["n_clusters"] - 1
    errors = np.sqrt((influence**2).sum(0))
    return [parameter(name, b, e, degrees=degrees, **about) for name, b, e in zip(names, found.beta, errors, strict=True)]
