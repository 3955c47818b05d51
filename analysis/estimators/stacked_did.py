"""Stacked difference-in-differences within risk sets (inference.stacked_average has the estimator and its sources)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.estimates import NotIdentified, parameter
from analysis.estimators._cohorts import cohort_panel, lost_cohorts
from analysis.inference import randomization
from analysis.inference.absorb import within_sd
from analysis.inference.randomization import Draws
from analysis.inference.stacked_average import Stacks, deal, evaluate, stacks_of
from analysis.method import Method, Option

METHOD = Method(
    title="Stacked difference-in-differences within risk sets",
    citation="Cengiz, Dube, Lindner and Zipperer (2019), QJE 134: 1405-1454; weights of Wing, Freedman and Hollingsworth (2024), NBER 32054",
    library="analysis",
    needs=("outcome", "unit", "time"),
    accepts=("cohort", "treatment"),
    options={
        "event_window": Option([-5, 4], "first and last event time of a stack"),
        "effect_window": Option([0, 4], "first and last event time of the overall effect"),
        "reference": Option(-1, "event time that changes are taken from"),
        "cell": Option("cell", "column of risk sets, in a panel that is already stacked"),
        "leave_one_out": Option(False, "report the overall effect without each risk set (cell) in turn"),
        "randomization_draws": Option(0, "draws in which events are dealt anew within risk sets; 0 for none", minimum=0),
    },
)


def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return 'att' (mean over `effect_window`) and 'event' rows; inference 'cluster' by unit, and randomization.

    With `cohort` (or `treatment`) a stack is made for each cohort: its units and those untreated throughout the event
    window. Otherwise the panel has columns stack, event_time, treated, the unit and the column of risk sets that `cell`
    names. A placebo moves reference and effect_window before the event.
    Raises NotIdentified when no cell holds treated and control units.
    """
    options = METHOD.read(specification)
    if specification.cluster and specification.cluster != (specification.unit,):
        raise ValueError("stacked_did clusters by unit; name no other cluster")
    lost: list[dict] = []
    if specification.cohort or specification.treatment:
        panel, specification, lost = _stacked(panel, specification, options)
    data = panel.dropna(subset=[specification.outcome])
    data = data.assign(cell=data[options.cell])
    event_times = range(options.event_window[0], options.event_window[1] + 1)
    effect = range(options.effect_window[0], options.effect_window[1] + 1)
    if data.empty or options.reference not in set(data["event_time"]):
        raise NotIdentified("SUPPORT", "the reference period is not observed")
    stacks = stacks_of(data, specification.outcome, specification.unit, event_times, options.reference, effect)
    selections = {("att", None): np.isin(stacks.event_time, list(effect))}
    selections |= {("event", int(e)): stacks.event_time == e for e in stacks.event_time}
    actual = {key: evaluate(stacks, stacks.treated, chosen) for key, chosen in selections.items()}
    if not np.isfinite(actual[("att", None)][0][0]):
        raise NotIdentified("SUPPORT", "no cell holds treated and control units")
    counts = _counts(data, specification, stacks)
    rows = [_clustered(key, value, counts) for key, value in actual.items() if np.isfinite(value[0][0])]
    if options.randomization_draws:
        rows += _randomized(
            stacks, selections[("att", None)], actual[("att", None)], specification.seed, options.randomization_draws, counts
        )
    if options.leave_one_out:
        rows += _without_each_cell(stacks, selections[("att", None)])
    return rows + lost


def _without_each_cell(stacks: Stacks, chosen: np.ndarray) -> list[dict]:
    """Return the overall effect without each risk set that has treated firms: 'att_without:<cell>'."""
    rows = []
    for code, name in enumerate(stacks.cell_names):
        keep = stacks.cell != code
        if (stacks.treated & ~keep).any() and (stacks.treated & keep).any():
            effect, _ = evaluate(replace(stacks, valid=stacks.valid & keep), stacks.treated, chosen)
            rows.append(parameter(f"att_without:{name}", effect[0], inference="none", n_treated=int((stacks.treated & keep).sum())))
    return rows


def _stacked(panel: pd.DataFrame, specification, options) -> tuple[pd.DataFrame, object, list[dict]]:
    """Return the stacks of a panel by cohort, the specification that reads them, and rows for cohorts without a base."""
    data = cohort_panel(panel, specification)
    first, last = options.event_window
    stacks = []
    for g in np.unique(data.loc[data["cohort"] > data["time"].min(), "cohort"]):
        clean = (data["cohort"] == 0) | (data["cohort"] > g + last)
        rows = data[((data["cohort"] == g) | clean) & data["time"].between(g + first, g + last)]
        stacks.append(rows.assign(stack=g, cell=str(g), event_time=rows["time"] - g, treated=rows["cohort"] == g))
    plain = replace(specification, outcome="outcome", unit="unit", time="time", cohort="", treatment="", cluster=())
    return pd.concat(stacks, ignore_index=True), plain, lost_cohorts(data)


def _counts(data: pd.DataFrame, specification, stacks: Stacks) -> dict:
    """Return counts; firms in several stacks count once, and treated are those with both a reference and an effect period."""
    unit = specification.unit
    treated = len(np.unique(stacks.cluster[stacks.treated & stacks.valid.any(0)]))
    once = data.drop_duplicates([unit, specification.time])
    untreated = ~(once["treated"].astype(bool) & (once["event_time"] >= 0))
    return {
        "n_obs": int(stacks.valid.sum()),
        "n_units": len(np.unique(stacks.cluster)),
        "n_treated": treated,
        "n_clusters": len(np.unique(stacks.cluster)),
        "n_treated_clusters": treated,
        "within_sd": within_sd(once, specification.outcome, unit, specification.time, untreated),
    }


def _clustered(key: tuple, value: tuple[np.ndarray, np.ndarray], counts: dict) -> dict:
    effect, influence = value
    clusters = counts["n_clusters"]
    error = float(np.sqrt(clusters / (clusters - 1) * influence[0] @ influence[0]))
    return parameter(key[0], effect[0], error, inference="cluster", event_time=key[1], degrees=clusters - 1, **counts)


def _draws(values: list[tuple[np.ndarray, np.ndarray]]) -> Draws:
    effect = np.array([value for value, _ in values])
    cross = np.array([influence @ influence.T for _, influence in values])
    return Draws(effect[:, 0], effect[:, 1], cross[:, 0, 0], cross[:, 0, 1], cross[:, 1, 1])


def _randomized(stacks: Stacks, chosen: np.ndarray, actual: tuple, seed: int, draws: int, counts: dict) -> list[dict]:
    generator = np.random.default_rng(seed)
    dealt = _draws([evaluate(stacks, deal(stacks, generator), chosen) for _ in range(draws)])
    rows = []
    for scaled, name in ((True, "randomization_t"), (False, "randomization_beta")):
        result = randomization.test(_draws([actual]), dealt, scaled)
        rows.append(
            parameter(
                "att", actual[0][0], inference=name, p_value=result.p_value, ci_low=result.interval95[0], ci_high=result.interval95[1],
                ci90_low=result.interval90[0], ci90_high=result.interval90[1], mde80=result.mde80, draws=result.draws, seed=seed, **counts,
            )
        )  # fmt: skip
    return rows
