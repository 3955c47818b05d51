"""Synthetic difference-in-differences (Arkhangelsky, Athey, Hirshberg, Imbens and Wager 2021, AER 111: 4088-4118).

Weights by diff-diff's Frank-Wolfe solver, which reproduces R's synthdid. With several adoption dates each cohort is
compared with units never treated, and cohorts are averaged by treated unit-periods (their appendix; Clarke, Pailanir,
Athey and Imbens 2024, Stata Journal 24: 557-598).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from diff_diff.utils import _compute_regularization, compute_sdid_estimator, compute_sdid_unit_weights, compute_time_weights

from analysis.entrance import entrance
from analysis.estimates import parameter
from analysis.estimators._blocks import Blocks, blocks_of, placebo_cohorts
from analysis.estimators._cohorts import counts_of
from analysis.method import Method, Option

METHOD = Method(
    title="Synthetic difference-in-differences",
    citation="Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), AER 111: 4088-4118, algorithms 1 and 4",
    library="diff-diff",
    needs=("outcome", "unit", "time", "cohort|treatment"),
    options={"placebo_draws": Option(200, "placebo treatments of controls for the standard error (algorithm 4)", minimum=0)},
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return 'att' and, with several adoption dates, 'group' rows; standard errors by placebo treatments of controls.

    Raises NotIdentified when the panel has holes, or fewer controls than treated units.
    """
    options = METHOD.read(specification)
    blocks, data = blocks_of(panel, specification)
    counts = counts_of(data)
    groups = [int(g) for g in np.unique(blocks.cohort[np.isfinite(blocks.cohort)])]
    overall, parts = _effects(blocks)
    generator = np.random.default_rng(specification.seed)
    controls = np.isinf(blocks.cohort)
    drawn = np.array(
        [
            _stack(_effects(Blocks(blocks.outcome[:, controls], placebo_cohorts(blocks.cohort, generator), blocks.periods)))
            for _ in range(options.placebo_draws)
        ]
    )
    about = {"inference": "placebo", "library": "diff-diff", "draws": options.placebo_draws, "seed": specification.seed, **counts}
    keys = [("att", None), *(("group", g) for g in groups)] if len(groups) > 1 else [("att", None)]
    values = [overall, *(parts[g] for g in groups)]
    return [
        parameter(term, value, float(np.std(drawn[:, i])), cohort=g, **about)
        for i, ((term, g), value) in enumerate(zip(keys, values, strict=False))
    ]


def _stack(effects: tuple[float, dict]) -> list[float]:
    return [effects[0], *(effects[1][g] for g in sorted(effects[1]))]


def _effects(blocks: Blocks) -> tuple[float, dict[int, float]]:
    """Return the average over treated unit-periods and the effect of each cohort."""
    controls = blocks.outcome[:, np.isinf(blocks.cohort)]
    effects, weights = {}, {}
    for g in np.unique(blocks.cohort[np.isfinite(blocks.cohort)]):
        treated = blocks.outcome[:, blocks.cohort == g]
        before = blocks.periods < g
        effects[int(g)] = _one_cohort(controls, treated, before)
        weights[int(g)] = treated.shape[1] * int((~before).sum())
    total = sum(weights.values())
    return sum(effects[g] * weights[g] for g in effects) / total, effects


def _one_cohort(controls: np.ndarray, treated: np.ndarray, before: np.ndarray) -> float:
    # The solver's tolerance is absolute: outcomes are standardised, as its authors' wrapper does.
    shift, scale = controls[before].mean(), controls[before].std() or 1.0
    controls, treated = (controls - shift) / scale, (treated - shift) / scale
    zeta_omega, zeta_lambda = _compute_regularization(controls[before], treated.shape[1], int((~before).sum()))
    noise = zeta_lambda * 1e6  # the standard deviation of first differences (their footnote 4)
    tolerance = 1e-5 * noise if noise > 0 else 1e-5
    unit = compute_sdid_unit_weights(controls[before], treated[before].mean(1), zeta_omega=zeta_omega, min_decrease=tolerance)
    time = compute_time_weights(controls[before], controls[~before], zeta_lambda=zeta_lambda, min_decrease=tolerance)
    effect = compute_sdid_estimator(controls[before], controls[~before], treated[before].mean(1), treated[~before].mean(1), unit, time)
    return float(effect) * scale
