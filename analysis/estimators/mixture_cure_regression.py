"""Accelerated failure time among those that ever end, with a share that never does (Farewell 1982, Biometrics 38: 1041-1046).

A duration ends at all with probability logit(z'c); if it does, log T = x'b + sigma W. Without the share, durations that
never end look like very long ones, and whatever moves the censoring date moves the time ratio. Right- and
interval-censored durations; maximum likelihood by Newton's method (inference.cure_maximum); errors clustered.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified, parameter
from analysis.core.method import Method
from analysis.core.options import REFERENCE, Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._durations import bounds_of, cluster_counts, counts_of, regressors_of, separated_ends
from analysis.estimators._left_out import without
from analysis.estimators._regression import effective_reference
from analysis.inference.cluster import cluster_sums
from analysis.inference.cure_likelihood import Spells
from analysis.inference.cure_maximum import NoInnerMaximum, maximise
from analysis.inference.separation import culprits, in_words
from analysis.inference.standard_units import need_full_rank

METHOD = Method(
    title="Mixture cure model: time ratio among those that ever end",
    citation="Farewell (1982), Biometrics 38: 1041-1046; Boag (1949), JRSS B 11: 15-53",
    library="analysis",
    needs=("duration", "event|upper", "treatment|controls"),
    accepts=("unit", "cluster"),
    options={
        "distribution": Option("weibull", "of the durations that end", ("weibull", "lognormal", "loglogistic")),
        "reference": REFERENCE,
        "share_controls": Option([], "covariates of the share that ever ends; by default none: the same share for all", columns=True),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return coefficients on log time (term: covariate, 'const'), 'log_scale', and those on the log odds of ever ending ('ends:...').

    With `upper` a duration ended between `duration` and `upper` (blank: not yet); else `event` says so. Errors by
    `cluster`, else by unit, else by row. Raises NotIdentified when the likelihood has no inner maximum.
    """
    options = METHOD.read(specification)
    if specification.upper and specification.event:
        raise BadOption(
            "mixture_cure_regression: --upper says itself which spells ended; it takes no --event",
            "event",
            specification.event,
            "none beside upper",
        )
    names, shared = regressors_of(specification), list(options.share_controls)
    data, low, high = bounds_of(panel, specification, tuple(shared))
    x, z = data[names].to_numpy(float), data[shared].to_numpy(float)
    need_full_rank(x, names)
    need_full_rank(z, shared)
    groups = specification.cluster[0] if specification.cluster else specification.unit
    clusters = pd.factorize(data[groups])[0] if groups else np.arange(len(data))
    counts = counts_of(data, specification) | cluster_counts(data, specification, clusters)
    one = np.ones(len(data))
    try:
        found = maximise(Spells.between(low, high), options.distribution, np.column_stack([x, one]), np.column_stack([z, one]))
    except NoInnerMaximum as error:
        raise separated_ends(names, x, low, high) or _separated_shares(shared, z, high) or error from None
    errors = np.sqrt(np.diag(found.variance(cluster_sums(found.scores, clusters))))
    labels = [*names, "const", "log_scale", *(f"ends:{name}" for name in shared), "ends:const"]
    degrees = effective_reference(data, specification, (clusters,)) if options.reference == "effective_clusters" else np.inf
    fields = [specification.duration, specification.event, *names, specification.unit, *specification.cluster]
    lost = without(panel, fields, shared)
    about = {"inference": "cluster" if groups else "robust", "degrees": degrees, **counts} | ({"left_out": lost} if lost else {})
    return [parameter(term, value, error, **about) for term, value, error in zip(labels, found.theta, errors, strict=True)]


def _separated_shares(names: list[str], z: np.ndarray, high: np.ndarray) -> NotIdentified | None:
    """Return the refusal that says which covariates `z` (rows, m) send the share that ever ends to none or all, or None."""
    ended = np.isfinite(high).astype(float)
    found = culprits(z, ended, names, np.ones((len(z), 1)))
    if not found:
        return None
    words = f"together, {', '.join(found)} set spells that end apart from those that do not"
    if len(found) == 1:
        words = in_words(found[0], z[:, names.index(found[0])], ended, "no spell ends", "every spell ends")
    return NotIdentified("SEPARATION", f"the share that ever ends has no finite odds: {words}")
