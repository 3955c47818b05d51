"""Case studies by synthetic control, every case shown (Abadie, Diamond and Hainmueller 2010, JASA 105: 493-505).

Each unit of one cohort, or of every cohort, is a case of its own, matched on its outcomes before treatment; none is chosen, none
left out but for holes in its record, and those are counted. The other comparison is synthetic difference-in-differences of the
case alone (Arkhangelsky, Athey, Hirshberg, Imbens and Wager 2021, AER 111: 4088-4118), which matches changes and not levels.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified, noted, parameter, parted, refused
from analysis.core.method import Method
from analysis.core.options import Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._cohorts import cohort_panel, counts_of
from analysis.estimators._synthetic import PENALTY, placebo_rank, reason_of, synthetic
from analysis.inference.group_time_cells import Panel, panel_of

METHOD = Method(
    title="Synthetic control, case by case",
    citation="Abadie, Diamond and Hainmueller (2010), JASA 105: 493-505",
    library="analysis (weights by scipy)",
    needs=("outcome", "unit", "time", "cohort|treatment"),
    options={
        "cases_of": Option(0, "cohort whose units are the cases; 0: the earliest with a complete record", minimum=0, period=True),
        "every_cohort": Option(False, "cases of every cohort, each from its own date on"),
        "comparison": Option(
            "synthetic_control",
            "what a case is compared with: its synthetic control, ranked by mean squared gaps after over before; or synthetic"
            " difference-in-differences, ranked by the size of the effect",
            ("synthetic_control", "synthetic_did"),
        ),
        "window": Option(
            [],
            "first and last event time of a case: it is compared over the periods within them in which it is observed, with controls observed"
            " in all of these; none: every period of the panel",
        ),
        "donors": Option(40, "controls: those nearest to the case in their mean before treatment", minimum=2),
        "penalty": PENALTY,
    },
)

FEWEST = 10  # controls, below which a rank among placebos cannot be small


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return per case, its unit the setting, 'case' (mean gap after treatment, p-value by placebo rank), 'fit' (root mean squared gap
    before) and 'gap' by event time; 'att' is the mean over cases, 'small_p' the share with p <= 0.1.

    A case that controls match equally well in many ways, or exactly, says so in its reason, as in synthetic_control; one that has
    no p-value is left out of 'small_p'. With `window` each case is compared over its own periods, and `cases_of` or `every_cohort`
    say which cases. Raises NotIdentified when no case or fewer than ten controls have a complete record, or the cases have fewer
    than two periods before treatment.
    """
    options = METHOD.read(specification)
    if options.every_cohort and options.cases_of:
        raise BadOption("synthetic_cases: every_cohort takes all cohorts; cases_of names one", "cases_of", options.cases_of, (0,))
    data = cohort_panel(panel, specification)
    wide = panel_of(data, "outcome", "unit", "time", "cohort")
    if options.window:
        if len(options.window) != 2 or not options.window[0] <= -2 < 0 <= options.window[1]:
            raise BadOption(
                "synthetic_cases: window is the first and the last event time, at most -2 and at least 0",
                "window",
                options.window,
                "[-5, 3]",
            )
        return _within_windows(wide, data, options)
    complete = np.isfinite(wide.outcome).all(axis=1)
    donors = wide.outcome[complete & np.isinf(wide.cohort)]
    treated = complete & np.isfinite(wide.cohort) & (wide.cohort > wide.periods[0])
    cohorts = _cohorts(wide, treated, options)
    cases = [(case, cohort) for cohort in cohorts for case in np.flatnonzero(treated & (wide.cohort == cohort))]
    if not cases or len(donors) < FEWEST:
        which = f"{len(cases)} cases of cohort {', '.join(f'‹@{g}›' for g in cohorts)}" if cohorts else "no case"
        raise NotIdentified(
            "SUPPORT", f"{which} and {len(donors)} controls have a complete record; it takes one case and {FEWEST} controls"
        )
    if np.ptp(wide.outcome[complete]) <= 1e-13 * np.abs(wide.outcome[complete]).max():
        raise NotIdentified("SUPPORT", "the outcome does not vary")
    level = np.median(wide.outcome[complete])  # no constant matters, but sums of large numbers lose digits
    names = data.drop_duplicates("unit").set_index("unit")["_name"]
    counts = counts_of(data) | {"n_treated": len(cases), "n_clusters": pd.NA, "n_treated_clusters": pd.NA}
    counts |= {"left_out": data.attrs["left_out"]} if data.attrs.get("left_out") else {}
    rows = []
    for case, cohort in cases:
        before, event_time = wide.periods < cohort, wide.periods - cohort
        make = _case if options.comparison == "synthetic_control" else _case_by_changes
        rows += make(str(names[wide.units[case]]), wide.outcome[case] - level, donors - level, before, event_time, options, counts)
    lost = [(int(((wide.cohort == cohort) & ~complete).sum()), cohort) for cohort in cohorts]
    return [*_summaries(rows, cohorts[0] if len(cohorts) == 1 else None, counts), *rows, *_holes(lost)]


