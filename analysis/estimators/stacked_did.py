"""Stacked difference-in-differences within risk sets (inference.stacked_average has the estimator and its sources)."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from types import SimpleNamespace

import numpy as np
import pandas as pd

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified, parameter, refused
from analysis.core.method import Method
from analysis.core.options import BOUNDS, MOST_DRAWS, Option
from analysis.core.progress import track
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._cohorts import Bases, bases_of, cohort_panel
from analysis.estimators._left_out import joined, periods
from analysis.estimators._regression import told
from analysis.inference import randomization
from analysis.inference.absorb import within_sd
from analysis.inference.cluster import need_two
from analysis.inference.honest_bounds import bounds_rows, wants_bounds
from analysis.inference.randomization import Draws, moments
from analysis.inference.stacked_average import (
    COLUMNS,
    Comparison,
    Stacks,
    compared,
    evaluate,
    need_stacks,
    permutations,
    stacks_of,
    treated_by_event,
)

STACKED = {
    "event_window": Option([-5, 4], "first and last event time of a stack"),
    "effect_window": Option([0, 4], "first and last event time of the overall effect"),
    "reference": Option(-1, "event time before the event that changes are taken from", maximum=-1),
    "cell": Option("cell", "column of risk sets, in a panel that is already stacked", columns=True),
}

METHOD = Method(
    title="Stacked difference-in-differences within risk sets",
    citation="Cengiz, Dube, Lindner and Zipperer (2019), QJE 134: 1405-1454; weights of Wing, Freedman and Hollingsworth (2024), NBER 32054",
    library="analysis",
    needs=("outcome", "unit", "time"),
    accepts=("cohort", "treatment"),
    columns=COLUMNS,
    options={
        **STACKED,
        "trim": Option(
            False,
            "leave out cohorts whose event window is not wholly inside the observed periods (Wing, Freedman and Hollingsworth), "
            "so that every event time averages over the same cohorts",
        ),
        "leave_one_out": Option(False, "report the overall effect without each risk set (cell) in turn"),
        "randomization_draws": Option(0, "draws in which events are permuted within risk sets; 0 for none", minimum=0, maximum=MOST_DRAWS),
        **BOUNDS,
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return 'att' (mean over `effect_window`) and 'event' rows; inference 'cluster' by unit, and randomization.

    With `cohort` (or `treatment`) a stack is made for each cohort: its units and those untreated throughout the event
    window; windows that the panel holds in part stay, unless `trim`. Otherwise the panel has columns stack, event_time,
    treated, the unit and the column of risk sets that `cell` names. A placebo moves reference and effect_window before the
    event. Raises NotIdentified when no cell holds treated and control units.
    """
    options = METHOD.read(specification)
    if specification.cluster and specification.cluster != (specification.unit,):
        raise BadOption("stacked_did clusters by unit; name no other cluster", "cluster", specification.cluster, "the unit")
    bases, without = Bases({}, {}, []), ""
    if specification.cohort or specification.treatment:
        if options.cell.strip("‹›") != STACKED["cell"].default:
            raise BadOption(
                "stacked_did: cell belongs to a panel that is already stacked; with --cohort each cohort is a risk set",
                "cell",
                options.cell,
                "none beside cohort",
            )
        panel, specification, bases, without = _stacked(panel, specification, options)
        options.cell = "cell"
    elif options.trim:
        raise BadOption(
            "stacked_did: trim belongs to --cohort or --treatment; a panel that is already stacked is taken as it is",
            "trim",
            options.trim,
            (False,),
        )
    else:
        METHOD.need(panel, specification, options.cell)
        need_stacks(panel, specification.unit, options.cell)
    data, stacks, chosen = read(panel, specification.outcome, specification.unit, options)
    selections: dict[tuple, np.ndarray] = {("att", None): chosen}
    selections |= {("event", int(e)): stacks.event_time == e for e in stacks.event_time}
    actual = {key: evaluate(stacks, stacks.treated, chosen) for key, chosen in selections.items()}
    if not np.isfinite(actual[("att", None)][0][0]):
        raise NotIdentified("SUPPORT", "no cell holds treated and control units")
    counts = counts_of(data, specification, stacks)
    if bases.used:
        entered = compared(stacks, chosen)
        alone = [g for g in bases.used if str(g) not in {stacks.cell_names[code] for code in np.unique(stacks.cell[entered])}]
        without = joined(without, [f"cohort ‹@{g}›, which has no clean control at any event time of the effect" for g in alone])
        counts |= dict.fromkeys(("n_treated", "n_treated_clusters"), len(np.unique(stacks.cluster[entered])))
    counts |= {"left_out": without} if without else {}
    need_two(stacks.cluster)
    outcome = data[specification.outcome].to_numpy(float)
    rows = [_clustered(key, value, counts, outcome) for key, value in actual.items() if np.isfinite(value[0][0])]
    if options.randomization_draws:
        rows += _randomized(stacks, chosen, actual[("att", None)], specification.seed, options.randomization_draws, counts)
    if options.leave_one_out:
        rows += _without_each_cell(stacks, chosen)
    if wants_bounds(options):
        rows += _honest(stacks, chosen, actual, options, counts, [g for g, *_ in bases.moved])
    return rows + bases.refused()


