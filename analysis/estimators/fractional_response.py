"""Outcomes between zero and one by quasi-likelihood (Papke and Wooldridge 1996, J. Applied Econometrics 11: 619-632)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified, parameter
from analysis.core.method import Method
from analysis.core.options import Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._regression import columns_of, complete_rows, counts_of, regressors_of
from analysis.inference.binary_response import LINKS, Fit, Link, Separated, fit
from analysis.inference.cluster import need_two
from analysis.inference.separation import culprits, in_words
from analysis.inference.standard_units import need_full_rank

ROUNDING = 1e-12

METHOD = Method(
    title="Fractional response, pooled or with unit means",
    citation="Papke and Wooldridge (1996), J. Applied Econometrics 11: 619-632; with unit means (2008), J. Econometrics 145: 121-133",
    library="analysis",
    outcome_range=(0.0, 1.0, "a fraction lies between 0 and 1; divide percentages by 100"),
    needs=("outcome", "treatment|controls"),
    accepts=("unit", "time", "cluster", "fixed_effects"),
    options={
        "link": Option("logit", "logit or probit", ("logit", "probit")),
        "penalty": Option(
            "none", "firth: finite estimates also where outcomes of 0 and 1 are separated; rows are independent", ("none", "firth")
        ),
        "unit_means": Option(False, "add unit means of the regressors: correlated random effects"),
        "covariance": Option("default", "default: clustered by unit or `cluster`; else hc1", ("default", "cluster", "hc1")),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return coefficients (term: the regressor, and 'const') and average partial effects ('ape:<regressor>', delta method).

    `fixed_effects` may name the time column, whose dummies then enter; unit means of regressors that never change within a
    unit do not. Raises NotIdentified for outcomes outside [0, 1], or when regressors separate them (no maximum).
    """
    options = METHOD.read(specification)
    data = complete_rows(panel, columns_of(specification, specification.fixed_effects))
    y = _fractions(data, specification.outcome)
    names = regressors_of(specification)
    columns = _columns(data, specification, names, options.unit_means)
    x = np.column_stack(list(columns.values()))
    need_full_rank(x, list(columns))
    firth = options.penalty == "firth"
    if firth:
        _need_independent(data, specification, y)
    found = _fit(y, x, list(columns), specification.outcome, options.link, firth)
    named = specification.cluster or ((specification.unit,) if specification.unit else ())
    about = counts_of(data, specification)
    if firth:
        variance, about = found.unadjusted(), {"inference": "unadjusted", **about}
    elif named and options.covariance != "hc1":
        groups = pd.factorize(data[named[0]])[0]
        n_clusters = need_two(groups)
        variance = found.clustered(groups, n_clusters, *found.design.shape)
        about = {"inference": "cluster", "n_clusters": n_clusters, **about}
    else:
        variance, about = found.robust(), {"inference": "hc1", **about}
    shown = list(zip([*columns, "const"], found.coefficients, found.errors(variance), strict=True))
    rows = [parameter(name, b, e, **about) for name, b, e in shown if name in names or name == "const"]
    return rows + _partial_effects(found, variance, names, LINKS[options.link], about)


def _fractions(data: pd.DataFrame, outcome: str) -> np.ndarray:
    y = data[outcome].to_numpy(float)
    if y.min() < -ROUNDING or y.max() > 1 + ROUNDING:
        raise NotIdentified("SUPPORT", f"{outcome} runs from {y.min():g} to {y.max():g}; a fraction lies between 0 and 1")
    if np.ptp(y) <= ROUNDING:
        raise NotIdentified("SUPPORT", f"{outcome} does not vary: it is {y[0]:g} in every row")
    return np.clip(y, 0.0, 1.0)


def _columns(data: pd.DataFrame, specification: Specification, names: list[str], unit_means: bool) -> dict[str, np.ndarray]:
    """Return the regressors beside the constant by name: covariates, their unit means, dummies of the periods but the first."""
    design = data[names].astype(float)
    found = {name: design[name].to_numpy() for name in names}
    if unit_means:
        if not specification.unit:
            raise BadOption("option unit_means needs --unit", "unit_means", True, (False,))
        means = design.groupby(data[specification.unit]).transform("mean")
        for name in names:
            if np.abs(found[name] - means[name].to_numpy()).max() > ROUNDING * np.abs(found[name]).max():
                found[f"mean_{name}"] = means[name].to_numpy()
    if specification.fixed_effects:
        if specification.fixed_effects != (specification.time,):
            raise BadOption(
                "fixed_effects may name the time column only: effects of units are not consistent in this model",
                "fixed_effects",
                specification.fixed_effects,
                (specification.time,),
            )
        time = data[specification.time].to_numpy()
        found |= {f"the dummy of ‹@{int(period)}›": (time == period).astype(float) for period in np.unique(time)[1:]}
    return found


def _need_independent(data: pd.DataFrame, specification: Specification, y: np.ndarray) -> None:
    if not np.isin(y, (0, 1)).all():
        raise NotIdentified("SUPPORT", f"penalty=firth is for outcomes of 0 and 1; {specification.outcome} has others")
    if specification.cluster or (specification.unit and data[specification.unit].duplicated().any()):
        raise BadOption(
            "fractional_response: penalty=firth has the errors of independent rows; it takes no --cluster and one row per unit",
            "penalty",
            "firth",
            ("none",),
        )


def _fit(y: np.ndarray, x: np.ndarray, names: list[str], outcome: str, link: str, firth: bool) -> Fit:
    one = np.ones((len(y), 1))
    try:
        return fit(y, np.column_stack([x, one]), link, firth)
    except Separated:
        found = culprits(x, y, names, one) or []
    words = f"together, {', '.join(found)} tell where {outcome} is 0 or 1"
    if len(found) == 1:
        words = in_words(found[0], x[:, names.index(found[0])], y, f"{outcome} is 0 in every row", f"{outcome} is 1 in every row")
    advice = " (--option penalty=firth has a finite estimate)" if np.isin(y, (0, 1)).all() else ""
    raise Separated(f"the likelihood has no maximum: {words}{advice}")


def _partial_effects(found: Fit, variance: np.ndarray, names: list[str], link: Link, about: dict) -> list[dict]:
    """Return the means over rows of the derivatives of the mean, with delta-method errors (`variance` in standard units)."""
    _, slope, bend = link.mean(found.index)
    moved = (slope * bend) @ found.design / len(slope)
    rows = []
    for position, name in enumerate(names):
        gradient = moved * found.coefficients[position] + slope.mean() * found.back[position]
        error = float(np.sqrt(gradient @ variance @ gradient))
        rows.append(parameter(f"ape:{name}", slope.mean() * found.coefficients[position], error, **about))
    return rows
