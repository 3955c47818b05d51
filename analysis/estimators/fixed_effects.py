"""Within regression with unit and, if named, period effects (linearmodels), clustered by CR1."""

from __future__ import annotations

import numpy as np
import pandas as pd
from linearmodels.panel import PanelOLS

from analysis.estimators._panel_regression import counts, rows, sample
from analysis.inference.absorb import absorbed


def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return one row a regressor, inference 'cluster' (by unit) or 'unadjusted'.

    Effects are those of `fixed_effects` (unit, time or both; unit alone by default); regressors are `treatment` and
    `controls`. Options: covariance (cluster, unadjusted).
    """
    options = specification.read_options(covariance="cluster")
    outcome, regressors = sample(panel, specification)
    named = specification.fixed_effects or (specification.unit,)
    if extra := set(named) - {specification.unit, specification.time}:
        raise ValueError(f"fixed_effects may name {specification.unit} and {specification.time}, not {', '.join(sorted(extra))}")
    model = PanelOLS(outcome, regressors, entity_effects=specification.unit in named, time_effects=specification.time in named)
    if options.covariance == "unadjusted":
        result = model.fit(cov_type="unadjusted")
        return rows(result, regressors.columns, "unadjusted", degrees=result.df_resid, **counts(outcome))
    result = model.fit(cov_type="clustered", cluster_entity=True, group_debias=True, debiased=True, auto_df=False, count_effects=False)
    units = pd.factorize(outcome.index.get_level_values(0))[0]
    levels = {specification.unit: units, specification.time: pd.factorize(outcome.index.get_level_values(1))[0]}
    absorbed_count = absorbed(np.column_stack([levels[name] for name in named]), units)
    # The library's factor counts the regressors alone; R's fixest also counts effects not nested in clusters.
    k, n = regressors.shape[1], len(outcome)
    scale = float(np.sqrt((n - k) / (n - k - absorbed_count)))
    n_clusters = int(units.max()) + 1
    return rows(result, regressors.columns, "cluster", scale, n_clusters - 1, **counts(outcome, n_clusters=n_clusters))
