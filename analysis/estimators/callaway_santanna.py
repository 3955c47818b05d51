"""Group-time average treatment effects (Callaway and Sant'Anna 2021, J. Econometrics 225: 200-230).

Without covariates the estimator is a set of cohort means (inference.cohort_average), which can be re-dealt
thousands of times for randomization inference; with covariates the library diff-diff computes it
(doubly robust, outcome regression or inverse probability weighting), with analytic inference only.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from diff_diff import CallawaySantAnna

from analysis.estimates import NotIdentified, parameter, refused
from analysis.inference import randomization
from analysis.inference.absorb import within_sd
from analysis.inference.cohort_average import aggregate, cells_of, deal, draws_of, evaluate, panel_of
from analysis.inference.honest_bounds import relative_magnitude

AGGREGATIONS = ("simple", "dynamic", "group", "calendar", "group_time")


def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return the overall effect (term 'att') and, by aggregation, event, group, calendar or att_gt rows.

    Options: control_group (never_treated, not_yet_treated), aggregation, anticipation, event_window [first, last],
    randomization_draws, honest (relative magnitudes; dynamic only), leave_one_out, method (dr, reg, ipw; with controls).
    Cohorts after the last period count as never treated; cohorts without an observed base period are refused.
    Raises NotIdentified when no unit is treated or none is a control.
    """
    options = specification.read_options(
        control_group="never_treated",
        aggregation="simple",
        anticipation=0,
        event_window=[-10, 10],
        randomization_draws=0,
        honest=[],
        leave_one_out=False,
        method="dr",
    )
    data = panel.dropna(subset=[specification.outcome])
    counts = _counts(data, specification, options.control_group)
    if specification.controls:
        return _with_covariates(data, specification, options, counts)
    rows = _overall_and_parts(data, specification, options, counts)
    if options.leave_one_out:
        rows += _leave_one_out(data, specification, options, counts)
    return rows


def _counts(data: pd.DataFrame, specification, control_group: str) -> dict:
    """Return what every row reports of the sample; raise NotIdentified where nothing can be compared."""
    unit, time, cohort = specification.unit, specification.time, specification.cohort
    first = data.groupby(unit)[cohort].first().astype("float64")
    last, begin = data[time].max(), data[time].min()
    treated = first[(first <= last) & (first > begin)]
    if treated.empty:
        raise NotIdentified("SUPPORT", "no unit is first treated inside the observed periods")
    if control_group == "never_treated" and len(first) == (first <= last).sum():
        raise NotIdentified("SUPPORT", "no unit is untreated throughout the observed periods")
    untreated = ~(data[time] >= data[cohort].astype("float64")).fillna(False)
    return {
        "n_obs": len(data),
        "n_units": len(first),
        "n_treated": len(treated),
        "n_clusters": len(first),
        "n_treated_clusters": len(treated),
        "within_sd": within_sd(data, specification.outcome, unit, time, untreated),
    }


def _selections(cells, aggregation: str, window: list[int]) -> dict[tuple, np.ndarray]:
    """Return (term, cohort, event_time) → which cells it averages. The overall effect comes from `_overall`."""
    after = cells.event_time >= 0
    if aggregation == "dynamic":
        inside = range(window[0], window[1] + 1)
        return {("event", None, int(e)): cells.event_time == e for e in np.unique(cells.event_time) if e in inside}
    if aggregation == "group":
        return {("group", int(g), None): after & (cells.cohort == g) for g in np.unique(cells.cohort)}
    if aggregation == "calendar":
        return {(f"calendar:{int(t)}", None, None): after & (cells.period == t) for t in np.unique(cells.period[after])}
    if aggregation == "group_time":
        keys = zip(cells.cohort, cells.event_time, strict=True)
        return {("att_gt", int(g), int(e)): (cells.cohort == g) & (cells.event_time == e) for g, e in keys}
    if aggregation == "simple":
        return {}
    raise ValueError(f"aggregation must be one of {', '.join(AGGREGATIONS)}, not '{aggregation}'")


def _evaluate_all(cells, cohort: np.ndarray, options, selections: dict) -> dict[tuple, tuple]:
    """Return parameter → (estimate (2,), influence (2, units)) for one assignment of cohorts."""
    estimates = evaluate(cells, cohort, options.control_group == "not_yet_treated")
    found = {key: aggregate(estimates, chosen) for key, chosen in selections.items()}
    found[("att", None, None)] = _overall(cells, estimates, found, options.aggregation)
    return found


