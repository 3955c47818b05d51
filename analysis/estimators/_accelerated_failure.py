"""Accelerated failure time models: right- and interval-censored durations, late entry, one parametrisation.

log T = x'b + sigma W with W extreme-value (Weibull), normal or logistic, by maximum likelihood (inference.cure_likelihood
without a share that never ends; Kalbfleisch and Prentice 2002, sections 3.2 to 3.4).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified, parameter
from analysis.core.method import Method
from analysis.core.options import Option
from analysis.core.specification import Specification
from analysis.estimators._durations import bounds_of, counts_of, regressors_of, separated_ends, spells_of
from analysis.inference.cure_likelihood import Spells
from analysis.inference.cure_maximum import Maximum, NoInnerMaximum, maximise
from analysis.inference.standard_units import need_full_rank


def declared(title: str) -> Method:
    """Return the METHOD of one distribution: a coefficient of 0.1 lengthens durations by a tenth in logs."""
    return Method(
        title=f"Accelerated failure time, {title}",
        citation="Kalbfleisch and Prentice (2002), The Statistical Analysis of Failure Time Data, chapters 2 and 3",
        library="analysis",
        needs=("duration", "event|upper", "treatment|controls"),
        accepts=("unit", "entry"),
        options={
            "covariance": Option("unadjusted", "unadjusted (from the likelihood) or robust (sandwich)", ("unadjusted", "robust")),
        },
    )


def rows_of(panel: pd.DataFrame, specification: Specification, method: Method, distribution: str) -> list[dict]:
    """Return coefficients on log time (term: the covariate, and 'const') and 'log_scale'.

    With `upper` a spell ended between `duration` and `upper` (blank: not yet); with `entry` it is observed only from then on.
    Raises NotIdentified when the likelihood has no maximum.
    """
    options = method.read(specification)
    if specification.upper and (specification.entry or specification.event):
        raise BadOption(
            f"{specification.estimator}: --upper says itself which spells ended; it takes no --event and no --entry",
            "upper",
            specification.upper,
            "no event and no entry beside it",
        )
    if specification.unit and panel[specification.unit].dropna().duplicated().any():
        raise BadOption(
            f"{specification.estimator} takes spells as independent; {specification.unit} repeats (use mixture_cure_regression or cox, which cluster)",
            "unit",
            specification.unit,
            "one row a unit",
        )
    names = regressors_of(specification)
    data, low, high, entry = _observed(panel, specification)
    x = data[names].to_numpy(float)
    need_full_rank(x, names)
    found = _maximum(Spells.between(low, high, entry), distribution, x, names, low, high)
    variance = found.variance(found.scores if options.covariance == "robust" else None)
    about = {"inference": options.covariance, **counts_of(data, specification)}
    labels = [*names, "const", "log_scale"]
    return [parameter(t, b, e, **about) for t, b, e in zip(labels, found.theta, np.sqrt(np.diag(variance)), strict=True)]


def _observed(panel: pd.DataFrame, specification: Specification) -> tuple[pd.DataFrame, np.ndarray, np.ndarray, np.ndarray | None]:
    """Return complete rows, between which durations each ended (infinity: not yet) and, with `entry`, from when it was observed."""
    if specification.upper:
        return *bounds_of(panel, specification), None
    data = spells_of(panel, specification)
    duration = data["duration"].to_numpy(float)
    if (duration <= 0).any():
        raise NotIdentified("SUPPORT", f"{specification.duration} must be above 0: durations count from the start of the clock")
    high = np.where(data["event"].to_numpy() > 0, duration, np.inf)
    return data, duration, high, data["entry"].to_numpy(float) if specification.entry else None


def _maximum(spells: Spells, distribution: str, x: np.ndarray, names: list[str], low: np.ndarray, high: np.ndarray) -> Maximum:
    try:
        return maximise(spells, distribution, np.column_stack([x, np.ones(len(x))]))
    except NoInnerMaximum as error:
        raise separated_ends(names, x, low, high) or error from None
