"""Accelerated failure time models by lifelines: right- and interval-censored durations, one parametrisation."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.estimates import NotIdentified, parameter
from analysis.estimators._durations import counts_of, regressors_of, spells_of
from analysis.estimators._regression import complete_rows
from analysis.method import Method, Option

NEEDS = ("duration", "event|upper", "treatment|controls")
ACCEPTS = ("unit", "entry")
OPTIONS = {"covariance": Option("unadjusted", "unadjusted (from the likelihood) or robust (sandwich)", ("unadjusted", "robust"))}


def estimate(panel: pd.DataFrame, specification, method: Method, fitter: type, scale: tuple[str, str, int]) -> list[dict]:
    """Return coefficients on log time (term: the covariate, and 'const') and 'log_scale'.

    `scale` is the library's (location, shape, sign that turns the logarithm of its shape into that of the scale). With
    `upper` a spell ended between `duration` and `upper` (blank: not yet). Raises NotIdentified when nothing converges.
    """
    options = method.read(specification)
    if specification.upper and (specification.entry or specification.event):
        raise ValueError(f"{specification.estimator}: --upper says itself which spells ended; it takes no --event and no --entry")
    if specification.unit and panel[specification.unit].dropna().duplicated().any():
        raise ValueError(
            f"{specification.estimator} takes spells as independent; {specification.unit} repeats (use mixture_cure_regression or cox, which cluster)"
        )
    names = regressors_of(specification)
    # robust is a keyword of the library's fit
    model = fitter()
    try:
        if specification.upper:
            data, frame = _intervals(panel, specification, names)
            model.fit_interval_censoring(frame, "lower", "upper", robust=options.covariance == "robust", entry_col=None)
        else:
            data = spells_of(panel, specification)
            entry = {"entry_col": "entry"} if specification.entry else {}
            frame = data[[*names, "duration", "event", *entry.values()]].astype(float)
            model.fit(frame, "duration", "event", robust=options.covariance == "robust", **entry)
    except NotIdentified:
        raise
    except Exception as error:  # the library raises many kinds of its own
        raise NotIdentified("CONVERGENCE", f"lifelines could not fit the model ({' '.join(str(error).split())[:200]})") from error
    location, shape, sign = scale
    about = {"inference": options.covariance, "library": "lifelines", **counts_of(data, specification)}
    terms = [(name, (location, name), 1) for name in names] + [
        ("const", (location, "Intercept"), 1),
        ("log_scale", (shape, "Intercept"), sign),
    ]
    return [parameter(t, flip * model.params_[key], model.standard_errors_[key], **about) for t, key, flip in terms]


def _intervals(panel: pd.DataFrame, specification, names: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the complete rows, and of them the regressors with `lower` and `upper`, as the library wants them."""
    panel = panel.assign(_upper=panel[specification.upper].astype(float).fillna(np.inf))
    data = complete_rows(panel, [specification.duration, "_upper", *names, specification.unit])
    bad = data["_upper"] < data[specification.duration]
    if bad.any():
        row = int(np.argmax(bad.to_numpy()))
        raise NotIdentified("SUPPORT", f"spell {row + 1} ends before it starts: {specification.upper} below {specification.duration}")
    if not np.isfinite(data["_upper"]).any():
        raise NotIdentified("SUPPORT", "no spell ends: every one is censored")
    lower = data[specification.duration].astype(float).clip(lower=1e-10)
    return data, data[names].astype(float).assign(lower=lower, upper=data["_upper"])
