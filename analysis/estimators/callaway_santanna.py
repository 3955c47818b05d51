"""Group-time average treatment effects (Callaway and Sant'Anna 2021, J. Econometrics 225: 200-230).

Without covariates the estimator is a set of cohort means (inference.cohort_influence), which can also be permuted
thousands of times for randomization inference; with covariates each cell is doubly robust, an outcome regression or
inverse probability weighting (inference.doubly_robust), and the influence functions are averaged the same way. Units
that are not observed in every period enter the cells in which they are. With panel=false rows are repeated
cross-sections, whose cells compare four means (inference.cohort_sections).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.core.distributions import chi2_tail
from analysis.core.estimates import NotIdentified, parameter, refused
from analysis.core.method import (
    AGGREGATION,
    ANTICIPATION,
    BREAKDOWN,
    EVENT_WINDOW,
    HONEST,
    HONEST_SMOOTHNESS,
    HONEST_TARGET,
    MOST_DRAWS,
    PRETREND_POWER,
    REFERENCE,
    Method,
    Option,
)
from analysis.core.sample import entrance
from analysis.estimators import _cohort_randomization
from analysis.estimators._cohorts import cohort_panel, cohort_rows, counts_of, need_never, unit_names
from analysis.estimators._missing_cohorts import base_notes, words
from analysis.inference.absorb import within_sd
from analysis.inference.cluster import cluster_sums, effective_degrees, need_two
from analysis.inference.cohort_average import Panel, aggregate, cell_keys, cells_of, moved_bases, panel_of
from analysis.inference.cohort_influence import Averages, averages, conditional_averages
from analysis.inference.cohort_sections import Sections, averages_of_sections
from analysis.inference.honest_bounds import bounds_rows
from analysis.inference.multiplier_bootstrap import bands, draw
from analysis.inference.pretrend_power import power_row

METHOD = Method(
    title="Group-time average treatment effects",
    citation="Callaway and Sant'Anna (2021), J. Econometrics 225: 200-230",
    library="analysis",
    conditions_on_the_past=True,
    needs=("outcome", "unit", "time", "cohort|treatment"),
    accepts=("controls", "cluster", "weights"),
    unless={"unit": ("panel", False)},
    options={
        "panel": Option(True, "whether units are followed; false: rows are repeated cross-sections, and --unit only clusters errors"),
        "control_group": Option("never_treated", "whom treated cohorts are compared with", ("never_treated", "not_yet_treated")),
        "aggregation": AGGREGATION,
        "anticipation": ANTICIPATION,
        "base_period": Option(
            "universal", "base of cells before treatment: the last untreated period, or the one before", ("universal", "varying")
        ),
        "event_window": EVENT_WINDOW,
        "method": Option("dr", "with covariates: doubly robust, outcome regression or inverse probability weighting", ("dr", "reg", "ipw")),
        "bootstrap_draws": Option(
            0, "draws of the multiplier bootstrap, for uniform bands; 0 for none", minimum=0, maximum=MOST_DRAWS, fewest=2
        ),
        "randomization_draws": Option(0, "draws in which cohorts are permuted among units; 0 for none", minimum=0, maximum=MOST_DRAWS),
        "honest": HONEST,
        "breakdown": BREAKDOWN,
        "honest_smoothness": HONEST_SMOOTHNESS,
        "honest_target": HONEST_TARGET,
        "pretrend_power": PRETREND_POWER,
        "reference": REFERENCE,
        "leave_one_out": Option(
            False, "report the overall effect without each unit in turn, or each treated cluster where clusters are named"
        ),
    },
)


NOTHING_LEFT = "ROUNDING: the effect and its standard error are zero but for rounding, so that no test exists"
# Effects and errors below this share of the largest outcome are what rounding leaves of differences that cancel.
ROUNDING = 1e-13


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return the overall effect (term 'att') and, by aggregation, event, group, calendar or att_gt rows.

    group_time adds 'pretrend', the Wald test that every effect before treatment is zero. Cohorts after the last period
    count as never treated; cohorts without an observed earlier period are refused. Standard errors are by unit, or by
    `cluster`. Raises NotIdentified when no unit is treated or none is a control.
    """
    options = METHOD.read(specification)
    _check(specification, options)
    data = (cohort_panel if options.panel else cohort_rows)(panel, specification)
    if options.control_group == "never_treated":
        need_never(data, "; control_group=not_yet_treated compares with units before their own treatment")
    if np.ptp(data["outcome"]) <= ROUNDING * np.abs(data["outcome"]).max():
        raise NotIdentified("SUPPORT", "the outcome does not vary")
    untreated = (data["cohort"] == 0) | (data["time"] < data["cohort"])
    within = "unit" if options.panel else "cohort"
    counts = counts_of(data, within_sd=within_sd(data, "outcome", within, "time", untreated))
    rows = _of(options)(data, specification, options, counts).rows()
    named = _named(specification)
    return rows + (_without_each_cluster(data, specification, named[0]) if options.leave_one_out and named else [])


