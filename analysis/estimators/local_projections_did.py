"""Local projections difference-in-differences (Dube, Girardi, Jorda and Taylor 2025, J. Applied Econometrics 40: 741-758).

At each horizon the long difference since the period before is regressed on first treatment with period effects, among
units first treated in that period and clean controls: units still untreated at the horizon. Where nobody of those first treated
is observed in the period before, all of that date are measured from the last period in which one of them is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pandas as pd

from analysis.core.estimates import NotIdentified, noted, parameter, refused
from analysis.core.method import Method
from analysis.core.options import Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._cohorts import Bases, bases_of, cohort_panel, counts_of
from analysis.estimators._left_out import joined
from analysis.inference.absorb import within_sd
from analysis.inference.cluster import cluster_sums, need_two
from analysis.inference.least_squares import Design, Fit, fit

METHOD = Method(
    title="Local projections difference-in-differences",
    citation="Dube, Girardi, Jorda and Taylor (2025), J. Applied Econometrics 40: 741-758",
    library="analysis",
    conditions_on_the_past=True,
    needs=("outcome", "unit", "time", "cohort|treatment"),
    accepts=("controls", "cluster"),
    options={
        "control_group": Option("clean", "clean: untreated at the horizon; or never treated at all", ("clean", "never_treated")),
        "event_window": Option([-5, 5], "first and last horizon"),
        "reweight": Option(False, "weigh cohorts by their treated units, not by the regression's variances (their equation 13)"),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return an 'event' row a horizon and 'att', the mean of those at or after zero weighted by treated observations.

    Clustered by unit or `cluster` (CR1); controls enter with their value in the period before treatment.
    Raises NotIdentified when no horizon after treatment can be compared.
    """
    options = METHOD.read(specification)
    data = cohort_panel(panel, specification).sort_values(["unit", "time"], kind="stable").reset_index(drop=True)
    bases = bases_of(data)
    data = data[~data["cohort"].isin(bases.none)].reset_index(drop=True)
    data["_cluster"] = pd.factorize(data[next((name for name in specification.cluster if name != specification.unit), "unit")])[0]
    n_clusters = need_two(data["_cluster"].to_numpy())
    dates = _dates(data, bases)
    horizons, failed = {}, []
    span = int(np.ptp(data["time"]))
    for horizon in range(max(options.event_window[0], -span), min(options.event_window[1], span) + 1):
        if horizon != -1:
            try:
                found = _horizon(data, dates, horizon, specification, options)
            except NotIdentified as error:
                failed.append(refused("event", error.code, str(error)) | {"event_time": horizon})
                continue
            if found is not None:
                horizons[horizon] = found
    after = {h: found for h, found in horizons.items() if h >= 0}
    if not after:
        reasons = [(row["reason_code"], row["reason"]) for row in failed if row["event_time"] >= 0]
        raise NotIdentified(*(reasons or [("SUPPORT", "no horizon after treatment has treated units and clean controls")])[0])
    untreated = (data["cohort"] == 0) | (data["time"] < data["cohort"])
    counts = counts_of(data, within_sd=within_sd(data, "outcome", "unit", "time", untreated))
    entered = data["unit"].isin(np.unique(np.concatenate([f.treated for f in after.values()])))
    alone = [g for g in bases.used if not (entered & (data["cohort"] == g)).any()]
    counts |= {"n_treated": int(data.loc[entered, "unit"].nunique()), "n_clusters": n_clusters}
    counts |= {"n_treated_clusters": int(data.loc[entered, "_cluster"].nunique())}
    without = [f"cohort ‹@{g}›, which no horizon compares with clean controls" for g in alone]
    if told := joined(data.attrs.get("left_out", ""), bases.notes(), without):
        counts["left_out"] = told
    rows = [
        parameter(
            "event",
            f.effect,
            np.sqrt(f.scores @ f.scores),
            inference="cluster",
            event_time=h,
            degrees=f.degrees,
            **counts | {"n_obs": f.n_obs} | noted(f.note),
        )
        for h, f in horizons.items()
    ]
    weights = np.array([len(f.treated) for f in after.values()], float)
    weights /= weights.sum()
    overall = sum(w * f.effect for w, f in zip(weights, after.values(), strict=True))
    scores = sum(w * f.scores for w, f in zip(weights, after.values(), strict=True))
    about = {"inference": "cluster", "degrees": counts["n_clusters"] - 1} | noted(next((f.note for f in after.values() if f.note), ""))
    return [parameter("att", overall, float(np.sqrt(scores @ scores)), **about, **counts), *rows, *failed, *bases.refused()]


