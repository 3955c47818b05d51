"""Two-way fixed effects, static and dynamic: the comparison, not the estimate.

With staggered dates and changing effects the coefficient weighs some effects negatively (de Chaisemartin and
D'Haultfoeuille 2020, AER 110: 2964-2996; Goodman-Bacon 2021, J. Econometrics 225: 254-277).
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified, noted, parameter, refused
from analysis.core.level_codes import level_codes
from analysis.core.method import Method
from analysis.core.options import BOUNDS, COVARIANCE, LAGS, MOST_DRAWS, PERMUTED_WITHIN, PRETREND_POWER, TWO_WAY, Option
from analysis.core.representatives import STANDS_FOR, by_level, each, rows_in, units_in
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._cohorts import cohort_of, without_undated
from analysis.estimators._left_out import joined, listed
from analysis.estimators._regression import design_of, rows_of
from analysis.estimators._two_way import effects_of, rows_of_panel, treatment_design
from analysis.estimators._two_way_inference import further_rows
from analysis.inference.absorb import within_sd_of
from analysis.inference.cell_regression import fit_cells
from analysis.inference.honest_bounds import bounds_rows, wants_bounds
from analysis.inference.least_squares import Design, fit, n_levels
from analysis.inference.pretrend_power import power_row

METHOD = Method(
    title="Two-way fixed effects, static or dynamic",
    citation="Goodman-Bacon (2021), J. Econometrics 225: 254-277 (what it weighs); variance as in R's fixest",
    library="analysis",
    needs=("outcome", "unit", "time", "cohort|treatment"),
    accepts=("controls", "fixed_effects", "cluster", "weights"),
    streamed=("controls", "aggregation", "event_window", "covariance", *BOUNDS, "pretrend_power"),
    options={
        "aggregation": Option(
            "simple", "simple: one effect; dynamic: one per period since treatment, relative to -1", ("simple", "dynamic")
        ),
        "event_window": Option(
            [-10, 10], "first and last event time; earlier and later ones are binned with them; holds -1", beside=("aggregation=dynamic",)
        ),
        "covariance": COVARIANCE,
        "lags": LAGS,
        "two_way": TWO_WAY,
        "randomization_draws": Option(0, "draws in which cohorts are permuted among units; 0 for none", minimum=0, maximum=MOST_DRAWS),
        "permuted_within": PERMUTED_WITHIN,
        "wild_bootstrap_draws": Option(0, "draws of the wild cluster bootstrap; 0 for none", minimum=0, maximum=MOST_DRAWS),
        "wild_weights": Option(
            "webb", "multipliers of the wild cluster bootstrap", ("rademacher", "webb"), beside=("wild_bootstrap_draws",)
        ),
        **BOUNDS,
        "pretrend_power": PRETREND_POWER,
        "few_treated": Option("none", "placebo distribution from untreated groups", ("none", "conley_taber", "ferman_pinto")),
        "few_treated_draws": Option(1999, "draws of that distribution", minimum=19, maximum=MOST_DRAWS, beside=("few_treated",)),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return the effect of `treatment` (term: its name) or of periods at or after `cohort` (term 'att'), and the controls.

    Each inference asked for adds a row. Effects are unit and time unless `fixed_effects` names others; dynamic effects
    bin event times at the ends of `event_window`, and 'att' is the mean of those after treatment.
    Raises NotIdentified when treatment does not vary within units.
    """
    options = METHOD.read(specification)
    _check(options)
    data, effects = rows_of_panel(panel, specification, options.permuted_within), effects_of(specification)
    if options.aggregation == "dynamic":
        return _dynamic(data, panel, specification, effects, options)
    term = specification.treatment or "att"
    design = treatment_design(data, specification, term, options.covariance)
    counts = _counts(data, specification, design.regressors[:, 0], design, effects)
    result = fit(design, options.covariance, options.lags, options.two_way)
    rows = rows_of(result, design.names, counts)
    return rows + further_rows(data, panel, specification, options, design, (term, result.coefficients[0]), counts)