def _named(specification) -> list[str]:
    """Return the cluster variables that are not the unit itself."""
    return [name for name in specification.cluster if name != specification.unit]


def _of(options) -> type:
    return _Estimation if options.panel else _Sections


def _without_each_cluster(data: pd.DataFrame, specification, cluster: str) -> list[dict]:
    """Return the overall effect without each cluster that has treated units, in turn: 'att_without:<cluster>'."""
    kept = {name: value for name, value in specification.options.items() if name != "event_window"}
    specification = replace(specification, options={**kept, "aggregation": "simple", "leave_one_out": False})
    options = METHOD.read(specification)
    rows = []
    for name in sorted(data.loc[data["cohort"] > 0, cluster].unique()):
        kept = data[data[cluster] != name].reset_index(drop=True)
        kept["unit"] = pd.factorize(kept["unit"], sort=True)[0]
        try:
            found = _of(options)(kept, specification, options, counts_of(kept)).rows()
        except NotIdentified as error:
            rows.append(refused(f"att_without:{name}", error.code, str(error)))
            continue
        rows += [row | {"term": f"att_without:{name}"} for row in found if row["term"] == "att"]
    return rows


def _check(specification, options) -> None:
    """Refuse choices that could only be answered wrongly, or not at all."""
    named = _named(specification)
    if len(named) > 1:
        raise ValueError("callaway_santanna takes one cluster variable, which units are nested in")
    if (specification.controls or named or not options.panel) and options.randomization_draws:
        raise ValueError("callaway_santanna: randomization_draws permutes units: no controls, no cluster but the unit, panel=true")
    if options.leave_one_out and (specification.controls or not options.panel) and not named:
        raise ValueError("callaway_santanna: leave_one_out with controls or panel=false leaves out clusters: it needs --cluster")
    if not options.panel and not specification.unit and not specification.cohort:
        raise ValueError("callaway_santanna: panel=false without --unit needs --cohort: one row does not show when treatment began")
    bounds = options.honest or options.honest_smoothness or options.breakdown or options.pretrend_power
    if bounds and (options.aggregation != "dynamic" or options.anticipation or options.base_period != "universal"):
        raise ValueError(
            "callaway_santanna: honest, breakdown and pretrend_power need aggregation=dynamic, no anticipation and the universal base"
        )
    if options.reference == "effective_clusters" and not named:
        raise ValueError("callaway_santanna: reference=effective_clusters needs --cluster")


def _selections(keys, aggregation: str) -> dict[tuple, np.ndarray]:
    """Return (term, cohort, event_time) → which cells it averages. The overall effect comes from `_overall`."""
    cohort, period = keys[0], keys[1]
    event_time = (period - cohort).astype(int)
    after = event_time >= 0
    if aggregation == "dynamic":
        return {("event", None, int(e)): event_time == e for e in np.unique(event_time)}
    if aggregation == "group":
        return {("group", int(g), None): after & (cohort == g) for g in np.unique(cohort)}
    if aggregation == "calendar":
        return {(f"calendar:‹@{int(t)}›", None, None): after & (period == t) for t in np.unique(period[after])}
    if aggregation == "group_time":
        return {("att_gt", int(g), int(e)): (cohort == g) & (event_time == e) for g, e in zip(cohort, event_time, strict=True)}
    return {}


