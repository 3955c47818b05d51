"""Outcomes between zero and one by quasi-likelihood (Papke and Wooldridge 1996, J. Applied Econometrics 11: 619-632), by statsmodels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import statsmodels.api as sm

from analysis.entrance import entrance
from analysis.estimates import NotIdentified, parameter
from analysis.estimators._regression import columns_of, complete_rows, counts_of
from analysis.inference.cluster import need_two
from analysis.method import Method, Option

METHOD = Method(
    title="Fractional response, pooled or with unit means",
    citation="Papke and Wooldridge (1996), J. Applied Econometrics 11: 619-632; with unit means (2008), J. Econometrics 145: 121-133",
    library="statsmodels",
    needs=("outcome", "treatment|controls"),
    accepts=("unit", "time", "cluster", "fixed_effects"),
    options={
        "link": Option("logit", "logit or probit", ("logit", "probit")),
        "unit_means": Option(False, "add unit means of the regressors: correlated random effects"),
        "covariance": Option("default", "default: clustered by unit or `cluster`; else hc1", ("default", "cluster", "hc1")),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return coefficients (term: the regressor, and 'const') and average partial effects ('ape:<regressor>', delta method).

    `fixed_effects` may name the time column, whose dummies then enter. Raises NotIdentified for outcomes outside [0, 1].
    """
    options = METHOD.read(specification)
    data = complete_rows(panel, columns_of(specification, specification.fixed_effects))
    y = data[specification.outcome].to_numpy(float)
    if y.min() < 0 or y.max() > 1:
        row = int(np.argmax((y < 0) | (y > 1)))
        raise NotIdentified("SUPPORT", f"row {row + 2} has {y[row]}; a fraction lies between 0 and 1")
    names = [name for name in (specification.treatment, *specification.controls) if name]
    design = data[names].astype(float)
    if options.unit_means:
        if not specification.unit:
            raise ValueError("option unit_means needs --unit")
        means = design.groupby(data[specification.unit]).transform("mean").add_prefix("mean_")
        design = pd.concat([design, means.loc[:, means.std() > 0]], axis=1)
    if specification.fixed_effects:
        if specification.fixed_effects != (specification.time,):
            raise ValueError("fixed_effects may name the time column only: effects of units are not consistent in this model")
        design = pd.concat([design, pd.get_dummies(data[specification.time], prefix="period", drop_first=True, dtype=float)], axis=1)
    design = design.assign(const=1.0)
    if np.linalg.matrix_rank(design.to_numpy()) < design.shape[1]:
        raise NotIdentified("SINGULAR", f"the regressors are collinear: {', '.join(design.columns)}")
    link = sm.families.links.Logit() if options.link == "logit" else sm.families.links.Probit()
    model = sm.GLM(y, design, family=sm.families.Binomial(link))
    named = specification.cluster or ((specification.unit,) if specification.unit else ())
    if named and options.covariance != "hc1":
        groups = pd.factorize(data[named[0]])[0]
        n_clusters = need_two(groups)
        result = model.fit(cov_type="cluster", cov_kwds={"groups": groups})
        about = {"inference": "cluster", "n_clusters": n_clusters}
    else:
        result, about = model.fit(cov_type="HC1"), {"inference": "hc1"}
    about |= counts_of(data, specification) | {"library": "statsmodels"}
    shown = [name for name in design.columns if name in names or name == "const"]
    rows = [parameter(name, result.params[name], result.bse[name], **about) for name in shown]
    return rows + _partial_effects(result, design, names, link, about)


def _partial_effects(result, design: pd.DataFrame, names: list[str], link, about: dict) -> list[dict]:
    """Return the means over rows of the derivatives of the mean, with delta-method errors."""
    x, beta = design.to_numpy(), result.params.to_numpy()
    index = x @ beta
    slope = link.inverse_deriv(index)
    curvature = link.inverse_deriv2(index)
    rows = []
    for position, name in enumerate(names):
        gradient = (curvature[:, None] * x).mean(0) * beta[position]
        gradient[position] += slope.mean()
        error = float(np.sqrt(gradient @ result.cov_params().to_numpy() @ gradient))
        rows.append(parameter(f"ape:{name}", slope.mean() * beta[position], error, **about))
    return rows
