"""Interaction-weighted event study (Sun and Abraham 2021, J. Econometrics 225: 175-199).

Cohort-by-event-time effects from one saturated regression, averaged with cohort shares. In a balanced panel with
units that are never treated and no covariates, the saturated coefficients are differences of cohort-by-period means
and their scores are deviations from those means: computed so, at any size. Otherwise the regression is run.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.entrance import entrance
from analysis.estimates import NotIdentified, parameter
from analysis.estimators._cohorts import cohort_panel, counts_of, lost_cohorts
from analysis.inference.absorb import absorbed, within_sd
from analysis.inference.cluster import cluster_sums, cr1_factor, need_two
from analysis.inference.cohort_average import cell_keys, panel_of
from analysis.inference.cohort_influence import averages
from analysis.inference.least_squares import Design, fit
from analysis.method import AGGREGATION, EVENT_WINDOW, Method

METHOD = Method(
    title="Interaction-weighted event study",
    citation="Sun and Abraham (2021), J. Econometrics 225: 175-199, section 4",
    library="analysis",
    needs=("outcome", "unit", "time", "cohort|treatment"),
    accepts=("controls", "cluster"),
    options={"aggregation": AGGREGATION, "event_window": EVENT_WINDOW},
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return 'att' (mean over treated cells) and 'event', 'group', 'calendar' or 'att_gt' rows; CR1 by unit or `cluster`.

    Without units that are never treated the last cohort is the control, in the periods before its treatment. Cohort
    shares count as known, as in the paper's software. Raises NotIdentified when nothing can be compared.
    """
    options = METHOD.read(specification)
    data = cohort_panel(panel, specification)
    if not (data["cohort"] == 0).any():
        last = data["cohort"].max()
        data = data[data["time"] < last].reset_index(drop=True)
        data["cohort"] = data["cohort"].where(data["cohort"] < last, 0)
        if not (data["cohort"] > data["time"].min()).any():
            raise NotIdentified("SUPPORT", "one cohort and no unit untreated throughout: nothing to compare with")
    data = data[(data["cohort"] == 0) | (data["cohort"] > data["time"].min())].reset_index(drop=True)
    lost = lost_cohorts(data)
    data = data[~data["cohort"].isin([row["cohort"] for row in lost])].reset_index(drop=True)
    if not (data["cohort"] > 0).any():
        raise NotIdentified("SUPPORT", "no cohort has an observed base period")
    untreated = (data["cohort"] == 0) | (data["time"] < data["cohort"])
    counts = counts_of(data, within_sd=within_sd(data, "outcome", "unit", "time", untreated))
    clusters = _clusters(data, specification)
    counts["n_clusters"] = need_two(clusters)
    counts["n_treated_clusters"] = len(np.unique(clusters[(data["cohort"] > 0).to_numpy()]))
    balanced = len(data) == data["unit"].nunique() * data["time"].nunique()
    keys, values, covariance = (
        _from_means(data, clusters, options)
        if balanced and not specification.controls
        else _from_regression(data, clusters, specification, options)
    )
    return lost + [
        parameter(term, value, np.sqrt(variance), inference="cluster", cohort=g, event_time=e, degrees=counts["n_clusters"] - 1, **counts)
        for (term, g, e), value, variance in zip(keys, values, covariance, strict=True)
    ]


def _clusters(data: pd.DataFrame, specification) -> np.ndarray:
    named = [name for name in specification.cluster if name != specification.unit]
    if len(specification.cluster) > 1:
        raise ValueError("sun_abraham takes one cluster variable")
    return pd.factorize(data[named[0]] if named else data["unit"])[0]


def _selections(g: np.ndarray, e: np.ndarray, options) -> dict[tuple, np.ndarray]:
    """Return (term, cohort, event_time) → the cells averaged; the overall effect comes first."""
    first, last = options.event_window
    after = e >= 0
    chosen = {("att", None, None): after}
    if options.aggregation == "dynamic":
        chosen |= {("event", None, int(k)): e == k for k in np.unique(e) if first <= k <= last}
    elif options.aggregation == "group":
        chosen |= {("group", int(k), None): after & (g == k) for k in np.unique(g)}
    elif options.aggregation == "calendar":
        chosen |= {(f"calendar:{int(k)}", None, None): after & (g + e == k) for k in np.unique((g + e)[after])}
    elif options.aggregation == "group_time":
        chosen |= {("att_gt", int(a), int(b)): (g == a) & (e == b) for a, b in zip(g, e, strict=True)}
    return chosen


def _from_means(data: pd.DataFrame, clusters: np.ndarray, options) -> tuple[list, np.ndarray, np.ndarray]:
    wide = panel_of(data, "outcome", "unit", "time", "cohort")
    cells = cell_keys(wide)
    chosen = _selections(cells[0], (cells[1] - cells[0]).astype(int), options)
    found = averages(wide, cells, list(chosen.values()), not_yet=False, fixed_weights=True)
    unit = np.zeros(len(wide.units), int)
    unit[pd.factorize(data["unit"], sort=True)[0]] = clusters
    sums = cluster_sums(found.influence, unit[found.order]) / len(wide.units)
    codes = np.column_stack([pd.factorize(data[name])[0] for name in ("unit", "time")])
    n_parameters = len(cells[0]) + absorbed(codes, clusters)
    return list(chosen), found.values, cr1_factor(len(data), len(sums), n_parameters) * (sums**2).sum(0)


def _from_regression(data: pd.DataFrame, clusters: np.ndarray, specification, options) -> tuple[list, np.ndarray, np.ndarray]:
    elapsed = (data["time"] - data["cohort"]).where(data["cohort"] > 0, -1).to_numpy(int)
    pairs = (
        data.loc[elapsed != -1, ["cohort"]].assign(e=elapsed[elapsed != -1]).drop_duplicates().sort_values(["cohort", "e"]).to_numpy(int)
    )
    cohort = data["cohort"].to_numpy()
    dummies = np.column_stack([(cohort == g) & (elapsed == e) for g, e in pairs]).astype(float)
    codes = np.column_stack([pd.factorize(data[name])[0] for name in ("unit", "time")])
    names = tuple(f"cohort {g}, event time {e}" for g, e in pairs) + specification.controls
    design = Design(data["outcome"].to_numpy(), np.column_stack([dummies, data[list(specification.controls)]]), names, codes, (clusters,))
    result = fit(design, "cluster")
    units = data.drop_duplicates(["unit", "cohort"])["cohort"].value_counts()
    share = np.array([units[g] for g, _ in pairs], float)
    chosen = _selections(pairs[:, 0], pairs[:, 1], options)
    weights = np.array([np.where(mask, share, 0) / share[mask].sum() for mask in chosen.values()])
    k = len(pairs)
    covariance = np.einsum("pi,ij,pj->p", weights, result.covariance[:k, :k], weights)
    return list(chosen), weights @ result.coefficients[:k], covariance
