"""One treatment, many outcomes: step-down p-values (Romano and Wolf 2005, Econometrica 73: 1237-1282)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified, parameter, parted
from analysis.core.method import Method
from analysis.core.options import MOST_DRAWS, Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._cohorts import unit_codes
from analysis.estimators._regression import counts_of
from analysis.estimators._step_down import OUTCOMES, members
from analysis.estimators._two_way import rows_of_panel, treatment_design
from analysis.inference.least_squares import fit
from analysis.inference.step_down import romano_wolf
from analysis.inference.wild_cluster_bootstrap import POINTS, draw, need_room

METHOD = Method(
    title="Many outcomes: Romano-Wolf step-down p-values",
    citation="Romano and Wolf (2005), Econometrica 73: 1237-1282; (2016), Statistics and Probability Letters 113: 38-40",
    library="analysis",
    needs=("outcome", "unit", "time", "cohort|treatment"),
    accepts=("controls", "fixed_effects", "cluster"),
    options={
        "outcomes": OUTCOMES,
        "draws": Option(999, "draws of the wild cluster bootstrap, joint over outcomes", minimum=1, maximum=MOST_DRAWS),
        "wild_weights": Option("webb", "its multipliers", tuple(POINTS)),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return two rows per outcome (term: its name): 'cluster', each outcome alone, and 'romano_wolf', adjusted for all.

    Every outcome is regressed on the treatment with unit and period effects (or `fixed_effects`) on the rows that have
    it; a draw multiplies the residuals of a cluster by the same number in all outcomes, so that their dependence stays.
    """
    options = METHOD.read(specification)
    family = members(panel, specification, options.outcomes)
    if len(specification.cluster) > 1:
        raise BadOption("romano_wolf takes one cluster variable", "cluster", specification.cluster, "one column")
    cluster = next(iter(specification.cluster), specification.unit)
    # In the order of names, so that draws do not depend on the order of rows.
    present = panel[cluster].dropna()
    names = pd.Index(present.iloc[np.unique(unit_codes(present), return_index=True)[1]])
    need_room(len(names), options.draws)
    signs = np.random.default_rng(specification.seed).choice(POINTS[options.wild_weights], size=(len(names), options.draws))
    found = [_one(panel, replace(specification, outcome=name, cluster=(cluster,)), names, signs) for name in family]
    actual = np.array([statistic for _, statistic, _ in found])
    drawn = np.column_stack([drawn for _, _, drawn in found])
    # A draw counts where every outcome has its t-ratio.
    drawn = drawn[~np.isnan(drawn).any(1)]
    adjusted = romano_wolf(actual, drawn)
    rows = []
    for (row, _, _), p_value in zip(found, adjusted, strict=True):
        rows += [row, _adjusted(row, p_value, len(drawn), specification.seed)]
    return rows


def _adjusted(row: dict, p_value: float, draws: int, seed: int) -> dict:
    kept = {key: row[key] for key in ("n_obs", "n_units", "n_clusters") if key in row}
    return parameter(row["term"], row["estimate"], inference="romano_wolf", p_value=float(p_value), draws=draws, seed=seed, **kept)


def _one(panel: pd.DataFrame, specification: Specification, names: pd.Index, signs: np.ndarray) -> tuple[dict, float, np.ndarray]:
    """Return the row of one outcome, its t-ratio and the t-ratios of the draws under no effect."""
    data = rows_of_panel(panel, specification)
    design = treatment_design(data, specification, "_treated", "cluster")
    try:
        result = fit(design, "cluster")
    except NotIdentified as error:
        raise NotIdentified(error.code, f"{specification.outcome}: {error}") from error
    if not np.isfinite(result.errors[0]) or result.errors[0] == 0:
        code, why = parted(result.notes[0] or "SUPPORT: it is zero")
        raise NotIdentified(code, f"no variance for {specification.outcome}: {why}")
    present, codes = np.unique(names.get_indexer(data[specification.cluster[0]]), return_inverse=True)
    actual, drawn = draw(design.outcome, design.regressors[:, 0], design.regressors[:, 1:], design.effects, codes, signs[present])
    counts = counts_of(data, specification, result)
    row = parameter(specification.outcome, result.coefficients[0], result.errors[0], inference="cluster", degrees=result.degrees, **counts)
    return row, float(actual.statistic(0.0, True)[0]), drawn.statistic(0.0, True)