def _check(options: SimpleNamespace) -> None:
    """Refuse choices that the aggregation would ignore, and windows without the reference."""
    dynamic = options.aggregation == "dynamic"
    if dynamic and options.event_window[0] > -1:
        raise BadOption(
            f"two_way_fixed_effects: event_window is {options.event_window}; -1, the reference, lies outside the window",
            "event_window",
            options.event_window,
            "windows that hold -1",
        )
    if options.permuted_within and not options.randomization_draws:
        message = "two_way_fixed_effects: permuted_within needs randomization_draws"
        raise BadOption(message, "permuted_within", options.permuted_within, ("none",))
    static = {"randomization_draws": 0, "wild_bootstrap_draws": 0, "few_treated": "none"}
    if dynamic and (chosen := [name for name, without in static.items() if getattr(options, name) != without]):
        message = "two_way_fixed_effects: randomization, wild bootstrap and few_treated are for aggregation=simple"
        raise BadOption(message, chosen[0], getattr(options, chosen[0]), (static[chosen[0]],))
    if not dynamic and (wants_bounds(options) or options.pretrend_power):
        raise BadOption(
            "two_way_fixed_effects: honest, honest_smoothness, breakdown and pretrend_power need aggregation=dynamic",
            "aggregation",
            options.aggregation,
            ("dynamic",),
        )


def _counts(data: pd.DataFrame, specification: Specification, treated: np.ndarray, design: Design, effects: tuple[str, ...]) -> dict:
    known = {effect: design.effects[:, i] for i, effect in enumerate(effects)}
    unit, time = (known[n] if n in known else level_codes(data[n]) for n in (specification.unit, specification.time))
    size, many = np.bincount(unit), each(data)
    on = np.bincount(unit[treated != 0], minlength=len(size))
    units = by_level(many, unit)
    changing = round(units[(on > 0) & (on < size)].sum())
    if not changing and np.isin(treated, [0, 1]).all():
        raise NotIdentified("SUPPORT", "treatment changes in no unit")
    counts = {"n_obs": rows_in(data), "n_units": round(units.sum()), "n_treated": changing or round(units[on > 0].sum())}
    if design.clusters and many is not None:  # representatives are clustered by unit
        counts |= {"n_clusters": counts["n_units"], "n_treated_clusters": round(units[on > 0].sum())}
    elif design.clusters:
        counts["n_clusters"] = min(n_levels(c) for c in design.clusters)
        counts["n_treated_clusters"] = min(n_levels(c[treated != 0]) for c in design.clusters)
    off = treated == 0
    untreated = np.stack([unit[off], time[off]]).T
    return counts | {"within_sd": within_sd_of(design.outcome[off], untreated, None if many is None else many[off])}


def _dynamic(
    data: pd.DataFrame, panel: pd.DataFrame, specification: Specification, effects: tuple[str, ...], options: SimpleNamespace
) -> list[dict]:
    """Return 'event' rows of dummies by event time (reference -1), and 'att', the mean of those after treatment.

    Units treated in their first period and before have no event time of reference, and are left out and counted. `panel` dates
    treatment also by rows that are not complete.
    """
    data, cohort, lost = _without_always_treated(data, specification, panel)
    elapsed, cell, times = _event_times(data[specification.time].to_numpy(float), cohort, options.event_window)
    lost = joined(lost, _unreferenced(data[specification.time].to_numpy(), cohort))
    # Without units that are never treated, a linear trend in event time is not identified: the earliest is dropped too.
    second = None if np.isinf(cohort).any() or not len(times) else int(times[0])
    if second is not None:
        if second >= 0:
            raise NotIdentified(
                "SUPPORT", "without units never treated, and periods before event time -1, no effect can be told from a trend"
            )
        times, cell = times[1:], np.maximum(cell - 1, -1)
    if not (times >= 0).any():
        raise NotIdentified("SUPPORT", "no unit is observed after its first treated period")
    design = design_of(data, specification, data[list(specification.controls)], effects, options.covariance)
    counts = _counts(data, specification, (elapsed >= 0) & np.isfinite(cohort), design, effects)
    names = tuple(f"event time {e}" for e in times)
    result = fit_cells(design, cell, names, options.covariance, options.lags, options.two_way)
    k = len(times)
    weights = (times >= 0) / (times >= 0).sum()
    covariance = result.covariance[:k, :k]
    about = {"inference": result.inference, "degrees": result.degrees, **counts} | ({"left_out": lost} if lost else {})
    value, error, note = result.average(weights)
    rows = [parameter("att", value, error, **about, **noted(note))]
    rows += [
        parameter("event", b, se, event_time=int(e), **about, **noted(note))
        for e, b, se, note in zip(times, result.coefficients, result.errors, result.notes, strict=False)
    ]
    if not np.isfinite(covariance).all():
        return rows
    if second is None:
        return rows + _sensitivity(times, result.coefficients[:k], covariance, options, counts)
    why = "without units never treated a trend in event time is not identified"
    rows.append(refused("event", "SUPPORT", f"{why}: the earliest event time is a second reference") | {"event_time": second})
    if options.pretrend_power or wants_bounds(options):
        rows.append(refused("att_honest", "PRE", f"{why}, and early coefficients say nothing of it"))
    return rows


