"""Further inferences on a static two-way coefficient: permuted cohorts, the wild cluster bootstrap, few treated groups."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from analysis.core.estimates import NotIdentified, parameter, refused
from analysis.core.specification import Specification
from analysis.estimators._cohorts import UNDATED, cohort_of, strata_of, unit_codes
from analysis.inference import few_treated, permuted_cohorts, randomization, wild_cluster_bootstrap
from analysis.inference.absorb import absorbed, residualize
from analysis.inference.least_squares import Design, fit
from analysis.inference.permuted_labels import assignments
from analysis.inference.single_regressor import evaluate


def further_rows(
    data: pd.DataFrame,
    panel: pd.DataFrame,
    specification: Specification,
    options: SimpleNamespace,
    design: Design,
    effect: tuple[str, float],
    counts: dict,
) -> list[dict]:
    """Return the rows of every further inference that is asked for; `panel` has the rows that lack something besides."""
    rows = []
    if options.randomization_draws:
        rows += _randomized(data, panel, specification, options, design, effect[0], counts)
    if options.wild_bootstrap_draws:
        rows.append(_wild(data, specification, design, options, effect, counts))
    if options.few_treated != "none":
        rows.append(_few(data, specification, design, options, effect, counts))
    return rows


def _randomized(
    data: pd.DataFrame,
    panel: pd.DataFrame,
    specification: Specification,
    options: SimpleNamespace,
    design: Design,
    term: str,
    counts: dict,
) -> list[dict]:
    """Return the randomization rows, on the t-ratio and on the coefficient."""
    if (
        specification.controls
        or design.weights is not None
        or len(design.clusters) != 1
        or specification.cluster not in ((), (specification.unit,))
    ):
        why = "labels are permuted among units: randomization_draws is for errors by unit, no controls, no weights"
        return [refused(term, "OPTION", why, "randomization_t")]
    try:
        unit, first = _cohorts_by_name(data, panel, specification)
    except NotIdentified as error:  # a dose, or a treatment that switches off: nothing can be permuted
        return [refused(term, error.code, str(error), "randomization_t")]
    cluster = design.clusters[0]
    treated = design.regressors[:, 0]
    n_parameters = 1 + absorbed(design.effects, cluster)
    actual = evaluate(design.outcome, treated, treated[:, None], design.effects, cluster, n_parameters)
    period = pd.factorize(data[specification.time])[0]
    time = data[specification.time].to_numpy(float)
    generator = np.random.default_rng(specification.seed)
    column = options.permuted_within
    strata = strata_of(data.assign(unit=unit, _name=data[specification.unit]), column) if column else None
    drawn = permuted_cohorts.evaluate(
        design.outcome, treated, unit, period, time, first, options.randomization_draws, generator, design.effects, n_parameters, strata
    )
    number = parameter("assignments", assignments(first, strata), inference="count", **counts)
    return [*randomization.rows(term, actual, drawn, seed=specification.seed, **counts), number]


def _cohorts_by_name(data: pd.DataFrame, panel: pd.DataFrame, specification: Specification) -> tuple[np.ndarray, np.ndarray]:
    """Return codes of units (rows,) in the order of their names, and their cohorts (units,): permutations do not depend on rows."""
    unit = unit_codes(data[specification.unit])
    first = np.full(unit.max() + 1, np.inf)
    cohort = cohort_of(data, specification, panel)
    if np.isnan(cohort).any():
        name = data[specification.unit].iloc[int(np.argmax(np.isnan(cohort)))]
        raise NotIdentified("SUPPORT", f"unit {name} is one {UNDATED}: cohorts cannot be permuted; name --cohort, or leave out such units")
    first[unit] = cohort
    return unit, first


def _clusters_by_name(data: pd.DataFrame, specification: Specification) -> np.ndarray:
    """Return codes of the one cluster variable (rows,) in the order of names: draws do not depend on the order of rows."""
    return unit_codes(data[next(iter(specification.cluster), specification.unit)])


def _wild(
    data: pd.DataFrame, specification: Specification, design: Design, options: SimpleNamespace, effect: tuple[str, float], counts: dict
) -> dict:
    if len(design.clusters) != 1 or design.weights is not None:
        return refused(
            effect[0], "OPTION", "the wild cluster bootstrap is for one cluster variable and no weights", "wild_cluster_bootstrap"
        )
    try:
        result = wild_cluster_bootstrap.test(
            design.outcome, design.regressors[:, 0], design.regressors[:, 1:], design.effects,
            _clusters_by_name(data, specification), options.wild_weights, options.wild_bootstrap_draws, specification.seed,
        )  # fmt: skip
    except NotIdentified as error:
        return refused(effect[0], error.code, str(error), "wild_cluster_bootstrap")
    return result.row(*effect, "wild_cluster_bootstrap", seed=specification.seed, **counts)


def _few(
    data: pd.DataFrame, specification: Specification, design: Design, options: SimpleNamespace, effect: tuple[str, float], counts: dict
) -> dict:
    """Return the row of Conley and Taber or Ferman and Pinto; groups are the clusters, cells their means by period."""
    name = options.few_treated
    if len(design.clusters) != 1 or specification.fixed_effects or design.weights is not None:
        return refused(effect[0], "OPTION", f"{name} is for one cluster variable with unit and time effects, and no weights", name)
    groups = _clusters_by_name(data, specification)
    cells = pd.DataFrame({"group": groups, "time": data[specification.time], "y": design.outcome, "d": design.regressors[:, 0]})
    if specification.controls:
        x = design.regressors[:, 1:]
        slopes = fit(design, "unadjusted").coefficients[1:]
        cells["y"] = design.outcome - x @ slopes
    means = cells.groupby(["group", "time"]).agg(y=("y", "mean"), d=("d", "mean"), size=("y", "size")).reset_index()
    wide = {column: means.pivot(index="group", columns="time", values=column) for column in ("y", "d", "size")}
    if wide["y"].isna().any(axis=None):
        return refused(effect[0], "SUPPORT", f"{name} needs every group in every period", name)
    codes = np.column_stack([pd.factorize(means[c])[0] for c in ("group", "time")])
    net = residualize(means[["y", "d"]].to_numpy(float), codes)
    coefficient = float(net[:, 1] @ net[:, 0] / (net[:, 1] @ net[:, 1]))
    shape = wide["y"].shape
    residual, treatment = (column.reshape(shape) for column in (net[:, 0] - coefficient * net[:, 1], net[:, 1]))
    treated = (wide["d"].to_numpy() > 0).any(1)
    sizes = wide["size"].to_numpy(float).mean(1)
    if name == "ferman_pinto" and np.ptp(sizes) == 0:
        return refused(effect[0], "OPTION", "all groups have one size: ferman_pinto would equal conley_taber", name)
    draws, seed = options.few_treated_draws, specification.seed
    own_sizes, largest = sizes if name == "ferman_pinto" else None, float(np.abs(cells["y"]).max())
    try:
        errors = few_treated.placebo_effects(residual, treatment, treated, own_sizes, draws, seed, largest)
    except NotIdentified as error:
        return refused(effect[0], error.code, str(error), name)
    return parameter(effect[0], coefficient, inference=name, seed=seed, **few_treated.interval(coefficient, errors), **counts)