def _within_windows(wide: Panel, data: pd.DataFrame, options: SimpleNamespace) -> list[dict]:
    """Return the rows of cases that are each compared over their own periods, as `estimate` does over all periods.

    A case with fewer than two periods before treatment, none after, or too few controls is a row with the reason.
    """
    first, last = options.window
    cohorts = _cohorts(wide, np.isfinite(wide.cohort) & (wide.cohort > wide.periods[0]), options)
    names = data.drop_duplicates("unit").set_index("unit")["_name"]
    counts = counts_of(data) | {"n_clusters": pd.NA, "n_treated_clusters": pd.NA}
    counts |= {"left_out": data.attrs["left_out"]} if data.attrs.get("left_out") else {}
    make = _case if options.comparison == "synthetic_control" else _case_by_changes
    rows = []
    for cohort in cohorts:
        event_time = wide.periods - cohort
        for case in np.flatnonzero(wide.cohort == cohort):
            name = str(names[wide.units[case]])
            seen = np.isfinite(wide.outcome[case]) & (event_time >= first) & (event_time <= last)
            before, after = int((seen & (event_time < 0)).sum()), int((seen & (event_time >= 0)).sum())
            donors = wide.outcome[np.isinf(wide.cohort)][:, seen]
            donors = donors[np.isfinite(donors).all(axis=1)]
            if before < 2 or not after or len(donors) < FEWEST:
                why = f"{before} periods before and {after} after treatment, {len(donors)} controls observed in all of them"
                rows.append(refused("case", "SUPPORT", why, setting=name))
                continue
            outcome, level = wide.outcome[case][seen], np.median(donors)
            rows += make(name, outcome - level, donors - level, event_time[seen] < 0, event_time[seen], options, counts)
    if not any(row["term"] == "case" and "estimate" in row for row in rows):
        raise NotIdentified("SUPPORT", "no case has two periods before treatment, one after, and enough controls in the window")
    return [*_summaries(rows, cohorts[0] if len(cohorts) == 1 else None, counts), *rows]


def _cohorts(wide: Panel, treated: np.ndarray, options: SimpleNamespace) -> list[int]:
    """Return the cohorts whose units are cases; raise NotIdentified for one with fewer than two periods before treatment."""
    if options.every_cohort:
        every = np.unique(wide.cohort[np.isfinite(wide.cohort) & (wide.cohort > wide.periods[0])])
        return [int(g) for g in every if (wide.periods < g).sum() >= 2]
    dates = np.unique(wide.cohort[treated])
    cohort = options.cases_of or (int(dates[0]) if len(dates) else 0)
    if cohort and (wide.periods < cohort).sum() < 2:
        raise NotIdentified("SUPPORT", f"cohort ‹@{cohort}› has fewer than two periods before treatment")
    return [cohort] if cohort else []


def _summaries(rows: list[dict], cohort: int | None, counts: dict) -> list[dict]:
    """Return 'att', the mean over the cases that have an estimate, and 'small_p', the share of small p-values of those that have one."""
    cases = [row for row in rows if row["term"] == "case"]
    effects = [row["estimate"] for row in cases if "estimate" in row]
    ranked = [row["p_value"] <= 0.1 for row in cases if "p_value" in row]
    found = []
    for term, values, lack in (("att", effects, "without an estimate"), ("small_p", ranked, "without a p-value")):
        if not values:
            found.append(refused(term, "FIT", f"all {len(cases)} cases are {lack}: their own rows say why"))
            continue
        missing = f"{len(cases) - len(values)} cases {lack}" if len(values) < len(cases) else ""
        left_out = ", ".join(filter(None, [counts.get("left_out", ""), missing]))
        more = counts | ({"left_out": left_out} if left_out else {})
        found.append(parameter(term, np.mean(values), inference="none", cohort=cohort, **more))
    return found


def _holes(lost: list[tuple[int, int]]) -> list[dict]:
    return [
        refused("cases_left_out", "BALANCE", f"{units} units of cohort ‹@{cohort}› have holes in their record", cohort=cohort)
        for units, cohort in lost
        if units
    ]


def _case(
    name: str, outcome: np.ndarray, donors: np.ndarray, before: np.ndarray, event_time: np.ndarray, options: SimpleNamespace, counts: dict
) -> list[dict]:
    near = np.argsort(np.abs(donors[:, before].mean(1) - outcome[before].mean()), kind="stable")[: options.donors]
    controls = donors[near].T
    found = synthetic(controls, outcome, before, options.penalty)
    reason = reason_of(found, before, options.penalty)
    if reason and options.penalty == "none" and not found.fit.unique:
        return [refused("case", *parted(reason), setting=str(name))]
    more = noted(reason) | {"setting": str(name)}
    rank = {} if found.fit.exact else placebo_rank(controls, found.ratio, before, options.penalty)
    inference = "placebo" if rank else "none"
    rows = [parameter("case", found.gap[~before].mean(), inference=inference, **rank, **more, **counts)]
    rows.append(parameter("fit", float(np.sqrt(np.mean(found.gap[before] ** 2))), setting=str(name), inference="none", **counts))
    steps = zip(event_time, found.gap, strict=True)
    return rows + [parameter("gap", value, setting=str(name), inference="none", event_time=int(e), **counts) for e, value in steps]


def _case_by_changes(
    name: str, outcome: np.ndarray, donors: np.ndarray, before: np.ndarray, event_time: np.ndarray, options: SimpleNamespace, counts: dict
) -> list[dict]:
    """Return the row of a case by synthetic difference-in-differences, ranked among the effects of its controls in its place."""
    from analysis.estimators.synthetic_did import block_effect  # here, because its library loads slowly

    near = np.argsort(np.abs(donors[:, before].mean(1) - outcome[before].mean()), kind="stable")[: options.donors]
    controls = donors[near].T
    effect = block_effect(controls, outcome[:, None], before, "exact")
    others = ~np.eye(controls.shape[1], dtype=bool)
    placebos = [block_effect(controls[:, others[j]], controls[:, [j]], before, "exact") for j in range(controls.shape[1])]
    rank = (1 + sum(abs(placebo) >= abs(effect) * (1 - 1e-9) for placebo in placebos)) / (1 + len(placebos))
    about: dict[str, Any] = {"setting": name, "inference": "placebo", "p_value": rank, "draws": len(placebos)}
    return [parameter("case", effect, **about, **counts)]
