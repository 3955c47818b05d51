"""Extended two-way fixed effects, linear and nonlinear (Wooldridge 2025, Empirical Economics; 2023, Econometrics J. 26: C31-C66), by diff-diff.

The library holds a column for each cell. A linear model without controls of a panel for which that would be large comes from tables by
level instead (inference.cell_regression): the same estimates and errors, in a tenth of the memory.
"""

from __future__ import annotations

import warnings
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from diff_diff import WooldridgeDiD

from analysis.core.estimates import NotIdentified, noted, parameter
from analysis.core.method import Method
from analysis.core.options import AGGREGATION, ANTICIPATION, EVENT_WINDOW, Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._cohorts import bases_of, cohort_panel, counts_of
from analysis.estimators._left_out import base_notes
from analysis.inference.absorb import codes_of, within_sd
from analysis.inference.cell_regression import fit_cells
from analysis.inference.cluster import need_two
from analysis.inference.group_time_cells import OVERALL, place_of, selections
from analysis.inference.least_squares import Design

# Rows times periods: more than so many numbers in each of several tables are not left to the library.
LARGE = 5_000_000

METHOD = Method(
    title="Extended two-way fixed effects (a cohort-by-period effect in one regression)",
    citation="Wooldridge (2025), Empirical Economics 69: 2545-2587; nonlinear: (2023), Econometrics J. 26: C31-C66",
    library="diff-diff",
    needs=("outcome", "unit", "time", "cohort|treatment"),
    accepts=("controls", "cluster"),
    options={
        "model": Option(
            "linear", "linear; poisson or logit, whose effects are average differences of means in levels", ("linear", "poisson", "logit")
        ),
        "control_group": Option("not_yet_treated", "whom treated cohorts are compared with", ("never_treated", "not_yet_treated")),
        "aggregation": AGGREGATION,
        "anticipation": ANTICIPATION,
        "event_window": EVENT_WINDOW,
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return 'att' (mean over treated observations) and 'event', 'group', 'calendar' or 'att_gt' rows; CR1 by unit or `cluster`.

    Controls enter demeaned by cohort and interacted. Cohorts never seen before treatment and periods in which nobody is left
    to compare with are left out, and said. Raises NotIdentified when cells are empty or the outcome does not fit the model
    (negative counts, say).
    """
    options = METHOD.read(specification)
    data, left_out = _comparable(cohort_panel(panel, specification), options)
    _check_outcome(data["outcome"], options.model)
    untreated = (data["cohort"] == 0) | (data["time"] < data["cohort"])
    counts = counts_of(data, within_sd=within_sd(data, "outcome", "unit", "time", untreated))
    cluster = next((name for name in specification.cluster if name != specification.unit), "unit")
    counts["n_clusters"] = need_two(data[cluster].to_numpy())
    # A cohort whose treated periods are left out is a control.
    treated = data["cohort"].isin(data.loc[~untreated, "cohort"]) & (data["cohort"] > 0)
    counts |= {"n_treated": int(data.loc[treated, "unit"].nunique()), "n_treated_clusters": int(data.loc[treated, cluster].nunique())}
    if options.model == "linear" and not specification.controls and len(data) * data["time"].nunique() > LARGE:
        return _from_tables(data, options, cluster, counts | ({"left_out": left_out} if left_out else {}))
    result = _fit(data, specification, options, cluster)
    about = {"inference": "cluster", "library": "diff-diff", **counts} | ({"left_out": left_out} if left_out else {})
    rows = [parameter("att", result.overall_att, result.overall_se, **about)]
    if options.aggregation == "group_time":
        for (g, t), cell in result.group_time_effects.items():
            rows.append(parameter("att_gt", cell["att"], cell["se"], cohort=int(g), event_time=int(t - g), **about))
    elif options.aggregation != "simple":
        rows += _averages(result, options, about)
    return rows


def _from_tables(data: pd.DataFrame, options: SimpleNamespace, cluster: str, about: dict) -> list[dict]:
    """Return the same rows from a regression on cells that are counted by level; averages weigh cells by their observations."""
    if options.control_group == "never_treated":
        on = (data["cohort"] > 0) & (data["time"] != data["cohort"].map(bases_of(data, -1 - options.anticipation).used))
    else:  # all untreated periods are the base
        on = (data["cohort"] > 0) & (data["time"] >= data["cohort"] - options.anticipation)
    cells = data.loc[on].groupby(["cohort", "time"]).ngroup().to_numpy()
    cell = np.full(len(data), -1)
    cell[on.to_numpy()] = cells
    first = np.unique(cells, return_index=True)[1]
    g, t = (data.loc[on, name].to_numpy()[first] for name in ("cohort", "time"))
    names = tuple(f"cohort ‹@{one}›, period ‹@{when}›" for one, when in zip(g, t, strict=True))
    codes = codes_of(data, ["unit", "time"])
    clusters = codes[:, 0] if cluster == "unit" else pd.factorize(data[cluster])[0]
    result = fit_cells(Design(data["outcome"].to_numpy(), np.empty((len(data), 0)), (), codes, (clusters,)), cell, names, "cluster")
    size = np.bincount(cells).astype(float)
    first_shown, last_shown = options.event_window
    rows = []
    for key, chosen in ({OVERALL: t >= g} | selections(g, t, options.aggregation)).items():
        if key[0] == "event" and not first_shown <= key[2] <= last_shown:
            continue
        value, error, note = result.average(np.where(chosen, size, 0.0) / size[chosen].sum())
        rows.append(parameter(key[0], value, error, inference="cluster", **place_of(key), **about, **noted(note)))
    return rows


def _comparable(data: pd.DataFrame, options: SimpleNamespace) -> tuple[pd.DataFrame, str]:
    """Return the rows that a cell can be made of, and what was left out, in words.

    A cohort without a row before it may respond has nothing to compare its cells with; nor has a period without a control. In a
    nonlinear model nor has a cohort, or those never treated, whose untreated outcomes all lie at the end of the range: its own
    effect is infinite, so that its outcomes after treatment tell nothing of a change, and it says nothing of periods.
    """
    never_only = options.control_group == "never_treated" and options.model == "linear"
    said = [data.attrs["left_out"]] if "left_out" in data.attrs else []
    lost_units, lost_periods, lost_poles = set(), set(), {}
    while True:
        before = data["time"] < data["cohort"] - options.anticipation
        control = (data["cohort"] == 0) | (before & (not never_only))
        early = (data["cohort"] > 0) & ~before.groupby(data["cohort"]).transform("any")
        poles = {} if options.model == "linear" else _poles(data[before | (data["cohort"] == 0)], "cohort", options.model)
        infinite = data["cohort"].isin(list(poles)) & ~early
        alone = ~control.groupby(data["time"]).transform("any") & ~early & ~infinite
        if not (early | alone | infinite).any():
            break
        lost_units |= set(data.loc[early, "unit"])
        lost_periods |= set(data.loc[alone, "time"])
        lost_poles |= poles
        data = data[~(early | alone | infinite)].reset_index(drop=True)
        if not (data["cohort"] > 0).any():
            at_end = f": untreated outcomes of {', '.join(map(_cohort_named, sorted(lost_poles)))} all lie at one end" if lost_poles else ""
            why = f"no treated cohort is seen before its treatment, beside units to compare it with{at_end}"
            raise NotIdentified("SEPARATION" if lost_poles else "SUPPORT", why)
    if options.control_group == "never_treated" and 0 in lost_poles:
        why = f"the untreated outcomes of the never treated are all {lost_poles[0]}: use control_group=not_yet_treated or model=linear"
        raise NotIdentified("SEPARATION", why)
    if not ((data["cohort"] > 0) & (data["time"] >= data["cohort"] - options.anticipation)).any():
        raise NotIdentified("SUPPORT", "no treated row is left beside one to compare it with")
    if never_only:  # else all untreated periods are the base
        said += base_notes(bases_of(data, -1 - options.anticipation).moved)
    if lost_units:
        said.append(f"{len(lost_units)} unit{'s' * (len(lost_units) > 1)} of cohorts not seen before treatment")
    said += [f"{_cohort_named(g)}, whose untreated outcomes are all {pole} (separation)" for g, pole in sorted(lost_poles.items())]
    if lost_periods:
        said.append(f"periods {', '.join(f'‹@{int(t)}›' for t in sorted(lost_periods))}, in which no control is left")
    return data, "; ".join(said)


def _poles(untreated: pd.DataFrame, effect: str, model: str) -> dict[int, int]:
    """Return the levels of `effect` whose `untreated` outcomes all lie at one end of the model's range, and which end."""
    ends = untreated.groupby(effect)["outcome"].agg(["min", "max"])
    still = ends[ends["min"] == ends["max"]]["max"]
    return {int(level): int(value) for level, value in still.items() if value == 0 or (value == 1 and model == "logit")}


def _cohort_named(g: int) -> str:
    return f"cohort ‹@{g}›" if g else "the never treated"


def _check_outcome(outcome: pd.Series, model: str) -> None:
    if model == "poisson" and (outcome < 0).any():
        raise NotIdentified("SUPPORT", "a Poisson mean cannot be negative; the outcome is, in some rows")
    if model == "logit" and not outcome.between(0, 1).all():
        raise NotIdentified("SUPPORT", "a logit mean lies between 0 and 1; the outcome does not, in some rows")
    if outcome.nunique() == 1:
        raise NotIdentified("SUPPORT", "the outcome has one value throughout: there is nothing to explain")


def _fit(data: pd.DataFrame, specification: Specification, options: SimpleNamespace, cluster: str) -> Any:
    """Return diff-diff's fit; its own messages name periods by their index, and are put in other words."""
    method = {"linear": "ols"}.get(options.model, options.model)
    model = WooldridgeDiD(method=method, control_group=options.control_group, anticipation=options.anticipation, cluster=cluster)
    controls = list(specification.controls)
    # Origin and unit of a control change nothing (cohort and period effects span them), but cost the library digits.
    centred = data.assign(**{name: _centred(data[name].to_numpy(float)) for name in controls})
    if controls:
        _check_cells(centred, controls, options.anticipation)
        if options.model != "linear":
            _check_poles(centred, options)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what it leaves out has been left out, and said, before
            return model.fit(centred, "outcome", "unit", "time", "cohort", exovar=controls or None)
    except (ValueError, np.linalg.LinAlgError) as error:
        raise NotIdentified("SUPPORT", f"diff-diff could not fit the model: {_in_other_words(str(error))}") from error


def _centred(values: np.ndarray) -> np.ndarray:
    net = values - values.mean()
    size = np.abs(net).max()
    return net / 2.0 ** np.round(np.log2(size)) if size > 0 else net


def _check_cells(data: pd.DataFrame, controls: list[str], anticipation: int) -> None:
    """Raise NotIdentified where the controls, demeaned by cohort, span the dummy of a treated cell: its effect is then any number."""
    demeaned = data[controls] - data.groupby("cohort")[controls].transform("mean")
    treated = (data["cohort"] > 0) & (data["time"] >= data["cohort"] - anticipation)
    for (g, t), rows in data[treated].groupby(["cohort", "time"]).groups.items():
        x = demeaned.loc[rows].to_numpy()
        size = np.abs(x).max(0)
        x = x[:, size > 1e-12] / size[size > 1e-12]
        if not x.shape[1]:
            continue
        one = np.ones(len(x))
        if np.linalg.norm(one - x @ np.linalg.lstsq(x, one, rcond=1e-10)[0]) < 1e-8 * np.sqrt(len(x)):
            raise NotIdentified(
                "SINGULAR",
                f"in cohort ‹@{int(g)}›, period ‹@{int(t)}›, {', '.join(controls)} cannot be told from the effect: too few units for as many "
                "controls, or a control with one value there",
            )


def _check_poles(data: pd.DataFrame, options: SimpleNamespace) -> None:
    """Raise NotIdentified where all untreated outcomes of a period lie at the end of the model's range.

    Its effect is then infinite; the effects on the treated have a limit, but beside controls the library's errors have none.
    """
    untreated = data[(data["cohort"] == 0) | (data["time"] < data["cohort"] - options.anticipation)]
    for period, pole in _poles(untreated, "time", options.model).items():
        why = f"every untreated outcome in period ‹@{period}› is {pole}: leave it out, or the controls, or use model=linear"
        raise NotIdentified("SEPARATION", why)


def _in_other_words(message: str) -> str:
    if "identified" in message:
        return "some cells of a cohort and period are not identified; a control is collinear with them, or no unit joins them to earlier periods"
    if "Fewer observations" in message:
        return "fewer rows than parameters; leave out controls"
    return "a cell has too few rows, or the controls are collinear" if any(c.isdigit() for c in message) else " ".join(message.split())


def _averages(result: Any, options: SimpleNamespace, about: dict) -> list[dict]:
    kind = {"dynamic": "event", "group": "group", "calendar": "calendar"}[options.aggregation]
    result.aggregate("event_study" if kind == "event" else kind)
    table = {"event": result.event_study_effects, "group": result.group_effects, "calendar": result.calendar_effects}[kind]
    first, last = options.event_window
    rows = []
    for key, cell in sorted((int(key), cell) for key, cell in table.items()):
        if (kind == "event" and not first <= key <= last) or not np.isfinite(cell["att"]):
            continue
        place: dict[str, dict] = {"event": {"event_time": key}, "group": {"cohort": key}, "calendar": {"setting": f"‹@{key}›"}}
        rows.append(parameter(kind, cell["att"], cell["se"], **place[kind], **about))
    return rows
