"""What regressions with absorbed effects share: the design a specification asks for, and rows from its fit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.estimates import NotIdentified, parameter
from analysis.inference.least_squares import Design, Fit


def complete_rows(panel: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Return the rows in which no named column is missing; raise NotIdentified when none is left."""
    columns = list(dict.fromkeys(filter(None, columns)))
    whole = panel[columns].notna().all(axis=1)
    data = panel[columns] if whole.all() else panel.loc[whole, columns]
    if data.empty:
        raise NotIdentified("SUPPORT", "no row has every variable")
    return data.reset_index(drop=True)


def columns_of(specification, effects: tuple[str, ...], *more: str) -> list[str]:
    return [
        specification.outcome, specification.unit, specification.time, specification.treatment, *specification.controls, *effects,
        *specification.cluster, specification.weights, *specification.instruments, *more,
    ]  # fmt: skip


def clusters_of(data: pd.DataFrame, specification, covariance: str) -> tuple[np.ndarray, ...]:
    """Return codes of the cluster variables: those named, or the unit where the variance is clustered and none is named."""
    named = specification.cluster
    if not named and specification.unit and covariance in ("default", "cluster", "cr3"):
        named = (specification.unit,)
    if len(named) > 2:
        raise ValueError(f"at most two cluster variables, not {len(named)}: {', '.join(named)}")
    return tuple(pd.factorize(data[name])[0] for name in named) if covariance in ("default", "cluster", "cr3") else ()


def design_of(data: pd.DataFrame, specification, regressors: pd.DataFrame, effects: tuple[str, ...], covariance: str) -> Design:
    """Return the Design of `regressors` (rows as in `data`) with absorbed `effects`."""
    codes = np.column_stack([pd.factorize(data[e])[0] for e in effects]) if effects else np.empty((len(data), 0), int)
    time = None
    if covariance == "driscoll_kraay":
        if not specification.time:
            raise ValueError("covariance=driscoll_kraay needs --time")
        time = np.unique(data[specification.time].to_numpy(), return_inverse=True)[1]
    return Design(
        data[specification.outcome].to_numpy(float),
        regressors.to_numpy(float),
        tuple(regressors.columns),
        codes,
        clusters_of(data, specification, covariance),
        time,
        data[specification.weights].to_numpy(float) if specification.weights else None,
    )


def counts_of(data: pd.DataFrame, specification, fit: Fit | None = None) -> dict:
    counts = {"n_obs": len(data)}
    if specification.unit:
        counts["n_units"] = int(data[specification.unit].nunique())
    if fit is not None and fit.n_clusters is not None and fit.inference != "driscoll_kraay":
        counts["n_clusters"] = fit.n_clusters
    return counts


def rows_of(fit: Fit, names, counts: dict, library: str = "analysis") -> list[dict]:
    """Return one row a coefficient of `names`, the first ones of the fit."""
    return [
        parameter(name, b, e, inference=fit.inference, degrees=fit.degrees, library=library, **counts)
        for name, b, e in zip(names, fit.coefficients, fit.errors, strict=False)
    ]