def _overall_of_parts(aggregation: str, parts: list[tuple], values: np.ndarray) -> list[int]:
    """Return which of the parts the overall effect averages: those after treatment that exist."""
    return [i for i, key in enumerate(parts) if np.isfinite(values[i]) and (key[2] is None or key[2] >= 0)]


class _Estimation:
    """One run: the cells, their averages and influence functions, and the rows made from them."""

    def __init__(self, data: pd.DataFrame, specification, options, counts: dict):
        self.data, self.specification, self.options, self.counts = data, specification, options, counts
        self.wide = self._sample()
        self.rounding = ROUNDING * float(np.abs(data["outcome"]).max())
        self.estimated: tuple[np.ndarray, ...] = (np.array([]),) * 3
        self.reasons: list[tuple[int, int, str]] = []
        self.entered = np.zeros(len(self.wide.cohort), bool)
        self.cluster = self._clusters()

    def rows(self) -> list[dict]:
        keys, values, influence, treated, exists = self._from_means()
        left_out = self._count(exists)
        library = "analysis"
        found = self._analytic(keys, values, influence, library)
        if self.options.aggregation == "group_time":
            found.append(self._pretrend(keys, values, influence, library))
        if self.options.bootstrap_draws:
            found += self._bootstrapped(keys, values, influence, library)
        found += self._sensitivity(keys, values, influence, treated)
        found += [
            refused("att_gt", "SUPPORT", f"cohort ‹@{g}›, period ‹@{t}›: {why}") | {"cohort": g, "event_time": t - g}
            for g, t, why in self.reasons
        ]
        if self.options.randomization_draws:
            found += self._randomized(self.wide)
        if self.options.leave_one_out and self.cluster is None:
            found += self._leave_one_out()
        return [row | self._said(row, left_out) for row in found]

    def _said(self, row: dict, left_out: str) -> dict:
        """Return what a row says it lacks: an average over cohorts which of them, an effect of one cohort its base."""
        if row.get("cohort") is None:
            return {"left_out": left_out} if left_out else {}
        g, period, _ = self.estimated
        at = period - g
        cells = (g == row["cohort"]) & ((at >= 0) if row.get("event_time") is None else (at == row["event_time"]))
        own = base_notes(self._moved(tuple(column[cells] for column in self.estimated)))
        return {"left_out": " and ".join(own)} if own and "estimate" in row else {}

    def _moved(self, cells: tuple[np.ndarray, ...]) -> list[tuple[int, int, int]]:
        return moved_bases(cells, self.options.anticipation, self.options.base_period == "universal")

    # ------------------------------------------------------------------ estimates and influence functions
    def _sample(self) -> Panel:
        wide = panel_of(self.data, "outcome", "unit", "time", "cohort")
        return replace(wide, weight=self._unit_weights()) if self.specification.weights else wide

    def _row_weights(self) -> np.ndarray:
        weight = self.data[self.specification.weights].to_numpy(float)
        if not (weight > 0).all():
            raise NotIdentified("WEIGHTS", f"{self.specification.weights} holds weights that are not positive")
        return weight

    def _unit_weights(self) -> np.ndarray:
        """Return the weight of each unit (units,): cells and cohort shares of one panel weigh a unit alike in all periods."""
        weight, units = self._row_weights(), self.data["unit"].to_numpy()
        result = np.zeros(units.max() + 1)
        result[units] = weight
        if (changed := result[units] != weight).any():
            name = self.data["_name"].iloc[int(np.argmax(changed))]
            raise NotIdentified(
                "WEIGHTS",
                f"{self.specification.weights} changes within unit {name}: a unit needs one weight, such as that of its first period",
            )
        return result

    def _cells(self, wide=None) -> tuple[np.ndarray, ...]:
        return cell_keys(self.wide if wide is None else wide, self.options.anticipation, self.options.base_period == "universal")

    def _averages(self, wide, cells, selections) -> Averages:
        ahead, not_yet = self.options.anticipation, self.options.control_group == "not_yet_treated"
        if not self.specification.controls:
            return averages(wide, cells, selections, not_yet, anticipation=ahead)
        found, self.reasons = conditional_averages(wide, cells, selections, not_yet, self._covariates(), self.options.method, ahead)
        return found

    def _from_means(self, wide=None) -> tuple[list[tuple], np.ndarray, np.ndarray, dict, np.ndarray]:
        """Return keys, values (parameters,), influence (units, parameters) in panel order, share treated by event time, existing cells."""
        wide = self.wide if wide is None else wide
        cells = self._cells(wide)
        chosen = _selections(cells, self.options.aggregation)
        found = self._averages(wide, cells, [*chosen.values(), cells[1] >= cells[0]])
        influence = np.empty_like(found.influence)
        influence[found.order] = found.influence
        if not np.isfinite(found.values[-1]):
            why = (
                "; ".join(f"cohort ‹@{g}›, period ‹@{t}›: {why}" for g, t, why in self.reasons[:2])
                or "no treated cohort is observed both before and after treatment"
            )
            raise NotIdentified("SINGULAR" if self.reasons else "SUPPORT", why)
        keys, values = list(chosen), found.values
        values, influence = self._with_overall(keys, values, influence, wide)
        event_time = (cells[1] - cells[0]).astype(int)
        treated = {int(e): float(found.share[(event_time == e) & found.exists].sum()) for e in np.unique(event_time)}
        return [*keys, ("att", None, None)], values, influence, treated, found.exists

    def _covariates(self) -> np.ndarray:
        """Return the controls as (controls, units, periods), missing where a unit is not observed."""
        return np.stack([panel_of(self.data, name, "unit", "time", "cohort").outcome for name in self.specification.controls])

    def _shown(self, key: tuple) -> bool:
        """Whether a parameter is reported: the overall effect averages every event time, the rows are those of the window."""
        first, last = self.options.event_window
        return key[0] != "event" or first <= key[2] <= last

    def _with_overall(self, keys, values, influence, wide) -> tuple[np.ndarray, np.ndarray]:
        """Replace the last column, the mean over all treated cells, where the overall effect is a mean of the parts."""
        if self.options.aggregation in ("simple", "group_time"):
            return values, influence
        parts = _overall_of_parts(self.options.aggregation, keys, values)
        weights = np.full(len(parts), 1 / len(parts))
        own = np.ones(len(wide.cohort)) if wide.weight is None else wide.weight / wide.weight.mean()
        if self.options.aggregation == "group":
            share = np.array([(own * (wide.cohort == keys[i][1])).mean() for i in parts])
            weights = share / share.sum()
        values[-1] = weights @ values[parts]
        influence[:, -1] = influence[:, parts] @ weights
        if self.options.aggregation == "group":
            # Groups are weighted by their estimated shares, whose influence is added (section 3.2).
            for i in parts:
                influence[:, -1] += own * (wide.cohort == keys[i][1]) * ((values[i] - values[-1]) / share.sum())
        return values, influence

    # ------------------------------------------------------------------ rows
    def _clusters(self) -> np.ndarray | None:
        """Return codes of the cluster of each unit, or None where units are the clusters."""
        named = _named(self.specification) or self._implied_cluster()
        if not named:
            return None
        codes = pd.factorize(self.data[named[0]])[0]
        result = np.full(self.data["unit"].max() + 1, -1)
        result[self.data["unit"]] = codes
        if (result[self.data["unit"]] != codes).any():
            raise NotIdentified("CLUSTERS", f"a unit changes its {named[0]}: units must be nested in clusters")
        self.counts["n_clusters"] = need_two(codes)
        return result

    def _implied_cluster(self) -> list[str]:
        return []

    def _by_cluster(self, influence: np.ndarray) -> np.ndarray:
        """Return influences whose mean squares over rows, over rows, are variances: by unit, or summed by cluster."""
        if self.cluster is None:
            return influence
        clusters = cluster_sums(influence, self.cluster)
        return clusters * len(clusters) / len(influence) * np.sqrt(len(clusters) / (len(clusters) - 1))

    def _analytic(self, keys, values, influence, library) -> list[dict]:
        summed = self._by_cluster(influence)
        errors = np.sqrt((summed**2).sum(0)) / len(summed)
        about = {"inference": "analytic", "library": library, "degrees": self._degrees(), **self.counts}
        return self._lost() + [
            parameter(key[0], value, error, cohort=key[1], event_time=key[2], **about)
            if not self._is_rounding(value, error)
            else parameter(key[0], value, cohort=key[1], event_time=key[2], **about) | {"reason": NOTHING_LEFT}
            for key, value, error in zip(keys, values, errors, strict=True)
            if np.isfinite(value) and self._shown(key)
        ]

    def _is_rounding(self, value: float, error: float) -> bool:
        """Whether an effect is what rounding leaves of outcomes of this size: its t-ratio would say nothing."""
        return abs(value) <= self.rounding and error <= self.rounding

    def _degrees(self) -> float:
        """Return the degrees of freedom of the reference, from the treated units that enter some effect."""
        if self.options.reference == "normal" or self.cluster is None:
            return np.inf
        return effective_degrees(self.cluster[self.entered])

    def _lost(self) -> list[dict]:
        """Return a row for each cohort without a base period."""
        cells = self._cells()
        treated = np.unique(self.wide.cohort[np.isfinite(self.wide.cohort)])
        lost = [int(g) for g in treated if not ((cells[0] == g) & (cells[1] >= g)).any()]
        return [
            refused("att_gt", "SUPPORT", f"cohort ‹@{g}› has no observed base period") | {"cohort": g}
            for g in sorted(lost + self.data.attrs.get("always_treated", []))
        ]

    def _count(self, exists: np.ndarray) -> str:
        """Count as treated the units and clusters that enter some effect; return which cohorts enter none, or not all of theirs.

        A unit enters a cell that could be estimated when it is observed in its period and its base, controls included.
        """
        cells = self._cells()
        after = exists & (cells[1] >= cells[0])
        self._enter(*(column[after] for column in cells))
        self.counts["n_treated"] = int(self.entered.sum())
        codes = np.arange(len(self.entered)) if self.cluster is None else self.cluster
        self.counts["n_treated_clusters"] = len(np.unique(codes[self.entered]))
        entered = np.unique(self.wide.cohort[self.entered])
        none = [int(g) for g in np.unique(self.wide.cohort[np.isfinite(self.wide.cohort)]) if g not in entered]
        none = sorted(none + self.data.attrs.get("always_treated", []))
        part = sorted({g for g, t, _ in self.reasons if t >= g} - set(none))
        self.estimated = tuple(column[exists] for column in cells)
        return words(self._moved(self.estimated), none, part, self.data)

    def _enter(self, cohorts: np.ndarray, periods: np.ndarray, bases: np.ndarray) -> None:
        """Mark the units that enter some of the cells."""
        at = {period: i for i, period in enumerate(self.wide.periods)}
        usable = np.isfinite(self.wide.outcome)
        base = usable & np.isfinite(self._covariates()).all(0) if self.specification.controls else usable
        for g, t, b in zip(cohorts, periods, bases, strict=True):
            own = np.flatnonzero(self.wide.cohort == g)
            self.entered[own[usable[own, at[t]] & base[own, at[b]]]] = True

    def _pretrend(self, keys, values, influence, library) -> dict:
        before = [i for i, key in enumerate(keys) if key[0] == "att_gt" and key[2] < -self.options.anticipation and np.isfinite(values[i])]
        summed = self._by_cluster(influence[:, before])
        covariance = summed.T @ summed / len(summed) ** 2
        errors = np.sqrt(np.diag(covariance))
        # Relative to each effect's own error, so that neither the outcome's unit nor one noisy cell decides.
        usable = len(before) > 0 and errors.min() > self.rounding
        correlation = covariance / np.outer(errors, errors) if usable else covariance
        if not usable or np.linalg.eigvalsh(correlation)[0] < 1e-10:
            return refused("pretrend", "SUPPORT", "the effects before treatment have no joint covariance", "wald")
        ratios = values[before] / errors
        statistic = float(ratios @ np.linalg.solve(correlation, ratios))
        p_value = chi2_tail(statistic, len(before))
        return parameter("pretrend", statistic, inference="wald", p_value=p_value, library=library, **self.counts)

    def _bootstrapped(self, keys, values, influence, library) -> list[dict]:
        """Return rows with uniform bands over the parameters of one aggregation; the overall effect has its own interval."""
        summed = self._by_cluster(influence)
        seed, draws = self.specification.seed, self.options.bootstrap_draws
        perturbed = draw(summed, draws, seed)
        spread = np.sqrt((summed**2).sum(0)) / len(summed)
        rows = []
        for members in ([i for i, key in enumerate(keys) if key[0] != "att"], [len(keys) - 1]):
            members = [
                i for i in members if np.isfinite(values[i]) and self._shown(keys[i]) and not self._is_rounding(values[i], spread[i])
            ]
            if not members:
                continue
            errors, (critical, critical90) = bands(perturbed[:, members])
            for i, error in zip(members, errors, strict=True):
                ends = {"ci_low": values[i] - critical * error, "ci_high": values[i] + critical * error}
                ends |= {"ci90_low": values[i] - critical90 * error, "ci90_high": values[i] + critical90 * error}
                exceeding = np.sum(np.abs(perturbed[:, i]) >= abs(values[i]))
                row = parameter(
                    keys[i][0], values[i], error, inference="multiplier_bootstrap", cohort=keys[i][1], event_time=keys[i][2],
                    library=library, draws=draws, seed=seed, **self.counts,
                )  # fmt: skip
                rows.append(row | ends | {"p_value": float((1 + exceeding) / (1 + draws))})
        return rows

    def _randomized(self, wide: Panel) -> list[dict]:
        cells = cells_of(wide, self.options.anticipation, self.options.base_period == "universal")
        chosen = _selections((cells.cohort, cells.period), self.options.aggregation)

        def overall(cells, estimates, found):
            return _overall(cells, estimates, found, self.options.aggregation)

        not_yet = self.options.control_group == "not_yet_treated"
        draws, seed = self.options.randomization_draws, self.specification.seed
        found = _cohort_randomization.rows(wide, cells, chosen, overall, not_yet, draws, seed, self.counts, self.rounding)
        return [row for row in found if self._shown((row["term"], row.get("cohort"), row.get("event_time")))]

    def _sensitivity(self, keys, values, influence, treated: dict) -> list[dict]:
        """Return what violations of parallel trends would do, where it is asked for and event times are comparable."""
        options = self.options
        bounds = bool(options.honest or options.honest_smoothness or options.breakdown)
        if options.aggregation != "dynamic" or not (bounds or options.pretrend_power):
            return []
        if moved := sorted({g for g, *_ in moved_bases(self._cells(), options.anticipation)}):
            return self._sensitivity_without(moved)
        events, times, covariance = self._events(keys, values, influence)
        rows = [power_row(times, covariance, options.pretrend_power, self.counts)] if options.pretrend_power else []
        if bounds and (np.diff(np.unique([*times, -1])) > 1).any():
            return [*rows, refused("att_honest", "PRE", "an event time is not observed: the bounds compare consecutive periods")]
        return rows + (self._honest(values[events], times, covariance, treated) if bounds else [])

    def _sensitivity_without(self, moved: list[int]) -> list[dict]:
        """Return the bounds and the power of the cohorts whose base is the period just before: event times need one reference."""
        named = f"without cohort {', '.join(f'‹@{g}›' for g in moved)}, whose base is not the period just before treatment"
        data = self.data[~self.data["cohort"].isin(moved)].reset_index(drop=True)
        data["unit"] = pd.factorize(data["unit"], sort=True)[0]
        plain = {"bootstrap_draws": 0, "randomization_draws": 0, "leave_one_out": False}
        specification = replace(self.specification, options={**self.specification.options, **plain})
        try:
            untreated = (data["cohort"] == 0) | (data["time"] < data["cohort"])
            counts = counts_of(data, within_sd=within_sd(data, "outcome", "unit", "time", untreated))
            found = _of(self.options)(data, specification, METHOD.read(specification), counts).rows()
        except NotIdentified as error:
            return [refused("att_honest", "PRE", f"event times have no common reference; {named}: {error}")]
        rows = [row for row in found if row["term"] in ("att_honest", "pretrend_slope", "breakdown")]
        return [{**row, "reason": f"BASE: {named}"} if not row.get("reason") else row for row in rows]

    def _honest(self, effect: np.ndarray, times: np.ndarray, covariance: np.ndarray, treated: dict) -> list[dict]:
        """Return intervals that allow violations of parallel trends, for the effect averaged over treated cells.

        Event times are weighted by the cohorts treated in them, as aggregation=simple weighs them.
        """
        after = times >= 0
        weights = np.array([treated[int(e)] for e in times[after]], dtype=float)
        weights /= weights.sum()
        if self.options.honest_target == "first":
            weights = (times[after] == 0).astype(float)
        return bounds_rows(times, effect, covariance, weights, self.options, self.counts)

    def _events(self, keys, values, influence) -> tuple[list[int], np.ndarray, np.ndarray]:
        """Return positions, event times and covariance of the event parameters, in order of event time."""
        events = sorted(
            (i for i, key in enumerate(keys) if key[0] == "event" and np.isfinite(values[i]) and self._shown(key)), key=lambda i: keys[i][2]
        )
        summed = self._by_cluster(influence[:, events])
        return events, np.array([keys[i][2] for i in events]), summed.T @ summed / len(summed) ** 2

    def _leave_one_out(self) -> list[dict]:
        """Return the overall effect without each unit in turn, with its analytic standard error.

        Without a treated unit also the randomization test, if draws are asked for: that is where one unit may carry the effect.
        """
        rows = []
        names = unit_names(self.data)
        for position, name in sorted(enumerate(names), key=lambda item: item[1]):
            keep = np.arange(len(names)) != position
            weight = None if self.wide.weight is None else self.wide.weight[keep]
            wide = Panel(self.wide.outcome[keep], self.wide.cohort[keep], self.wide.periods, self.wide.units[keep], weight)
            _, values, influence, *_ = self._from_means(wide)
            error = float(np.sqrt(influence[:, -1] @ influence[:, -1]) / len(influence))
            term = f"att_without:{name}"
            treated = self.counts["n_treated"] - int(self.entered[position])
            counts = {
                **self.counts,
                "n_obs": int(np.isfinite(wide.outcome).sum()),
                "n_units": int(keep.sum()),
                "n_treated": treated,
                "n_treated_clusters": treated,
            }
            rows.append(parameter(term, values[-1], error, inference="analytic", **counts))
            if self.options.randomization_draws and np.isfinite(self.wide.cohort[position]):
                permuted = (row for row in self._randomized(wide) if row["term"] == "att" and row["inference"] == "randomization_t")
                rows += [row | counts | {"term": term} for row in permuted]
        return rows


class _Sections(_Estimation):
    """One run on repeated cross-sections: rows are the units, and clusters are named, or the unit where rows have one."""

    def _sample(self) -> Sections:
        data, names = self.data, list(self.specification.controls)
        return Sections(
            data["outcome"].to_numpy(),
            np.where(data["cohort"] > 0, data["cohort"], np.inf),
            data["time"].to_numpy(float),
            np.unique(data["time"].to_numpy(float)),
            self._row_weights() if self.specification.weights else None,
            data[names].to_numpy(float) if names else None,
        )

    def _averages(self, wide: Sections, cells, selections) -> Averages:
        ahead, not_yet = self.options.anticipation, self.options.control_group == "not_yet_treated"
        found, self.reasons = averages_of_sections(wide, cells, selections, not_yet, self.options.method, ahead)
        return found

    def _implied_cluster(self) -> list[str]:
        return ["seen_again"] if "seen_again" in self.data else []

    def _enter(self, cohorts: np.ndarray, periods: np.ndarray, bases: np.ndarray) -> None:
        for g in np.unique(cohorts):
            used = np.concatenate([periods[cohorts == g], bases[cohorts == g]])
            self.entered |= (self.wide.cohort == g) & np.isin(self.wide.time, used)


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
