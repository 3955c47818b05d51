"""The rows of each inference on group-time averages (_group_time.GroupTime)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis.core.distributions import chi2_tail
from analysis.core.estimates import noted, parameter, refused
from analysis.estimators import _cohort_randomization
from analysis.estimators._cohorts import strata_of, unit_names
from analysis.estimators._group_time import GroupTime
from analysis.inference.group_time_cells import Panel, place_of, selections
from analysis.inference.group_time_draws import cells_of
from analysis.inference.honest_bounds import bounds_rows, wants_bounds
from analysis.inference.multiplier_bootstrap import bands, draw
from analysis.inference.pretrend_power import power_row

NOTHING_LEFT = "ROUNDING: the effect and its standard error are zero but for rounding, so that no test exists"


def analytic(found: GroupTime) -> list[dict]:
    """Return the parameters with standard errors from their influence functions."""
    about = {"inference": "analytic", "degrees": found.degrees, **found.counts}
    rows = []
    for key, value, error in zip(found.keys, found.values, found.errors, strict=True):
        if np.isfinite(value) and found.shown(key):
            told = noted(NOTHING_LEFT) if found.is_rounding(value, error) else {"std_error": error}
            rows.append(parameter(key[0], value, **place_of(key), **about | told))
    return rows


def pretrend(found: GroupTime) -> dict:
    """Return the Wald test that every effect before treatment is zero."""
    first = -found.options.anticipation
    before = [i for i, key in enumerate(found.keys) if key[0] == "att_gt" and key[2] < first and np.isfinite(found.values[i])]
    covariance = found.covariance(before)
    errors = np.sqrt(np.diag(covariance))
    # Relative to each effect's own error, so that neither the outcome's unit nor one noisy cell decides.
    usable = len(before) > 0 and errors.min() > found.rounding
    correlation = covariance / np.outer(errors, errors) if usable else covariance
    if not usable or np.linalg.eigvalsh(correlation)[0] < 1e-10:
        return refused("pretrend", "SUPPORT", "the effects before treatment have no joint covariance", "wald")
    ratios = found.values[before] / errors
    statistic = float(ratios @ np.linalg.solve(correlation, ratios))
    return parameter("pretrend", statistic, inference="wald", p_value=chi2_tail(statistic, len(before)), **found.counts)


def bootstrapped(found: GroupTime) -> list[dict]:
    """Return rows with uniform bands over the parameters of one aggregation; the overall effect has its own interval."""
    seed, draws, values = found.specification.seed, found.options.bootstrap_draws, found.values
    perturbed, spread = draw(found.summed, draws, seed), found.errors
    rows = []
    for members in ([i for i, key in enumerate(found.keys) if key[0] != "att"], [len(found.keys) - 1]):
        finite = [i for i in members if np.isfinite(values[i]) and found.shown(found.keys[i])]
        members = [i for i in finite if not found.is_rounding(values[i], spread[i])]
        if not members:
            continue
        errors, (critical, critical90) = bands(perturbed[:, members])
        for i, error in zip(members, errors, strict=True):
            key, value = found.keys[i], values[i]
            exceeding = np.sum(np.abs(perturbed[:, i]) >= abs(value))
            rows.append(
                parameter(
                    key[0], value, error, inference="multiplier_bootstrap", **place_of(key), draws=draws, seed=seed,
                    ci_low=value - critical * error, ci_high=value + critical * error, ci90_low=value - critical90 * error,
                    ci90_high=value + critical90 * error, p_value=float((1 + exceeding) / (1 + draws)), **found.counts,
                )
            )  # fmt: skip
    return rows


def sensitivity(found: GroupTime) -> list[dict]:
    """Return what the test of pre-trends would find, and, where they are asked for, intervals that allow violations of parallel trends.

    The intervals are of the effect averaged over treated cells: event times are weighted by the cohorts treated in them, as
    aggregation=simple weighs them.
    """
    options, keys = found.options, found.keys
    events = [i for i, key in enumerate(keys) if key[0] == "event" and np.isfinite(found.values[i]) and found.shown(key)]
    events.sort(key=lambda i: keys[i][2])
    times, covariance = np.array([keys[i][2] for i in events]), found.covariance(events)
    rows = [power_row(times, covariance, options.pretrend_power, found.counts)] if options.pretrend_power else []
    if not wants_bounds(options):
        return rows
    if (np.diff(np.unique([*times, -1])) > 1).any():
        return [*rows, refused("att_honest", "PRE", "an event time is not observed: the bounds compare consecutive periods")]
    after = times[times >= 0]
    treated = found.treated_by_event(after)
    weights = (after == 0).astype(float) if options.honest_target == "first" else treated / treated.sum()
    return rows + bounds_rows(times, found.values[events], covariance, weights, options, found.counts)


def randomized(found: GroupTime, sample: Panel, strata: np.ndarray | None) -> list[dict]:
    """Return the randomization rows of the parameters on `sample`, cohorts permuted among its units, within `strata` (units,) if any."""
    options, seed = found.options, found.specification.seed
    cells = cells_of(sample, options.anticipation, options.base_period == "universal")
    chosen = selections(cells.cohort, cells.period, options.aggregation)
    rows = _cohort_randomization.rows(
        sample, cells, chosen, options.aggregation, found.not_yet, options.randomization_draws, seed, found.counts, found.rounding,
        strata, tuple(options.event_window),
    )  # fmt: skip
    return [row for row in rows if found.shown((row["term"], row.get("cohort"), row.get("event_time")))]


def without_each_unit(found: GroupTime) -> list[dict]:
    """Return the overall effect without each unit in turn, with its analytic standard error.

    Without a treated unit also the randomization test, if draws are asked for: that is where one unit may carry the effect.
    """
    rows, names, whole = [], unit_names(found.data), found.panel
    strata = strata_of(found.data, found.options.permuted_within)
    for position, name in sorted(enumerate(names), key=lambda item: item[1]):
        keep = np.arange(len(names)) != position
        weight = None if whole.weight is None else whole.weight[keep]
        sample = replace(whole, outcome=whole.outcome[keep], cohort=whole.cohort[keep], units=whole.units[keep], weight=weight)
        _, values, influence, _ = found.parameters(sample)
        error = float(np.sqrt(influence[:, -1] @ influence[:, -1]) / len(influence))
        treated = found.counts["n_treated"] - int(found.entered[position])
        counts = found.counts | {"n_obs": int(np.isfinite(sample.outcome).sum()), "n_units": int(keep.sum())}
        counts |= {"setting": str(name), "n_treated": treated, "n_treated_clusters": treated}
        rows.append(parameter("att_without", values[-1], error, inference="analytic", **counts))
        if found.options.randomization_draws and np.isfinite(whole.cohort[position]):
            drawn = (
                row
                for row in randomized(found, sample, None if strata is None else strata[keep])
                if row["term"] == "att" and row["inference"] == "randomization_t"
            )
            rows += [row | counts | {"term": "att_without"} for row in drawn]
    return rows