@dataclass(frozen=True)
class _Dates:
    """The long differences that could be taken: the unit, date and base period of each (differences,), sorted by unit and date.

    `lookup` finds the row of the panel of a unit in a period; `cohort` and `cluster` belong to the differences.
    """

    lookup: pd.MultiIndex
    unit: np.ndarray
    time: np.ndarray
    base: np.ndarray
    cohort: np.ndarray
    cluster: np.ndarray

    def row(self, time: np.ndarray) -> np.ndarray:
        """Return the row of the panel of each unit in `time` (differences,), -1 where it is not observed."""
        return self.lookup.get_indexer(pd.MultiIndex.from_arrays([self.unit, time]))


def _dates(data: pd.DataFrame, bases: Bases) -> _Dates:
    """Return the dates of all rows, and those at which a cohort is first treated also of units not observed on that very date."""
    lookup = pd.MultiIndex.from_arrays([data["unit"], data["time"]])
    treated = pd.MultiIndex.from_product([data["unit"].unique(), sorted(bases.used)])
    every = lookup.append(treated[lookup.get_indexer(treated) < 0]).sort_values()
    unit, time = (every.get_level_values(level).to_numpy() for level in (0, 1))
    base = np.array([bases.used.get(int(t), int(t) - 1) for t in np.unique(time)])[np.unique(time, return_inverse=True)[1]]
    cohort = data.groupby("unit")["cohort"].first().reindex(unit).to_numpy()
    found = _Dates(lookup, unit, time, base, cohort, np.empty(0))
    # A unit that is not observed on the date belongs to its cluster of the base period.
    row = found.row(time)
    return replace(found, cluster=data["_cluster"].to_numpy()[np.where(row >= 0, row, np.maximum(found.row(base), 0))])


@dataclass(frozen=True)
class _Horizon:
    """Effect at one horizon and its score by cluster (clusters,), whose sum of squares is the CR1 variance.

    `treated` are the units whose effect it averages; `note` and `degrees` are those of the regression.
    """

    effect: float
    scores: np.ndarray
    treated: np.ndarray
    n_obs: int
    degrees: float
    note: str


def _scores(result: Fit, cluster: np.ndarray, n_clusters: int) -> np.ndarray:
    """Return the scores by cluster (clusters,) of the first coefficient, times the root of the fit's small-sample factor."""
    # Of one length, so that the unit of a control does not cost the inverse its digits.
    length = np.sqrt((result.regressors**2).sum(0))
    x = result.regressors / length
    bread = np.linalg.inv(x.T @ x)[0] / length[0]
    scores = np.zeros(n_clusters)
    by_cluster = cluster_sums((x @ bread)[:, None] * result.residuals[:, None], cluster)[:, 0]
    scores[np.unique(cluster)] = by_cluster
    # Without an error there are no scores either.
    return scores * np.sqrt(result.covariance[0, 0] / (by_cluster @ by_cluster)) if np.isfinite(result.errors[0]) else scores * np.nan


def _horizon(data: pd.DataFrame, dates: _Dates, horizon: int, specification: Specification, options: SimpleNamespace) -> _Horizon | None:
    """Return the regression at a horizon; None where no date has treated units and clean controls."""
    time, cohort, cluster = dates.time, dates.cohort, dates.cluster
    at, base = dates.row(time + horizon), dates.row(dates.base)
    treated = cohort == time
    last = time + max(horizon, 0)
    clean = (cohort == 0) if options.control_group == "never_treated" else (cohort == 0) | (cohort > last)
    keep = (treated | clean) & (at >= 0) & (base >= 0) & (at != base)
    # A period in which nobody is newly treated, or nobody is clean, says nothing about the effect
    compared = np.intersect1d(time[keep & treated], time[keep & clean])
    # (its rows stay in the regression, as in the paper's code, and are absorbed by their period).
    if not len(compared):
        return None
    outcome = data["outcome"].to_numpy()
    controls = data[list(specification.controls)].to_numpy(float)[base[keep]]
    weights = _equal_weights(treated[keep], time[keep]) if options.reweight else None
    design = Design(
        outcome[at[keep]] - outcome[base[keep]],
        np.column_stack([treated[keep].astype(float), controls]),
        ("treated", *specification.controls),
        pd.factorize(time[keep])[0][:, None],
        (pd.factorize(cluster[keep])[0],),
        weights=weights,
    )
    result = fit(design, "cluster")
    scores = _scores(result, cluster[keep], int(data["_cluster"].max()) + 1)
    units = dates.unit[keep & treated & np.isin(time, compared)]
    return _Horizon(float(result.coefficients[0]), scores, units, int(keep.sum()), result.degrees, result.notes[0])


def _equal_weights(treated: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Return weights under which each period's regression coefficient counts by its treated units."""
    codes = pd.factorize(time)[0]
    share = (np.bincount(codes, treated) / np.bincount(codes))[codes]
    # A difference of means has weight n p (1 - p) in the pooled regression; n p is wanted.
    return np.where((share > 0) & (share < 1), 1 / np.where(share < 1, 1 - share, 1), 1e-12)
