"""What the panel regressions share: the sample as linearmodels wants it, and rows from its results."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.estimates import NotIdentified, parameter
from analysis.inference.distributions import chi2_tail


def sample(panel: pd.DataFrame, specification) -> tuple[pd.Series, pd.DataFrame]:
    """Return outcome and regressors indexed by unit and time; rows with a missing value are left out.

    Raises NotIdentified when a regressor is a combination of others or nothing is left.
    """
    regressors = [name for name in (specification.treatment, *specification.controls) if name]
    named = [specification.unit, specification.time, specification.outcome, *regressors]
    data = panel[named].dropna()
    if data[specification.unit].nunique() < 2:
        raise NotIdentified("SUPPORT", "fewer than two units have every variable")
    data = data.astype(dict.fromkeys((specification.outcome, *regressors), float))
    numeric_time = data[specification.time].astype(int)
    indexed = data.assign(**{specification.time: numeric_time}).set_index([specification.unit, specification.time])
    if np.linalg.matrix_rank(indexed[regressors] - indexed[regressors].mean()) < len(regressors):
        raise NotIdentified("SINGULAR", f"the regressors are collinear: {', '.join(regressors)}")
    return indexed[specification.outcome], indexed[regressors]


def period_dummies(outcome: pd.Series, specification) -> pd.DataFrame:
    """Return a dummy a period after the first where `fixed_effects` names the time column, else no columns."""
    if strangers := [name for name in specification.fixed_effects if name != specification.time]:
        raise ValueError(f"{specification.estimator} takes only the time column as fixed effects, not {', '.join(strangers)}")
    if specification.time not in specification.fixed_effects:
        return pd.DataFrame(index=outcome.index)
    periods = pd.Series(outcome.index.get_level_values(1), index=outcome.index)
    return pd.get_dummies(periods, prefix="period", drop_first=True, dtype=float)


def clustering(panel: pd.DataFrame, specification, outcome: pd.Series) -> tuple[dict, int]:
    """Return linearmodels' keywords for clustering by unit, or by the one `cluster` column, and the number of clusters."""
    named = [name for name in specification.cluster if name != specification.unit]
    if len(specification.cluster) > 1:
        raise ValueError(f"{specification.estimator} takes one cluster variable")
    base = {"cov_type": "clustered", "group_debias": True}
    if not named:
        return {**base, "cluster_entity": True}, outcome.index.get_level_values(0).nunique()
    keys = panel.dropna(subset=[specification.unit, specification.time]).astype({specification.time: int})
    column = keys.set_index([specification.unit, specification.time])[named[0]].reindex(outcome.index)
    codes = pd.DataFrame({"cluster": pd.factorize(column)[0]}, index=outcome.index)
    return {**base, "clusters": codes}, int(codes["cluster"].nunique())


def counts(outcome: pd.Series, **more) -> dict:
    return {"n_obs": len(outcome), "n_units": outcome.index.get_level_values(0).nunique(), **more}


def rows(result, names, inference: str, scale: float = 1.0, degrees: float = np.inf, **more) -> list[dict]:
    """Return a row for each of the coefficients `names`; `scale` multiplies the library's standard errors."""
    return [
        parameter(
            name, result.params[name], result.std_errors[name] * scale, inference=inference, degrees=degrees, library="linearmodels", **more
        )
        for name in names
    ]


def wald(term: str, estimate: np.ndarray, covariance: np.ndarray, inference: str, **more) -> dict:
    """Return the row of the test that all of `estimate` are zero: the statistic and its chi-squared p-value."""
    statistic = float(estimate @ np.linalg.solve(covariance, estimate))
    p_value = chi2_tail(statistic, len(estimate))
    return parameter(term, statistic, inference=inference, p_value=p_value, library="linearmodels", **more)