def _without_always_treated(data: pd.DataFrame, specification: Specification, panel: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray, str]:
    """Return the rows of units with an untreated period and a date, their cohorts (rows,), infinite for never, and who is left out."""
    data, cohort, undated = without_undated(data, cohort_of(data, specification, panel), specification)
    if data.empty:
        raise NotIdentified("SUPPORT", f"no row is left without {undated}")
    time = data[specification.time]
    # First treated after the last period: never treated inside the panel.
    cohort = np.where(cohort > time.max(), np.inf, cohort)
    always = cohort <= time.min()
    if not always.any():
        return data, cohort, undated
    names, units = data.loc[always, specification.unit].unique(), units_in(data[always], specification.unit)
    named = "" if STANDS_FOR in data else f" ({listed(names)})"
    data, cohort = data[~always].reset_index(drop=True), cohort[~always]
    if data.empty:
        raise NotIdentified("SUPPORT", "every unit is treated in every period")
    return data, cohort, joined(undated, f"{units} units treated from the first period on{named}")


def _unreferenced(time: np.ndarray, cohort: np.ndarray) -> list[str]:
    """Return which cohorts are not observed at event time -1: effects common to all cohorts alone say where their level is."""
    treated = np.isfinite(cohort)
    missing = np.setdiff1d(cohort[treated], cohort[treated & (time == cohort - 1)])
    why = "whose level rests on effects being those of other cohorts"
    return [f"an observed event time -1 of cohort {', '.join(f'‹@{int(g)}›' for g in missing)}, {why}"] if len(missing) else []


def _event_times(time: np.ndarray, cohort: np.ndarray, window: list[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the binned event time of each row, the code of its dummy (-1: reference) and the event times that have one.

    Raises NotIdentified where nothing is observed at the reference, or bins would mix it with other event times.
    """
    treated = np.isfinite(cohort)
    # A difference to an infinite cohort would be infinite; units never treated are in no event time.
    elapsed = (time - np.where(treated, cohort, time + 1)).astype(np.int64)
    seen = np.unique(elapsed[treated])
    if not len(seen):
        raise NotIdentified("SUPPORT", "no unit is first treated inside the observed periods")
    if -1 not in seen:
        nearest = int(seen[np.argmin(np.abs(seen + 1))])
        why = f"event time -1, the reference, is observed for no unit; the nearest observed one is {nearest}"
        raise NotIdentified("SUPPORT", why)
    first, last = window
    if first == -1 and seen[0] < -1:
        why = f"event_window begins at -1, so that event times {seen[0]} to -2 would be binned with the reference; begin it earlier"
        raise NotIdentified("SUPPORT", why)
    # Bins beyond what is observed would be empty.
    first, last = max(first, int(seen[0])), min(last, int(seen[-1]))
    elapsed = np.clip(elapsed, first, last)
    times = np.unique(np.clip(seen, first, last))
    times = times[times != -1]
    code = np.full(last - first + 1, -1)
    code[times - first] = np.arange(len(times))
    return elapsed, code[elapsed - first], times


def _sensitivity(times: np.ndarray, effects: np.ndarray, covariance: np.ndarray, options: SimpleNamespace, counts: dict) -> list[dict]:
    """Return the rows on pre-trends: what their test would find, and bounds under violations."""
    rows = [power_row(times, covariance, options.pretrend_power, counts)] if options.pretrend_power else []
    after = times[times >= 0]
    target = (after == 0).astype(float) if options.honest_target == "first" else np.full(len(after), 1 / len(after))
    return rows + bounds_rows(times, effects, covariance, target, options, counts)
