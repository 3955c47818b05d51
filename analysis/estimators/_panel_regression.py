"""What the panel regressions share: the sample as arrays, and rows from their results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.core.distributions import chi2_tail
from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified, parameter, refused
from analysis.core.specification import Specification
from analysis.estimators._regression import columns_of, complete_rows, regressors_of
from analysis.inference.cluster import need_two


@dataclass(frozen=True)
class Sample:
    """Rows without missing values: outcome (rows,), regressors (rows, k) with `names`, dummies of periods (rows, p) with theirs,
    codes of the units and of the clusters (rows,)."""

    outcome: np.ndarray
    regressors: np.ndarray
    names: tuple[str, ...]
    periods: np.ndarray
    period_names: tuple[str, ...]
    unit: np.ndarray
    clusters: np.ndarray

    @property
    def counts(self) -> dict:
        return {"n_obs": len(self.outcome), "n_units": int(self.unit.max()) + 1}


def sample(panel: pd.DataFrame, specification: Specification) -> Sample:
    """Return the sample; clusters are the one `cluster` column or the units. Raises NotIdentified when there are fewer than two units."""
    if unknown_names := [name for name in specification.fixed_effects if name != specification.time]:
        raise BadOption(
            f"{specification.estimator} takes only the time column as fixed effects, not {', '.join(unknown_names)}",
            "fixed_effects",
            specification.fixed_effects,
            (specification.time,),
        )
    if len(specification.cluster) > 1:
        raise BadOption(f"{specification.estimator} takes one cluster variable", "cluster", specification.cluster, "one column")
    names = tuple(regressors_of(specification))
    data = complete_rows(panel, columns_of(specification, specification.fixed_effects))
    unit = pd.factorize(data[specification.unit])[0]
    if unit.max() < 1:
        raise NotIdentified("SUPPORT", "fewer than two units have every variable")
    periods = pd.get_dummies(data[specification.time], prefix="period", drop_first=True, dtype=float)
    periods = periods if specification.time in specification.fixed_effects else periods.iloc[:, :0]
    clusters = pd.factorize(data[specification.cluster[0]])[0] if specification.cluster else unit
    return Sample(
        data[specification.outcome].to_numpy(float), data[list(names)].to_numpy(float), names, periods.to_numpy(float), tuple(periods.columns), unit, clusters
    )  # fmt: skip


def clustered(found: Sample) -> dict:
    """Return what the rows of a clustered regression say of their number."""
    return found.counts | {"n_clusters": need_two(found.clusters)}


def wald(term: str, estimate: np.ndarray, covariance: np.ndarray, inference: str, **more: Any) -> dict:
    """Return the row of the test that all of `estimate` (k,) are zero: the statistic and its chi-squared p-value."""
    n_clusters = more.get("n_clusters", np.inf)
    if n_clusters - 1 < len(estimate):
        why = f"{n_clusters} clusters cannot test {len(estimate)} coefficients together: it takes more clusters than coefficients"
        return refused(term, "CLUSTERS", why, inference)
    errors = np.sqrt(np.diag(covariance))
    ratios = estimate / errors  # units must not matter to what is solved
    statistic = float(ratios @ np.linalg.solve(covariance / np.outer(errors, errors), ratios))
    return parameter(term, statistic, inference=inference, p_value=chi2_tail(statistic, len(estimate)), **more)
