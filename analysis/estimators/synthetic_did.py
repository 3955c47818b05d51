"""Synthetic difference-in-differences (Arkhangelsky, Athey, Hirshberg, Imbens and Wager 2021, AER 111: 4088-4118).

Weights by diff-diff's Frank-Wolfe solver, which reproduces R's synthdid. With several adoption dates each cohort is
compared with units never treated, and cohorts are averaged by treated unit-periods (their appendix; Clarke, Pailanir,
Athey and Imbens 2024, Stata Journal 24: 557-598).
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
from diff_diff.utils import _compute_regularization, compute_sdid_unit_weights, compute_time_weights

from analysis.core.estimates import noted, parameter
from analysis.core.method import Method
from analysis.core.options import MOST_DRAWS, Option
from analysis.core.progress import track
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._blocks import Blocks, blocks_of, placebo_cohorts
from analysis.inference.simplex_weights import best

METHOD = Method(
    title="Synthetic difference-in-differences",
    citation="Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), AER 111: 4088-4118, algorithms 1 and 4",
    library="diff-diff",
    needs=("outcome", "unit", "time", "cohort|treatment"),
    options={
        "placebo_draws": Option(
            200, "placebo treatments of controls for the standard error (algorithm 4)", minimum=0, maximum=MOST_DRAWS, fewest=2
        ),
        "weights": Option(
            "synthdid", "synthdid: where the steps of R's synthdid stop; exact: the minimum they go to", ("synthdid", "exact")
        ),
    },
)


# Placebo effects no larger than this share of the outcome's size are rounding, and noise relative to its spread is none.
ROUNDING = 1e-10


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return 'att' and, with several adoption dates, 'group' rows; standard errors by placebo treatments of controls.

    Where time weights are not unique the reason says how far the effect moves over all that fit as well.
    Raises NotIdentified when the panel has holes, or fewer controls than treated units.
    """
    options = METHOD.read(specification)
    blocks = blocks_of(panel, specification)
    groups = list(np.unique(blocks.cohort[np.isfinite(blocks.cohort)]))
    overall, parts = _effects(blocks, options.weights)
    keys = [("att", None), *(("group", int(g)) for g in groups)] if len(groups) > 1 else [("att", None)]
    values = [overall, *(parts[int(g)] for g in groups)]
    errors, about = _placebo_errors(blocks, options, specification.seed)
    return [
        parameter(term, value, error, cohort=g, **about, **_reasons(blocks, groups if g is None else [g], error, options), **blocks.counts)
        for (term, g), value, error in zip(keys, values, errors, strict=False)
    ]


def _placebo_errors(blocks: Blocks, options: SimpleNamespace, seed: int) -> tuple[np.ndarray, dict]:
    """Return the standard errors of the average and of each cohort (their algorithm 4), and what rows say of them.

    They are missing without draws, and where placebo effects are but rounding.
    """
    cohorts = np.unique(blocks.cohort[np.isfinite(blocks.cohort)])
    draws = options.placebo_draws
    if not draws:
        return np.full(1 + len(cohorts), np.nan), {"inference": "none", "library": "diff-diff"}
    generator = np.random.default_rng(seed)
    untreated = blocks.outcome[:, np.isinf(blocks.cohort)]
    placebos = (
        Blocks(untreated, placebo_cohorts(blocks.cohort, generator), blocks.periods) for _ in track(range(draws), draws, "placebos")
    )
    drawn = np.array([_stack(_effects(placebo, options.weights)) for placebo in placebos])
    errors = np.std(drawn, axis=0)
    errors[errors <= max(ROUNDING * np.ptp(blocks.outcome), 1e-14 * np.abs(blocks.outcome).max())] = np.nan
    return errors, {"inference": "placebo", "library": "diff-diff", "draws": draws, "seed": seed}


def _reasons(blocks: Blocks, groups: list[float], error: float, options: SimpleNamespace) -> dict:
    """Return the reason of a row: time weights that are not unique, or placebo effects that are but rounding."""
    spans = [_span(*_cohort(blocks, g), options.weights) for g in groups]
    weights = [(blocks.cohort == g).sum() * (blocks.periods >= g).sum() for g in groups]
    found = []
    if not all(unique for _, _, unique in spans):
        low, high = (np.average([span[end] for span in spans], weights=weights) for end in (0, 1))
        which = f"{np.isinf(blocks.cohort).sum()} controls fit equally well under many time weights"
        shown = (
            "weights of least sum of squares"
            if options.weights == "exact"
            else "where R's synthdid stops on its way (weights=exact goes on)"
        )
        found.append(f"WEIGHTS: {which}: the effect lies between {low:.6g} and {high:.6g}; shown: {shown}")
    if options.placebo_draws and np.isnan(error):
        found.append("FIT: placebo effects are but rounding: no standard error")
    return noted("; ".join(found))


