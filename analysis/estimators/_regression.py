"""What regressions with absorbed effects share: the design a specification asks for, and rows from its fit."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified, noted, parameter
from analysis.core.level_codes import level_codes
from analysis.core.representatives import STANDS_FOR, column_in, each
from analysis.core.specification import Specification
from analysis.inference.cluster import effective_degrees
from analysis.inference.least_squares import PERFECT, Design, Fit
from analysis.inference.rank import of_rounding


def complete_rows(panel: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Return the rows in which no named column is missing; raise NotIdentified when none is left."""
    columns = list(dict.fromkeys(filter(None, columns)))
    holes = [missing for missing in (panel[name].isna().to_numpy() for name in columns) if missing.any()]
    if holes:
        panel = panel.loc[~np.logical_or.reduce(holes), list(dict.fromkeys([*columns, *column_in(panel)]))]
    if panel.empty:
        raise NotIdentified("SUPPORT", "no row has every variable")
    numbered = isinstance(panel.index, pd.RangeIndex) and panel.index.start == 0 and panel.index.step == 1
    return panel if numbered else panel.reset_index(drop=True)


def regressors_of(specification: Specification) -> list[str]:
    """Return the columns whose coefficients are asked for: the treatment, where one is named, and the controls."""
    return [name for name in (specification.treatment, *specification.controls) if name]


def columns_of(specification: Specification, effects: tuple[str, ...], *more: str) -> list[str]:
    return [
        specification.outcome, specification.unit, specification.time, specification.treatment, *specification.controls, *effects,
        *specification.cluster, specification.weights, *specification.instruments, *more,
    ]  # fmt: skip


def clusters_of(
    data: pd.DataFrame, specification: Specification, covariance: str, known: dict[str, np.ndarray] | None = None
) -> tuple[np.ndarray, ...]:
    """Return codes of the cluster variables: those named, or the unit where the variance is clustered and none is named.

    `known` holds codes that exist already, by column.
    """
    named = specification.cluster
    if not named and specification.unit and covariance in ("default", "cluster", "cr3"):
        named = (specification.unit,)
    if len(named) > 2:
        raise BadOption(f"at most two cluster variables, not {len(named)}: {', '.join(named)}", "cluster", named, "two columns")
    known = known or {}
    return tuple(known[n] if n in known else level_codes(data[n]) for n in named) if covariance in ("default", "cluster", "cr3") else ()


def weights_of(data: pd.DataFrame, specification: Specification) -> np.ndarray | None:
    """Return the weights (rows,), or None where none are named; raises NotIdentified where one is not positive.

    A row whose unit stands for many weighs as they do.
    """
    if STANDS_FOR in data:
        return each(data)
    if not specification.weights:
        return None
    weights = data[specification.weights].to_numpy(float)
    if not (weights > 0).all():
        raise NotIdentified("WEIGHTS", f"{specification.weights} holds weights that are not positive")
    return weights


def effective_reference(data: pd.DataFrame, specification: Specification, clusters: tuple[np.ndarray, ...]) -> float:
    """Return the degrees of freedom of `reference: effective_clusters`, from the treated units of each cluster (codes by row).

    All units count where the treatment is not 0/1: then none is untreated.
    """
    if len(clusters) != 1:
        raise BadOption(
            f"{specification.estimator}: reference=effective_clusters needs one --cluster, or --unit",
            "reference",
            "effective_clusters",
            ("normal",),
        )
    treated = data[specification.treatment] if specification.treatment else None
    on = (treated == 1).to_numpy() if treated is not None and treated.isin([0, 1]).all() else np.ones(len(data), bool)
    once = ~data.loc[on, specification.unit].duplicated().to_numpy() if specification.unit else slice(None)
    return effective_degrees(clusters[0][on][once])


def design_of(
    data: pd.DataFrame, specification: Specification, regressors: pd.DataFrame, effects: tuple[str, ...], covariance: str
) -> Design:
    """Return the Design of `regressors` (rows as in `data`) with absorbed `effects`."""
    weights = weights_of(data, specification)
    codes = np.empty((len(data), len(effects)), dtype=np.int64, order="F")
    for position, effect in enumerate(effects):
        codes[:, position] = level_codes(data[effect])
    time = None
    if covariance == "driscoll_kraay":
        if not specification.time:
            raise BadOption("covariance=driscoll_kraay needs --time", "covariance", "driscoll_kraay", "with time")
        time = np.unique(data[specification.time].to_numpy(), return_inverse=True)[1]
    return Design(
        data[specification.outcome].to_numpy(float),
        regressors.to_numpy(float),
        tuple(regressors.columns),
        codes,
        clusters_of(data, specification, covariance, {effect: codes[:, i] for i, effect in enumerate(effects)}),
        time,
        weights,
        effect_names=effects,
        counting=STANDS_FOR in data,
    )


def counts_of(data: pd.DataFrame, specification: Specification, fit: Fit | None = None) -> dict:
    """Return the counts of a regression's rows; of a clustered fit with a 0/1 treatment how many clusters hold treated rows, too."""
    counts = {"n_obs": len(data)}
    if specification.unit:
        counts["n_units"] = int(data[specification.unit].nunique())
    if fit is not None and fit.n_clusters is not None and fit.inference != "driscoll_kraay":
        counts["n_clusters"] = fit.n_clusters
        counts |= treated_clusters(data, specification)
    return counts


def treated_clusters(data: pd.DataFrame, specification: Specification) -> dict:
    """Return n_treated_clusters, of several cluster variables the fewest; nothing where the treatment is not 0/1."""
    names = specification.cluster or ((specification.unit,) if specification.unit else ())
    if not names or not specification.treatment or not data[specification.treatment].isin([0, 1]).all():
        return {}
    on = data[specification.treatment] == 1
    return {"n_treated_clusters": int(data.loc[on, list(names)].nunique().min())}


def rows_of(fit: Fit, names: Iterable[str], counts: dict, library: str = "analysis") -> list[dict]:
    """Return one row per coefficient of `names`, the first ones of the fit."""
    return [
        parameter(name, b, e, inference=fit.inference, degrees=fit.degrees, library=library, **counts, **noted(note))
        for name, b, e, note in zip(names, fit.coefficients, fit.errors, fit.notes, strict=False)
    ]


def told(error: float, outcome: np.ndarray) -> dict:
    """Return `std_error` of a row as it is, or missing with the reason where it is a rounding error of the `outcome` (rows,)."""
    return {"std_error": np.nan, **noted(PERFECT)} if of_rounding(error, outcome) else {"std_error": error}
