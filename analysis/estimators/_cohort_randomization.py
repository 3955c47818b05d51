"""Randomization inference on group-time averages: cohort labels are permuted among units."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from analysis.core.estimates import parameter
from analysis.inference import randomization
from analysis.inference.cohort_average import Panel, aggregate, draws_of, evaluate, moments, permute, stacked
from analysis.inference.randomization import Draws


def rows(
    panel: Panel, cells, selections: dict, overall, not_yet: bool, draws: int, seed: int, counts: dict, rounding: float = 0.0
) -> list[dict]:
    """Return rows for every parameter of `selections` ((term, cohort, event_time) → cells) and the overall effect.

    The t-ratio for all, the estimate itself too for the overall effect, which `overall(cells, estimates, found)` averages.
    Of each permutation no more than estimates and their variances is kept. Effects whose standard error is within `rounding` get
    no row.
    """

    def evaluate_all(cohort: np.ndarray) -> dict[tuple, tuple[float, ...]]:
        estimates = evaluate(cells, cohort, not_yet)
        found = {key: aggregate(estimates, chosen) for key, chosen in selections.items()}
        found[("att", None, None)] = overall(cells, estimates, found)
        return {key: moments(*value) for key, value in found.items()}

    actual = evaluate_all(panel.cohort)
    permuted = {key: [] for key in actual}
    for cohort in permute(panel.cohort, draws, np.random.default_rng(seed)):
        for key, value in evaluate_all(cohort).items():
            permuted[key].append(value)
    found = []
    for key, value in actual.items():
        observed = stacked([value])
        if np.isfinite(observed.a[0]) and observed.v_yy[0] > rounding**2:
            for scaled in (True, False) if key[0] == "att" else (True,):
                found.append(_row(key, observed, stacked(permuted[key]), scaled, seed, counts))
    return found


def overall_draws(cells, cohorts: Iterable[np.ndarray], not_yet: bool) -> Draws:
    """Return the Draws of the average over all treated cells (aggregation=simple) under each of `cohorts`, each (units,)."""
    after = cells.event_time >= 0
    return draws_of(aggregate(evaluate(cells, cohort, not_yet), after) for cohort in cohorts)


def _row(key, observed: Draws, permuted: Draws, scaled: bool, seed: int, counts: dict) -> dict:
    if not (np.isfinite(observed.b[0]) and observed.b[0] > 0.5):
        # Before treatment D does not move, so there is no effect to invert for: only the p-value of zero remains.
        return _pre_period_row(key, observed, permuted, seed, counts)
    result = randomization.test(observed, permuted, scaled)
    return parameter(
        key[0], observed.a[0], inference="randomization_t" if scaled else "randomization_beta", cohort=key[1], event_time=key[2],
        p_value=result.p_value, ci_low=result.interval95[0], ci_high=result.interval95[1], ci90_low=result.interval90[0],
        ci90_high=result.interval90[1], mde80=result.mde80, draws=result.draws, seed=seed, **counts,
    )  # fmt: skip


def _pre_period_row(key, observed: Draws, permuted: Draws, seed: int, counts: dict) -> dict:
    """Return the row of a placebo effect before treatment: interval from the permuted distribution of the t-ratio."""
    drawn = permuted.usable()
    error = float(np.sqrt(observed.v_yy[0]))
    p_value = randomization.p_value(0.0, observed, drawn, True)
    halves = [float(np.quantile(np.abs(drawn.statistic(0.0, True)), level)) * error for level in (0.95, 0.90)]
    value = float(observed.a[0])
    return parameter(
        key[0], value, inference="randomization_t", cohort=key[1], event_time=key[2], p_value=p_value, draws=len(drawn.a), seed=seed,
        ci_low=value - halves[0], ci_high=value + halves[0], ci90_low=value - halves[1], ci90_high=value + halves[1], **counts,
    )  # fmt: skip