def _span(controls: np.ndarray, treated: np.ndarray, before: np.ndarray, solver: str) -> tuple[float, float, bool]:
    """Return the least and largest effect over all time weights that fit best, and whether there is but one; arguments of `_weights`.

    Unit weights stay: their ridge makes them unique. That of the time weights (1e-6) is too small for the solver to feel.
    """
    early, late = controls[before].T, controls[~before].mean(0)
    fit = best(early - early.mean(0), late - late.mean())
    if fit.unique:
        return (block_effect(controls, treated, before, solver),) * 2 + (True,)
    gap = treated.mean(1) - controls @ _weights(controls, treated, before, solver)[0]
    low, high = fit.span(-gap[before])
    return gap[~before].mean() + low, gap[~before].mean() + high, False


def _stack(effects: tuple[float, dict]) -> list[float]:
    return [effects[0], *(effects[1][g] for g in sorted(effects[1]))]


def _cohort(blocks: Blocks, g: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the outcomes of controls and of cohort `g` (periods, units), and which periods are before treatment."""
    return blocks.outcome[:, np.isinf(blocks.cohort)], blocks.outcome[:, blocks.cohort == g], blocks.periods < g


def _effects(blocks: Blocks, solver: str) -> tuple[float, dict[int, float]]:
    """Return the average over treated unit-periods and the effect of each cohort."""
    effects, weights = {}, {}
    for g in np.unique(blocks.cohort[np.isfinite(blocks.cohort)]):
        controls, treated, before = _cohort(blocks, g)
        effects[int(g)] = block_effect(controls, treated, before, solver)
        weights[int(g)] = treated.shape[1] * int((~before).sum())
    total = sum(weights.values())
    return sum(effects[g] * weights[g] for g in effects) / total, effects


def block_effect(controls: np.ndarray, treated: np.ndarray, before: np.ndarray, solver: str) -> float:
    """Return the effect on `treated` (periods, units), first treated after `before` (periods,), against `controls` (periods, units)."""
    unit, time = _weights(controls, treated, before, solver)
    level = controls[before].mean()
    gap = (treated - level).mean(1) - (controls - level) @ unit
    return float(gap[~before].mean() - time @ gap[before])


def _weights(controls: np.ndarray, treated: np.ndarray, before: np.ndarray, solver: str) -> tuple[np.ndarray, np.ndarray]:
    """Return unit weights (controls,) and time weights (periods before,); `controls`, `treated` (periods, units), `before` (periods,)."""
    # The solver's tolerance is absolute: outcomes are standardised, as its authors' wrapper does.
    shift, scale = controls[before].mean(), controls[before].std() or 1.0
    controls, treated = (controls - shift) / scale, (treated - shift) / scale
    zeta_omega, zeta_lambda = _compute_regularization(controls[before], treated.shape[1], int((~before).sum()))
    noise = zeta_lambda * 1e6  # the standard deviation of first differences (their footnote 4)
    if noise <= ROUNDING:  # controls that stand still: every weight fits as well, and a ridge would make them equal
        return np.full(controls.shape[1], 1 / controls.shape[1]), np.full(before.sum(), 1 / before.sum())
    if solver == "exact":
        return _minimum(controls[before], treated[before].mean(1), controls[~before].mean(0), zeta_omega)
    tolerance = 1e-5 * noise
    unit = compute_sdid_unit_weights(controls[before], treated[before].mean(1), zeta_omega=zeta_omega, min_decrease=tolerance)
    return unit, compute_time_weights(controls[before], controls[~before], zeta_lambda=zeta_lambda, min_decrease=tolerance)


def _minimum(early: np.ndarray, treated: np.ndarray, late: np.ndarray, ridge: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights that solve equations 4 and 6 for `early` (periods before, controls), `treated` (periods before), `late` (controls).

    The ridge of the unit weights enters as rows below; that of the time weights, 1e-6, as the limit of one that falls to zero.
    """
    periods, controls = early.shape
    rows = np.vstack([early - early.mean(0), np.sqrt(periods) * ridge * np.eye(controls)])
    unit = best(rows, np.append(treated - treated.mean(), np.zeros(controls))).weights
    return unit, best(early.T - early.T.mean(0), late - late.mean()).evenest()
