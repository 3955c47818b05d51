"""One run of group-time averages: the sample, its cells, the parameters of an aggregation, and what enters them."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd

from analysis.core.estimates import NotIdentified, refused
from analysis.core.representatives import STANDS_FOR
from analysis.core.specification import Specification
from analysis.estimators._left_out import base_notes, lacking_cohorts
from analysis.estimators._regression import weights_of
from analysis.inference.cluster import cluster_sums, effective_degrees, need_two
from analysis.inference.group_time_averages import Averages, averages, overall
from analysis.inference.group_time_cells import OVERALL, Panel, Sections, cell_keys, moved_bases, panel_of, selections

# Effects and errors below this share of the largest outcome are what rounding leaves of differences that cancel.
ROUNDING = 1e-13


def named_clusters(specification: Specification) -> list[str]:
    """Return the cluster variables that are not the unit itself."""
    return [name for name in specification.cluster if name != specification.unit]


class GroupTime:
    """The parameters of one run and what their rows say.

    `keys` are those of averages, the overall effect last; `values` (parameters,) belong to them. `summed` are influences
    (units or clusters, parameters) whose mean squares over rows, over rows, are variances. `averages` has the cells themselves.
    """

    def __init__(self, data: pd.DataFrame, specification: Specification, options: SimpleNamespace, counts: dict) -> None:
        self.data, self.specification, self.options, self.counts = data, specification, options, counts
        self.sample = _sample_of(data, specification, options)
        self.rounding = ROUNDING * float(np.abs(data["outcome"]).max())
        self.cluster = self._clusters()
        self.cells = cell_keys(self.sample, options.anticipation, self._universal)
        self.keys, self.values, influence, self.averages = self.parameters(self.sample, self.cells)
        self.summed = self._by_cluster(influence)
        self.entered, self.left_out = self._entered()
        self.counts |= self._treated()

    @property
    def _universal(self) -> bool:
        return self.options.base_period == "universal"

    @property
    def panel(self) -> Panel:
        """Return the sample where units are followed."""
        if not isinstance(self.sample, Panel):
            raise TypeError("repeated cross-sections are no panel")
        return self.sample

    @property
    def _stands_for(self) -> np.ndarray:
        """Return how many units each stands for (units,): as many as it weighs."""
        return np.ones(len(self.panel.cohort)) if self.panel.weight is None else self.panel.weight

    @property
    def not_yet(self) -> bool:
        return self.options.control_group == "not_yet_treated"

    # ------------------------------------------------------------------ estimates and influence functions
    def parameters(
        self, sample: Panel | Sections, cells: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
    ) -> tuple[list[tuple], np.ndarray, np.ndarray, Averages]:
        """Return keys, values (parameters,), influence (rows, parameters) and the averages that they are made of."""
        options = self.options
        cells = cell_keys(sample, options.anticipation, self._universal) if cells is None else cells
        chosen = selections(*cells[:2], options.aggregation)
        asked = [*chosen.values(), cells[1] >= cells[0]]
        found = averages(sample, cells, asked, self.not_yet, options.anticipation, options.method)
        if not np.isfinite(found.values[-1]):
            why = "; ".join(f"cohort ‹@{g}›, period ‹@{t}›: {why}" for g, t, why in found.reasons[:2])
            why = why or "no treated cohort is observed both before and after treatment"
            raise NotIdentified("SINGULAR" if found.reasons else "SUPPORT", why)
        values, influence = found.values, found.influence
        if options.aggregation not in ("simple", "group_time"):
            # The overall effect is a mean of the parts, not over all treated cells.
            parts = list(chosen), values[:-1], influence[:, :-1]
            values[-1], influence[:, -1] = overall(options.aggregation, *parts, sample.cohort, sample.weight)
        return [*chosen, OVERALL], values, influence, found

    def shown(self, key: tuple) -> bool:
        """Whether a parameter is reported: the overall effect averages every event time, the rows are those of the window."""
        first, last = self.options.event_window
        return key[0] != "event" or first <= key[2] <= last

    def is_rounding(self, value: float, error: float) -> bool:
        """Whether an effect is what rounding leaves of outcomes of this size: its t-ratio would say nothing."""
        return abs(value) <= self.rounding and error <= self.rounding

    def covariance(self, members: list[int]) -> np.ndarray:
        """Return the covariance of some parameters."""
        summed = self.summed[:, members]
        return summed.T @ summed / len(summed) ** 2

    @property
    def errors(self) -> np.ndarray:
        """Return the standard errors (parameters,)."""
        return np.sqrt((self.summed**2).sum(0)) / len(self.summed)

    @property
    def degrees(self) -> float:
        """Return the degrees of freedom of the reference, from the treated units that enter some effect."""
        if self.options.reference == "normal" or self.cluster is None:
            return np.inf
        return effective_degrees(self.cluster[self.entered])

    def treated_by_event(self, times: np.ndarray) -> np.ndarray:
        """Return the share of the sample that is treated in the existing cells of each event time."""
        event_time = self.cells[1] - self.cells[0]
        return np.array([self.averages.share[(event_time == e) & self.averages.exists].sum() for e in times])

    def _clusters(self) -> np.ndarray | None:
        """Return codes of the cluster of each unit, or None where units are the clusters; rows of one unit are a cluster of sections."""
        named = named_clusters(self.specification) or ["seen_again"] * ("seen_again" in self.data)
        if not named:
            return None
        codes = pd.factorize(self.data[named[0]])[0]
        result = np.full(self.data["unit"].max() + 1, -1)
        result[self.data["unit"]] = codes
        if (result[self.data["unit"]] != codes).any():
            raise NotIdentified("CLUSTERS", f"a unit changes its {named[0]}: units must be nested in clusters")
        self.counts["n_clusters"] = need_two(codes)
        return result

    def _by_cluster(self, influence: np.ndarray) -> np.ndarray:
        if STANDS_FOR in self.data:
            # A unit that stands for n others has n times their influence, and in a sum of squares should count n times.
            return influence / np.sqrt(self._stands_for)[:, None]
        if self.cluster is None:
            return influence
        clusters = cluster_sums(influence, self.cluster)
        return clusters * len(clusters) / len(influence) * np.sqrt(len(clusters) / (len(clusters) - 1))

    # ------------------------------------------------------------------ what enters, and what is lost
    def _entered(self) -> tuple[np.ndarray, str]:
        """Return which units enter some effect, and which cohorts enter none, or not all of theirs."""
        exists = self.averages.exists
        after = exists & (self.cells[1] >= self.cells[0])
        entered = _entering(self.sample, *(column[after] for column in self.cells))
        cohorts = np.unique(self.sample.cohort[entered])
        none = [int(g) for g in np.unique(self.sample.cohort[np.isfinite(self.sample.cohort)]) if g not in cohorts]
        none = sorted(none + self.data.attrs.get("always_treated", []))
        part = sorted({g for g, t, _ in self.averages.reasons if t >= g} - set(none))
        return entered, lacking_cohorts(self._moved(exists), none, part, self.data)

    def _treated(self) -> dict:
        if STANDS_FOR in self.data:
            many = round(self._stands_for[self.entered].sum())
            return {"n_treated": many, "n_treated_clusters": many}
        codes = np.arange(len(self.entered)) if self.cluster is None else self.cluster
        return {"n_treated": int(self.entered.sum()), "n_treated_clusters": len(np.unique(codes[self.entered]))}

    def _moved(self, chosen: np.ndarray) -> list[tuple[int, int, int]]:
        return moved_bases(tuple(column[chosen] for column in self.cells), self.options.anticipation, self._universal)

    def refused(self) -> list[dict]:
        """Return a row for each cohort without a base period."""
        g, t, _ = self.cells
        treated = np.unique(self.sample.cohort[np.isfinite(self.sample.cohort)])
        lost = [int(one) for one in treated if not ((g == one) & (t >= one)).any()]
        return [
            refused("att_gt", "SUPPORT", f"cohort ‹@{g}› has no observed base period") | {"cohort": g}
            for g in sorted(lost + self.data.attrs.get("always_treated", []))
        ]

    def lacks(self, row: dict) -> dict:
        """Return what a row says it lacks: an average over cohorts which of them, an effect of one cohort its base."""
        if row.get("cohort") is None:
            return {"left_out": self.left_out} if self.left_out else {}
        g, period, _ = self.cells
        at = period - g
        own = (g == row["cohort"]) & ((at >= 0) if row.get("event_time") is None else (at == row["event_time"]))
        said = base_notes(self._moved(own & self.averages.exists))
        return {"left_out": " and ".join(said)} if said and "estimate" in row else {}


def _sample_of(data: pd.DataFrame, specification: Specification, options: SimpleNamespace) -> Panel | Sections:
    names = list(specification.controls)
    if options.panel:
        sample = panel_of(data, "outcome", "unit", "time", "cohort")
        covariates = np.stack([panel_of(data, name, "unit", "time", "cohort").outcome for name in names]) if names else None
        return replace(sample, weight=_unit_weights(data, specification), covariates=covariates)
    time = data["time"].to_numpy(float)
    return Sections(
        data["outcome"].to_numpy(), np.where(data["cohort"] > 0, data["cohort"], np.inf), time, np.unique(time),
        weights_of(data, specification), data[names].to_numpy(float) if names else None,
    )  # fmt: skip


def _unit_weights(data: pd.DataFrame, specification: Specification) -> np.ndarray | None:
    """Return the weight of each unit (units,): cells and cohort shares of one panel weigh a unit alike in all periods."""
    weight, units = weights_of(data, specification), data["unit"].to_numpy()
    if weight is None:
        return None
    result = np.zeros(units.max() + 1)
    result[units] = weight
    if (changed := result[units] != weight).any():
        name = data["_name"].iloc[int(np.argmax(changed))]
        why = f"{specification.weights} changes within unit {name}: a unit needs one weight, such as that of its first period"
        raise NotIdentified("WEIGHTS", why)
    return result


def _entering(sample: Panel | Sections, cohorts: np.ndarray, periods: np.ndarray, bases: np.ndarray) -> np.ndarray:
    """Return which units (units,), or rows, enter some of the cells.

    A unit enters a cell when it is observed in its period and its base, covariates included.
    """
    entered = np.zeros(len(sample.cohort), bool)
    if isinstance(sample, Sections):
        for g in np.unique(cohorts):
            used = np.concatenate([periods[cohorts == g], bases[cohorts == g]])
            entered |= (sample.cohort == g) & np.isin(sample.time, used)
        return entered
    at = {period: i for i, period in enumerate(sample.periods)}
    usable = np.isfinite(sample.outcome)
    base = usable if sample.covariates is None else usable & np.isfinite(sample.covariates).all(0)
    for g, t, b in zip(cohorts, periods, bases, strict=True):
        own = np.flatnonzero(sample.cohort == g)
        entered[own[usable[own, at[t]] & base[own, at[b]]]] = True
    return entered