def read(panel: pd.DataFrame, outcome: str, unit: str, options: SimpleNamespace) -> tuple[pd.DataFrame, Stacks, np.ndarray]:
    """Return the rows of a stacked panel with the outcome, their Stacks, and which event times the overall effect averages."""
    data = panel.dropna(subset=[outcome])
    data = data.assign(cell=data[options.cell])
    event_times = range(options.event_window[0], options.event_window[1] + 1)
    effect = range(options.effect_window[0], options.effect_window[1] + 1)
    if data.empty:
        raise NotIdentified("SUPPORT", "no row has the outcome")
    stacks = stacks_of(data, outcome, unit, event_times, options.reference, effect)
    return data, stacks, np.array([int(e) in effect for e in stacks.event_time], dtype=bool)


def _honest(stacks: Stacks, chosen: np.ndarray, actual: dict, options: SimpleNamespace, counts: dict, moved: list[int]) -> list[dict]:
    """Return intervals of the overall effect that allow violations of parallel trends (inference.honest_bounds)."""
    if moved:
        which = ", ".join(f"‹@{g}›" for g in moved)
        why = f"event times have no common reference: cohort {which} is not observed in the period just before treatment; leave it out"
        return [refused("att_honest", "PRE", why)]
    if options.reference != -1 or options.effect_window[0] != 0:
        raise BadOption(
            "stacked_did: honest and breakdown need reference=-1 and an effect_window that begins at 0",
            "reference",
            options.reference,
            (-1,),
        )
    found = np.array([np.isfinite(actual["event", int(e)][0][0]) for e in stacks.event_time])
    kept = found & (chosen | (stacks.event_time < 0))
    times = stacks.event_time[kept]
    effect = np.array([actual["event", int(e)][0][0] for e in times])
    influence = np.stack([actual["event", int(e)][1][0] for e in times])
    clusters = counts["n_clusters"]
    covariance = clusters / (clusters - 1) * influence @ influence.T
    # The overall effect averages over treated unit-periods: event times count by their treated.
    weights = treated_by_event(stacks)[kept][times >= 0]
    if options.honest_target == "first":
        weights = (times[times >= 0] == 0).astype(float)
    return bounds_rows(times, effect, covariance, weights / weights.sum(), options, counts)


def _without_each_cell(stacks: Stacks, chosen: np.ndarray) -> list[dict]:
    """Return the overall effect without each risk set that has treated firms: 'att_without', the cell its setting."""
    rows = []
    for code, name in enumerate(stacks.cell_names):
        keep = stacks.cell != code
        if (stacks.treated & ~keep).any() and (stacks.treated & keep).any():
            effect, _ = evaluate(replace(stacks, valid=stacks.valid & keep), stacks.treated, chosen)
            rows.append(
                parameter("att_without", effect[0], inference="none", setting=str(name), n_treated=int((stacks.treated & keep).sum()))
            )
    return rows


def _stacked(panel: pd.DataFrame, specification: Specification, options: SimpleNamespace) -> tuple[pd.DataFrame, Specification, Bases, str]:
    """Return the stacks of a panel by cohort, the specification that reads them, the bases of the cohorts, and what is left out.

    A cohort that is not observed at the reference is measured from the last period before it in which it is: rows of that period
    get the event time of the reference, and rows in between, of controls alone, are left out.
    """
    data = cohort_panel(panel, specification)
    first, last = options.event_window
    start, end = data["time"].min(), data["time"].max()
    stacks, trimmed, bases = [], [], bases_of(data, options.reference)
    for g in np.unique(data.loc[data["cohort"] > start, "cohort"]):
        if options.trim and not (start <= g + first and g + last <= end):
            trimmed.append(int(g))
            continue
        reference = g + options.reference
        base = bases.used.get(int(g), reference)
        clean = (data["cohort"] == 0) | (data["cohort"] > g + last)
        window = data["time"].between(g + first, g + last) & ~data["time"].between(base + 1, reference) | (data["time"] == base)
        rows = data[((data["cohort"] == g) | clean) & window]
        event_time = (rows["time"] - g).where(rows["time"] != base, options.reference)
        stacks.append(rows.assign(stack=g, cell=str(g), event_time=event_time, treated=rows["cohort"] == g))
    why = "whose event window is not wholly observed"
    if not stacks:
        raise NotIdentified("SUPPORT", f"no cohort is left: trim leaves out those {why}; shorten event_window")
    plain = replace(specification, outcome="outcome", unit="unit", time="time", cohort="", treatment="", cluster=())
    said = [f"{len(trimmed)} cohorts {why} ({periods(trimmed)})"] if trimmed else []
    used = {g: base for g, base in bases.used.items() if g not in trimmed}
    bases = Bases(used, bases.wanted, [g for g in bases.none if g not in trimmed])
    return pd.concat(stacks, ignore_index=True), plain, bases, joined(data.attrs.get("left_out", ""), said, bases.notes())


def counts_of(data: pd.DataFrame, specification: Specification, stacks: Stacks) -> dict:
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


def _clustered(key: tuple, value: tuple[np.ndarray, np.ndarray], counts: dict, outcome: np.ndarray) -> dict:
    effect, influence = value
    clusters = counts["n_clusters"]
    error = float(np.sqrt(clusters / (clusters - 1) * influence[0] @ influence[0]))
    about = {"inference": "cluster", "event_time": key[1], "degrees": clusters - 1, **counts}
    return parameter(key[0], effect[0], **about, **told(error, outcome))


def _randomized(stacks: Stacks, chosen: np.ndarray, actual: tuple, seed: int, draws: int, counts: dict) -> list[dict]:
    generator = np.random.default_rng(seed)
    assignments = islice(permutations(stacks.cell, stacks.treated, generator), draws)
    drawn = Comparison(stacks, chosen).draws(track(assignments, draws, "permutations"))
    return randomization.rows("att", Draws(*moments(actual[0][:, None], actual[1][:, None])), drawn, seed=seed, **counts)
