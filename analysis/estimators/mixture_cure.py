"""Durations of which a share never ends (Boag 1949; Farewell 1982, Biometrics 38: 1041-1046)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit

from analysis.core.estimates import NotIdentified, noted, parameter, refused
from analysis.core.method import Method
from analysis.core.options import Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._durations import counts_of, groups_of, spells_of, term
from analysis.inference.cure_likelihood import Spells
from analysis.inference.cure_maximum import maximise

METHOD = Method(
    title="Mixture cure model: the share that never ends",
    citation="Farewell (1982), Biometrics 38: 1041-1046",
    library="analysis",
    needs=("duration", "event"),
    accepts=("unit", "strata", "treatment"),
    options={"distribution": Option("weibull", "durations of those that end", ("weibull", "lognormal"))},
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return 'never' (the share that never ends) by group and, with two groups, 'difference', the second less the first.

    Identified by a curve that flattens while many are still observed; the row says so when the last event is late, or
    that there is no number because the likelihood has no inner maximum (it rises as the share goes to 0 or 1).
    """
    options = METHOD.read(specification)
    data = spells_of(panel, specification)
    rows, shares = [], []
    for group, part in groups_of(data, specification):
        about = {"inference": "unadjusted", **counts_of(part, specification)}
        duration, ended = part["duration"].to_numpy(float), (part["event"] > 0).to_numpy()
        try:
            share, error = _never(duration, ended, options.distribution)
        except NotIdentified as refusal:
            rows.append(refused(term("never", group), refusal.code, str(refusal)))
            continue
        shares.append((share, error))
        flat = duration[ended].max() < np.quantile(duration, 0.9)
        warned = {} if flat else noted("FLAT: events go on to the end of observation; the share rests on the assumed distribution")
        rows.append(parameter(term("never", group), share, error, **about) | {"p_value": np.nan} | warned)
    if len(rows) == 2 and len(shares) == 2:
        error = float(np.hypot(shares[0][1], shares[1][1]))
        about = {"inference": "unadjusted", **counts_of(data, specification)}
        rows.append(parameter("difference", shares[1][0] - shares[0][0], error, **about))
    elif len(rows) == 2:
        rows.append(refused("difference", "CONVERGENCE", "one of the two shares has no estimate"))
    return rows


def _never(duration: np.ndarray, ended: np.ndarray, distribution: str) -> tuple[float, float]:
    """Return the share that never ends, by maximum likelihood, and its standard error (delta method from the log odds)."""
    if not ended.any():
        raise NotIdentified("SUPPORT", "no spell of this group ends: every one is censored")
    one = np.ones((len(duration), 1))
    found = maximise(Spells.between(duration, np.where(ended, duration, np.inf)), distribution, one, one)
    share = float(expit(-found.theta[-1]))
    return share, share * (1 - share) * float(np.sqrt(found.variance()[-1, -1]))
