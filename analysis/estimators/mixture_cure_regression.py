"""Accelerated failure time among those that ever end, with a share that never does (Farewell 1982, Biometrics 38: 1041-1046).

A duration ends at all with probability logit(z'c); if it does, log T = x'b + sigma W. Without the share, durations that
never end look like very long ones, and whatever moves the censoring date moves the time ratio. Right- and
interval-censored durations; maximum likelihood by Newton's method (inference.cure_likelihood); errors clustered.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.entrance import entrance
from analysis.estimates import NotIdentified, parameter
from analysis.estimators._durations import cluster_counts, counts_of, regressors_of
from analysis.estimators._regression import complete_rows, effective_reference
from analysis.inference.cluster import cluster_sums
from analysis.inference.cure_likelihood import Spells, maximise, start
from analysis.method import REFERENCE, Method, Option

METHOD = Method(
    title="Mixture cure model: time ratio among those that ever end",
    citation="Farewell (1982), Biometrics 38: 1041-1046; Boag (1949), JRSS B 11: 15-53",
    library="analysis",
    needs=("duration", "event|upper", "treatment|controls"),
    accepts=("unit", "cluster"),
    options={
        "distribution": Option("weibull", "of the durations that end", ("weibull", "lognormal", "loglogistic")),
        "reference": REFERENCE,
        "share_controls": Option([], "covariates of the share that ever ends; by default none: the same share for all"),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return coefficients on log time (term: covariate, 'const'), 'log_scale', and those on the log odds of ever ending ('ends:...').

    With `upper` a duration ended between `duration` and `upper` (blank: not yet); else `event` says so. Errors by
    `cluster`, else by unit, else by row. Raises NotIdentified when the likelihood has no inner maximum.
    """
    options = METHOD.read(specification)
    if specification.upper and specification.event:
        raise ValueError("mixture_cure_regression: --upper says itself which spells ended; it takes no --event")
    names = regressors_of(specification)
    data, low, high = _spells(panel, specification, names, options.share_controls)
    x = np.column_stack([data[names].to_numpy(float), np.ones(len(data))])
    z = np.column_stack([data[list(options.share_controls)].to_numpy(float), np.ones(len(data))])
    groups = specification.cluster[0] if specification.cluster else specification.unit
    clusters = pd.factorize(data[groups])[0] if groups else np.arange(len(data))
    counts = counts_of(data, specification) | cluster_counts(data, specification, clusters)
    spells = Spells.between(low, high)
    found = maximise(spells, options.distribution, x, z, start(spells, x.shape[1], z.shape[1]))
    errors = np.sqrt(np.diag(found.variance(cluster_sums(found.scores, clusters))))
    labels = [*names, "const", "log_scale", *(f"ends:{name}" for name in options.share_controls), "ends:const"]
    degrees = effective_reference(data, specification, (clusters,)) if options.reference == "effective_clusters" else np.inf
    about = {"inference": "cluster" if groups else "robust", "degrees": degrees, **counts}
    return [parameter(term, value, error, **about) for term, value, error in zip(labels, found.theta, errors, strict=True)]


def _spells(panel, specification, names, share_controls) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return complete rows, lower ends (rows,) and upper ends: infinite where the duration had not ended."""
    needed = [specification.duration, *names, *share_controls, specification.unit, *specification.cluster]
    if specification.upper:
        panel = panel.assign(_upper=panel[specification.upper].astype(float).fillna(np.inf))
        data = complete_rows(panel, [*needed, "_upper"])
        low, high = data[specification.duration].to_numpy(float), data["_upper"].to_numpy(float)
    else:
        data = complete_rows(panel, [*needed, specification.event])
        low = data[specification.duration].to_numpy(float)
        high = np.where(data[specification.event].to_numpy(float) == 1, low, np.inf)
    if (low < 0).any() or (high < low).any():
        row = int(np.argmax((low < 0) | (high < low)))
        raise NotIdentified("SUPPORT", f"spell {row + 1} has a negative duration, or ends before it starts")
    if not np.isfinite(high).any():
        raise NotIdentified("SUPPORT", "no spell ends: every one is censored")
    return data, low, high
