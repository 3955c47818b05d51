"""Randomization inference on group-time averages: cohort labels are permuted among units."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from analysis.core.estimates import parameter, refused
from analysis.inference import randomization
from analysis.inference.group_time_averages import overall
from analysis.inference.group_time_cells import OVERALL, Panel, place_of
from analysis.inference.group_time_draws import Cells, blocks, permuted_averages
from analysis.inference.permuted_labels import assignments, permute
from analysis.inference.pretrend_permutation import POWER, joint_test
from analysis.inference.randomization import Draws, moments


def rows(
    panel: Panel,
    cells: Cells,
    selections: dict,
    aggregation: str,
    not_yet: bool,
    draws: int,
    seed: int,
    counts: dict,
    rounding: float = 0.0,
    strata: np.ndarray | None = None,
    window: tuple[float, float] = (-np.inf, np.inf),
) -> list[dict]:
    """Return rows for every parameter of `selections` (key → cells) and the overall effect of `aggregation`.

    The t-ratio for all, the estimate itself too for the overall effect. Of each permutation no more than estimates and their
    variances is kept. Effects whose standard error is within `rounding` get no row. `strata` (units,) are permuted within; 'assignments'
    is how many there are, 'pretrend_joint' the test of all event times before treatment.
    """

    def evaluate_all(cohorts: Iterable[np.ndarray]) -> dict[tuple, Draws]:
        held = [
            _moments(cells, block, selections, aggregation, not_yet) for block in blocks(cohorts, len(panel.cohort), len(selections) + 1)
        ]
        return {key: Draws.joined(found[key] for found in held) for key in held[0]}

    actual = evaluate_all([panel.cohort])
    drawn = evaluate_all(permute(panel.cohort, draws, np.random.default_rng(seed), strata))
    found = []
    for key, observed in actual.items():
        if np.isfinite(observed.a[0]) and observed.v_yy[0] > rounding**2:
            found += _rows(key[0], observed, drawn[key], {**place_of(key), "seed": seed, **counts})
    found.append(parameter("assignments", assignments(panel.cohort, strata), inference="count", **counts))
    base = -1 - cells.anticipation
    before = [
        key for key in actual if key[0] == "event" and window[0] <= key[2] < base and any(row.get("event_time") == key[2] for row in found)
    ]
    return found + (_joint(before, base, actual, drawn, {"seed": seed, **counts}) if before else [])


def _moments(cells: Cells, cohorts: np.ndarray, selections: dict, aggregation: str, not_yet: bool) -> dict[tuple, tuple[np.ndarray, ...]]:
    """Return the columns of a Draws for every parameter under each of `cohorts` (draws, units)."""
    simple = aggregation in ("simple", "group_time")
    keys, chosen = list(selections), list(selections.values())
    values, influence = permuted_averages(cells, cohorts, [*chosen, cells.event_time >= 0] if simple else chosen, not_yet)
    found = {key: moments(values[:, :, i], influence[:, :, i], means=True) for i, key in enumerate([*keys, OVERALL][: values.shape[2]])}
    if not simple:
        means = [
            overall(aggregation, keys, values[:, i], influence[:, i].swapaxes(1, 2), cohort, cells.weight)
            for i, cohort in enumerate(cohorts)
        ]
        value, spread = (np.stack(column, axis=1) for column in zip(*means, strict=True))
        found[OVERALL] = moments(value, spread, means=True)
    return found


def _joint(before: list[tuple], base: int, actual: dict, drawn: dict, about: dict) -> list[dict]:
    """Return 'pretrend_joint', the test of the event times `before` treatment, and 'pretrend_joint_slope', the drift it would detect."""
    distance = np.array([key[2] - base for key in before], float)
    observed = [actual[key] for key in before]
    permuted = [drawn[key] for key in before]
    values, errors = (np.array([f(one)[0] for one in observed]) for f in (_value, _error))
    test = joint_test(
        distance, (values, errors), (np.stack([_value(one) for one in permuted], 1), np.stack([_error(one) for one in permuted], 1))
    )
    if test is None:
        return [refused("pretrend_joint", "SUPPORT", "no effect before treatment has a standard error", "randomization_max_t")]
    return [
        parameter("pretrend_joint", test.statistic, inference="randomization_max_t", p_value=test.p_value, draws=test.draws, **about),
        parameter(
            "pretrend_joint_slope", test.slope, inference="randomization_max_t", draws=test.draws, **{**about, "setting": str(POWER)}
        ),
    ]


def _value(draws: Draws) -> np.ndarray:
    return draws.a


def _error(draws: Draws) -> np.ndarray:
    return np.sqrt(np.maximum(draws.v_yy, 0.0))


def _rows(term: str, observed: Draws, drawn: Draws, about: dict) -> list[dict]:
    if term == "att":
        return randomization.rows(term, observed, drawn, **about)
    if np.isfinite(observed.b[0]) and observed.b[0] > 0.5:
        return [randomization.test(observed, drawn).row(term, observed.a[0], "randomization_t", **about)]
    # Before treatment D does not move, so there is no effect to invert for: only the p-value of zero remains.
    return [_pre_period_row(term, observed, drawn, about)]


def _pre_period_row(term: str, observed: Draws, drawn: Draws, about: dict) -> dict:
    """Return the row of a placebo effect before treatment: interval from the distribution of the t-ratio over permutations."""
    drawn = drawn.those(drawn.usable())
    error = float(np.sqrt(observed.v_yy[0]))
    p_value = randomization.p_value(0.0, observed, drawn, True)
    half, half90 = (float(np.quantile(np.abs(drawn.statistic(0.0, True)), level)) * error for level in (0.95, 0.90))
    value = float(observed.a[0])
    return parameter(
        term, value, inference="randomization_t", p_value=p_value, draws=len(drawn.a),
        ci_low=value - half, ci_high=value + half, ci90_low=value - half90, ci90_high=value + half90, **about,
    )  # fmt: skip
