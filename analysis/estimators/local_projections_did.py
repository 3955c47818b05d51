"""Local projections difference-in-differences (Dube, Girardi, Jorda and Taylor 2025, J. Applied Econometrics 40: 741-758).

At each horizon the long difference since the period before is regressed on first treatment with period effects, among
units first treated in that period and clean controls: units still untreated at the horizon.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.core.estimates import NotIdentified, parameter, refused
from analysis.core.method import Method, Option
from analysis.core.sample import entrance
from analysis.estimators._cohorts import cohort_panel, counts_of, lost_cohorts
from analysis.estimators._left_out import joined
from analysis.estimators._regression import noted
from analysis.inference.absorb import within_sd
from analysis.inference.cluster import cluster_sums, need_two
from analysis.inference.least_squares import Design, fit

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
def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return an 'event' row a horizon and 'att', the mean of those at or after zero weighted by treated observations.

    Clustered by unit or `cluster` (CR1); controls enter with their value in the period before treatment.
    Raises NotIdentified when no horizon after treatment can be compared.
    """
    options = METHOD.read(specification)
    data = cohort_panel(panel, specification).sort_values(["unit", "time"], kind="stable").reset_index(drop=True)
    lost = lost_cohorts(data)
    data = data[~data["cohort"].isin([row["cohort"] for row in lost])].reset_index(drop=True)
    cluster = pd.factorize(data[next((name for name in specification.cluster if name != specification.unit), "unit")])[0]
    n_clusters = need_two(cluster)
    lookup = pd.MultiIndex.from_arrays([data["unit"], data["time"]])
    horizons, failed = {}, []
    for horizon in range(options.event_window[0], options.event_window[1] + 1):
        if horizon != -1:
            try:
                found = _horizon(data, lookup, cluster, horizon, specification, options)
            except NotIdentified as error:
                failed.append(refused("event", error.code, str(error)) | {"event_time": horizon})
                continue
            if found is not None:
                horizons[horizon] = found
    after = {h: found for h, found in horizons.items() if h >= 0}
    if not after:
        reasons = [row["reason"].partition(": ") for row in failed if row["event_time"] >= 0]
        why = reasons[0] if reasons else ("SUPPORT", "", "no horizon after treatment has treated units and clean controls")
        raise NotIdentified(why[0], why[2])
    untreated = (data["cohort"] == 0) | (data["time"] < data["cohort"])
    counts = counts_of(data, within_sd=within_sd(data, "outcome", "unit", "time", untreated))
    counts |= {"n_clusters": n_clusters, "n_treated_clusters": len(np.unique(cluster[data["cohort"] > 0]))}
    if told := joined(data.attrs.get("left_out", ""), [f"cohort ‹@{row['cohort']}›, without an observed base period" for row in lost]):
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
    weights = np.array([f.n_treated for f in after.values()], float)
    weights /= weights.sum()
    overall = sum(w * f.effect for w, f in zip(weights, after.values(), strict=True))
    scores = sum(w * f.scores for w, f in zip(weights, after.values(), strict=True))
    about = {"inference": "cluster", "degrees": counts["n_clusters"] - 1} | noted(next((f.note for f in after.values() if f.note), ""))
    return [parameter("att", overall, float(np.sqrt(scores @ scores)), **about, **counts), *rows, *failed, *lost]


class _Horizon:
    """Effect at one horizon and its score by cluster, whose sum of squares is the CR1 variance."""

    def __init__(self, result, treated: np.ndarray, cluster: np.ndarray, n_clusters: int):
        # Of one length, so that the unit of a control does not cost the inverse its digits.
        length = np.sqrt((result.regressors**2).sum(0))
        x = result.regressors / length
        bread = np.linalg.inv(x.T @ x)[0] / length[0]
        scores = np.zeros(n_clusters)
        by_cluster = cluster_sums((x @ bread)[:, None] * result.residuals[:, None], cluster)[:, 0]
        scores[np.unique(cluster)] = by_cluster
        self.effect, self.note = float(result.coefficients[0]), result.notes[0]
        # The fit's own small-sample factor; without an error there are no scores either.
        self.scores = (
            scores * np.sqrt(result.covariance[0, 0] / (by_cluster @ by_cluster)) if np.isfinite(result.errors[0]) else scores * np.nan
        )
        self.n_treated, self.n_obs, self.degrees = int(treated.sum()), len(treated), result.degrees


def _horizon(data, lookup, cluster, horizon: int, specification, options) -> _Horizon | None:
    unit, time, cohort = (data[name].to_numpy() for name in ("unit", "time", "cohort"))
    y = data["outcome"]
    at = {shift: y.reindex(lookup.get_indexer(pd.MultiIndex.from_arrays([unit, time + shift]))).to_numpy() for shift in (horizon, -1)}
    position = lookup.get_indexer(pd.MultiIndex.from_arrays([unit, time - 1]))
    treated = cohort == time
    last = time + max(horizon, 0)
    clean = (cohort == 0) if options.control_group == "never_treated" else (cohort == 0) | (cohort > last)
    keep = (treated | clean) & np.isfinite(at[horizon]) & np.isfinite(at[-1]) & (position >= 0)
    # A period in which nobody is newly treated, or nobody is clean, says nothing about the effect
    compared = np.intersect1d(time[keep & treated], time[keep & clean])
    # (its rows stay in the regression, as in the paper's code, and are absorbed by their period).
    if not len(compared):
        return None
    controls = data[list(specification.controls)].to_numpy(float)[np.maximum(position, 0)]
    weights = _equal_weights(treated[keep], time[keep]) if options.reweight else None
    design = Design(
        (at[horizon] - at[-1])[keep],
        np.column_stack([treated.astype(float), controls])[keep],
        ("treated", *specification.controls),
        pd.factorize(time[keep])[0][:, None],
        (pd.factorize(cluster[keep])[0],),
        weights=weights,
    )
    result = fit(design, "cluster")
    codes = cluster[keep]
    return _Horizon(result, (treated & np.isin(time, compared))[keep], codes, int(cluster.max()) + 1)


def _equal_weights(treated: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Return weights under which each period's regression coefficient counts by its treated units."""
    codes = pd.factorize(time)[0]
    share = (np.bincount(codes, treated) / np.bincount(codes))[codes]
    # A difference of means has weight n p (1 - p) in the pooled regression; n p is wanted.
    return np.where((share > 0) & (share < 1), 1 / np.where(share < 1, 1 - share, 1), 1e-12)