def _overall(cells, estimates, found: dict, aggregation: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the overall effect: all treated cells (simple), or the mean of event, calendar or group effects."""
    if aggregation in ("simple", "group_time"):
        return aggregate(estimates, cells.event_time >= 0)
    parts = {key: value for key, value in found.items() if key[2] is None or key[2] >= 0}
    parts = {key: value for key, value in parts.items() if np.isfinite(value[0][0])}
    if aggregation != "group":
        return np.mean([v for v, _ in parts.values()], axis=0), np.mean([f for _, f in parts.values()], axis=0)
    # Groups are weighted by their estimated shares, whose influence is added (section 3.2).
    where = [int(np.flatnonzero(cells.cohort == key[1])[0]) for key in parts]
    share = estimates.share[where]
    weight = share / share.sum()
    change = estimates.share_influence[where]
    weight_influence = change / share.sum() - weight[:, None] * change.sum(0)[None, :] / share.sum()
    effects = np.array([v for v, _ in parts.values()])
    influences = np.array([f for _, f in parts.values()])
    return weight @ effects, np.einsum("g,glu->lu", weight, influences) + effects.T @ weight_influence


def _overall_and_parts(data: pd.DataFrame, specification, options, counts: dict) -> list[dict]:
    panel = panel_of(data, specification.outcome, specification.unit, specification.time, specification.cohort)
    cells = cells_of(panel, options.anticipation)
    selections = _selections(cells, options.aggregation, options.event_window)
    actual = _evaluate_all(cells, panel.cohort, options, selections)
    if not np.isfinite(actual[("att", None, None)][0][0]):
        raise NotIdentified("SUPPORT", "no treated cohort is observed both before and after treatment")
    counts = counts | dict.fromkeys(("n_treated", "n_treated_clusters"), _contributing(panel, cells))
    rows = [refused("att_gt", "SUPPORT", f"cohort {g:.0f} has no observed base period") | {"cohort": int(g)} for g in _lost(panel, cells)]
    for (term, cohort, event_time), (value, influence) in actual.items():
        place = {"cohort": cohort, "event_time": event_time}
        if np.isfinite(value[0]):
            error = float(np.sqrt(influence[0] @ influence[0]) / influence.shape[1])
            rows.append(parameter(term, value[0], error, inference="analytic", **place, **counts))
    if options.randomization_draws:
        rows += _randomized(panel, cells, selections, actual, specification, options, counts)
    if options.honest:
        rows += _honest(cells, panel.cohort, actual, options, counts)
    return rows


def _contributing(panel, cells) -> int:
    """Return how many treated units enter at least one effect."""
    after = cells.event_time >= 0
    return int((cells.valid[after] & (panel.cohort[None, :] == cells.cohort[after][:, None])).any(0).sum())


def _lost(panel, cells) -> list[float]:
    treated = np.unique(panel.cohort[np.isfinite(panel.cohort)])
    return [g for g in treated if not ((cells.cohort == g) & (cells.event_time >= 0)).any()]


def _randomized(panel, cells, selections, actual, specification, options, counts) -> list[dict]:
    """Return randomization rows for every parameter: the t-ratio for all, the estimate itself for the overall effect."""
    generator = np.random.default_rng(specification.seed)
    dealt = {key: [] for key in actual}
    for cohort in deal(panel.cohort, options.randomization_draws, generator):
        for key, value in _evaluate_all(cells, cohort, options, selections).items():
            dealt[key].append(value)
    rows = []
    for key, value in actual.items():
        if not np.isfinite(value[0][0]):
            continue
        for scaled in (True, False) if key[0] == "att" else (True,):
            rows.append(_randomization_row(key, value, dealt[key], scaled, specification.seed, counts))
    return [row for row in rows if row]


def _randomization_row(key, value, dealt, scaled: bool, seed: int, counts: dict) -> dict | None:
    observed = draws_of([value])
    if not (observed.v_yy[0] > 0 and np.isfinite(observed.b[0]) and observed.b[0] > 0.5):
        # Before treatment D does not move, so there is no effect to invert for: only the p-value of zero remains.
        return _pre_period_row(key, observed, dealt, seed, counts) if observed.v_yy[0] > 0 else None
    result = randomization.test(observed, draws_of(dealt), scaled)
    return parameter(
        key[0], value[0][0], inference="randomization_t" if scaled else "randomization_beta", cohort=key[1], event_time=key[2],
        p_value=result.p_value, ci_low=result.interval95[0], ci_high=result.interval95[1], ci90_low=result.interval90[0],
        ci90_high=result.interval90[1], mde80=result.mde80, draws=result.draws, seed=seed, **counts,
    )  # fmt: skip


def _pre_period_row(key, observed, dealt, seed: int, counts: dict) -> dict:
    """Return the row of a placebo effect before treatment: interval from the re-dealt distribution of the t-ratio."""
    drawn = draws_of(dealt).usable()
    error = float(np.sqrt(observed.v_yy[0]))
    p_value = randomization.p_value(0.0, observed, drawn, True)
    halves = [float(np.quantile(np.abs(drawn.statistic(0.0, True)), level)) * error for level in (0.95, 0.90)]
    value = float(observed.a[0])
    return parameter(
        key[0], value, inference="randomization_t", cohort=key[1], event_time=key[2], p_value=p_value, draws=len(drawn.a), seed=seed,
        ci_low=value - halves[0], ci_high=value + halves[0], ci90_low=value - halves[1], ci90_high=value + halves[1], **counts,
    )  # fmt: skip


def _honest(cells, cohort: np.ndarray, actual: dict, options, counts: dict) -> list[dict]:
    """Return intervals that allow relative violations of parallel trends, for the effect averaged over treated cells.

    Event times are weighted by the units treated in them, as the overall effect weighs them.
    """
    events = sorted((key for key in actual if key[0] == "event" and np.isfinite(actual[key][0][0])), key=lambda key: key[2])
    times = np.array([key[2] for key in events])
    effect = np.array([actual[key][0][0] for key in events])
    influence = np.array([actual[key][1][0] for key in events])
    covariance = influence @ influence.T / influence.shape[1] ** 2
    after = times >= 0
    treated = evaluate(cells, cohort, options.control_group == "not_yet_treated")
    weights = np.array([treated.n_treated[(cells.event_time == e) & treated.exists].sum() for e in times[after]], dtype=float)
    weights /= weights.sum()
    rows = []
    for magnitude in options.honest:
        name = f"honest_relative_magnitude_{magnitude}"
        try:
            low, high = relative_magnitude(times, effect, covariance, magnitude, weights=weights)
        except NotIdentified as error:
            rows.append(refused("att_honest", error.code, str(error), name))
            continue
        mean = float(weights @ effect[after])
        rows.append(parameter("att_honest", mean, inference=name, ci_low=low, ci_high=high, library="moderndid", **counts))
    return rows


def _leave_one_out(data: pd.DataFrame, specification, options, counts: dict) -> list[dict]:
    """Return the overall effect without each unit in turn, with its analytic standard error."""
    rows = []
    for unit in sorted(data[specification.unit].unique()):
        panel = panel_of(
            data[data[specification.unit] != unit], specification.outcome, specification.unit, specification.time, specification.cohort
        )
        cells = cells_of(panel, options.anticipation)
        value, influence = _evaluate_all(cells, panel.cohort, options, _selections(cells, options.aggregation, options.event_window))[
            ("att", None, None)
        ]
        error = float(np.sqrt(influence[0] @ influence[0]) / influence.shape[1])
        rows.append(parameter(f"att_without:{unit}", value[0], error, inference="analytic", **{**counts, "n_units": len(panel.units)}))
    return rows


def _with_covariates(data: pd.DataFrame, specification, options, counts: dict) -> list[dict]:
    """Return the rows of diff-diff's estimator with pre-treatment covariates; inference is analytic."""
    sample = data.dropna(subset=list(specification.controls)).copy()
    sample["_cohort"] = sample[specification.cohort].astype("float64").fillna(0)
    model = CallawaySantAnna(control_group=options.control_group, estimation_method=options.method, anticipation=options.anticipation)
    try:
        result = model.fit(
            sample, specification.outcome, specification.unit, specification.time, "_cohort", covariates=list(specification.controls)
        )
    except (ValueError, np.linalg.LinAlgError) as error:
        raise NotIdentified("SUPPORT", f"diff-diff could not fit the covariates ({error})") from error
    counts = {**counts, "n_obs": len(sample), "n_units": sample[specification.unit].nunique()}
    return [parameter("att", result.overall_att, result.overall_se, inference="analytic", library="diff-diff", **counts)]
