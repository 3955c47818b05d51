"""Interaction-weighted event study (Sun and Abraham 2021, J. Econometrics 225: 175-199).

Cohort-by-event-time effects from one saturated regression, averaged with cohort shares. In a balanced panel without
covariates and weights, clustered by whole units, the saturated coefficients are differences of cohort-by-period means and
their scores deviations from those means: computed so, which is fastest. Otherwise the regression is run.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified, noted, parameter
from analysis.core.method import Method
from analysis.core.options import AGGREGATION, EVENT_WINDOW, Option
from analysis.core.representatives import STANDS_FOR, each
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._cohorts import bases_of, cohort_panel, counts_of
from analysis.estimators._left_out import joined
from analysis.estimators._regression import told, weights_of
from analysis.inference.absorb import absorbed, codes_of, nested, within_sd_of
from analysis.inference.cell_regression import fit_cells
from analysis.inference.cluster import cluster_sums, cr1_factor, need_two
from analysis.inference.group_time_averages import averages
from analysis.inference.group_time_cells import OVERALL, cell_keys, panel_of, place_of, selections
from analysis.inference.least_squares import Design

METHOD = Method(
    title="Interaction-weighted event study",
    citation="Sun and Abraham (2021), J. Econometrics 225: 175-199, section 4",
    library="analysis",
    needs=("outcome", "unit", "time", "cohort|treatment"),
    accepts=("controls", "cluster", "weights"),
    streamed=("controls", "aggregation", "event_window", "shares"),
    options={
        "aggregation": AGGREGATION,
        "event_window": EVENT_WINDOW,
        "shares": Option(
            "units",
            "what cells of an unbalanced panel are averaged by: units of the cohort, or observations of the cell (R's fixest)",
            ("units", "observations"),
        ),
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return 'att' (mean over treated cells) and 'event', 'group', 'calendar' or 'att_gt' rows; CR1 by unit or `cluster`.

    Without units that are never treated the last cohort is the control, in the periods before its treatment. Cohort
    shares count as known, as in the paper's software; with weights, units and observations count by theirs. Raises
    NotIdentified when nothing can be compared.
    """
    options = METHOD.read(specification)
    if len(specification.cluster) > 1:
        raise BadOption("sun_abraham takes one cluster variable", "cluster", specification.cluster, "one column")
    data, lost, without = _comparable(cohort_panel(panel, specification))
    treated, time = data["cohort"].to_numpy() > 0, data["time"].to_numpy()
    elapsed = np.where(treated, time - data["cohort"].to_numpy(), -1).astype(np.int64)
    codes = codes_of(data, ["unit", "time"])
    free, many = elapsed < 0, each(data)
    counts = counts_of(data, within_sd=within_sd_of(data["outcome"].to_numpy()[free], codes[free], None if many is None else many[free]))
    named = [name for name in specification.cluster if name != specification.unit]
    clusters = pd.factorize(data[named[0]])[0] if named else codes[:, 0]
    n_clusters = need_two(np.flatnonzero(np.bincount(clusters)))
    if STANDS_FOR not in data:  # representatives are clustered by unit
        counts["n_clusters"] = n_clusters
        counts["n_treated_clusters"] = int(np.count_nonzero(np.bincount(clusters[treated])))
    weights = weights_of(data, specification)
    balanced = len(data) == counts["n_units"] * (int(codes[:, 1].max()) + 1)
    if balanced and weights is None and not specification.controls and nested(codes[:, 0], clusters):
        found = _from_means(data, codes, clusters, options)
    else:
        found = _from_regression(data, elapsed, codes, clusters, weights, specification, options)
    about = {"inference": "cluster", "degrees": counts["n_clusters"] - 1, **counts} | ({"left_out": without} if without else {})
    return lost + [parameter(key[0], value, **place_of(key), **about | error) for key, value, error in found]


def _from_means(data: pd.DataFrame, codes: np.ndarray, clusters: np.ndarray, options: SimpleNamespace) -> list[tuple]:
    """Return the key, estimate and CR1 error, or why there is none, of each average."""
    wide = panel_of(data, "outcome", "unit", "time", "cohort")
    cells = cell_keys(wide)
    chosen = _selections(cells[0], cells[1], options)
    found = averages(wide, cells, list(chosen.values()), not_yet=False, fixed_weights=True)
    unit = np.zeros(len(wide.units), int)
    unit[pd.factorize(data["unit"], sort=True)[0]] = clusters
    by_cluster = cluster_sums(found.influence, unit) / len(wide.units)
    factor = cr1_factor(len(data), len(by_cluster), len(cells[0]) + absorbed(codes, clusters))
    errors = np.sqrt(factor * (by_cluster**2).sum(0))
    outcome = data["outcome"].to_numpy()
    return [(key, value, told(error, outcome)) for key, value, error in zip(chosen, found.values, errors, strict=True)]


def _from_regression(
    data: pd.DataFrame,
    elapsed: np.ndarray,
    codes: np.ndarray,
    clusters: np.ndarray,
    weights: np.ndarray | None,
    specification: Specification,
    options: SimpleNamespace,
) -> list[tuple]:
    """Return the same from the saturated regression."""
    g, e, cell = _cells(data["cohort"].to_numpy(), elapsed, _at_base(data))
    names = tuple(f"cohort ‹@{one}›, event time {k}" for one, k in zip(g, e, strict=True))
    controls = data[list(specification.controls)].to_numpy(float)
    design = Design(
        data["outcome"].to_numpy(), controls, specification.controls, codes, (clusters,), weights=weights, counting=STANDS_FOR in data
    )
    result = fit_cells(design, cell, names, "cluster")
    share = _shares(data, g, cell, weights, options.shares)
    found = []
    for key, chosen in _selections(g, g + e, options).items():
        mean = np.where(chosen, share, 0) / share[chosen].sum()
        value, error, note = result.average(mean)
        found.append((key, value, {"std_error": error} | noted(note)))
    return found


def _comparable(data: pd.DataFrame) -> tuple[pd.DataFrame, list[dict], str]:
    """Return the rows of cohorts with a base period and of their controls, a refused row for each other cohort, and what is left out."""
    without = data.attrs.get("left_out", "")
    if not (data["cohort"] == 0).any():
        last = data["cohort"].max()
        without = joined(without, f"rows from period ‹@{int(last)}› on, in which no unit is untreated")
        data = data[data["time"] < last].reset_index(drop=True)
        data["cohort"] = data["cohort"].where(data["cohort"] < last, 0)
        if not (data["cohort"] > data["time"].min()).any():
            raise NotIdentified("SUPPORT", "one cohort and no unit untreated throughout: nothing to compare with")
    bases = bases_of(data)
    if not bases.used:
        raise NotIdentified("SUPPORT", "no cohort has an observed base period")
    without = joined(without, bases.notes())
    keep = (data["cohort"] == 0) | data["cohort"].isin(list(bases.used))
    return data if keep.all() else data[keep].reset_index(drop=True), bases.refused(), without


def _at_base(data: pd.DataFrame) -> np.ndarray:
    """Return which rows (rows,) cells are measured from: those of the base period of their cohort, and of units never treated."""
    base = data["cohort"].map(bases_of(data).used)
    return (base.isna() | (base == data["time"])).to_numpy()


def _cells(cohort: np.ndarray, elapsed: np.ndarray, at_base: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return cohort and event time of each cell (cells,), sorted, and the cell of each row, -1 `at_base`."""
    on = ~at_base
    first = elapsed.min()
    span = elapsed.max() - first + 1
    # A cohort and an event time as one whole number: counting is faster than sorting rows.
    key = np.where(on, cohort * span + elapsed - first, 0)
    low = key[on].min()
    present = np.bincount(key[on] - low) > 0
    code = np.where(present, np.cumsum(present) - 1, -1)
    g, e = np.divmod(np.flatnonzero(present) + low, span)
    return g, e + first, np.where(on, code[np.where(on, key - low, 0)], -1)


def _shares(data: pd.DataFrame, g: np.ndarray, cell: np.ndarray, weights: np.ndarray | None, kind: str) -> np.ndarray:
    """Return what each cell counts by in an average (cells,): its observations, or the units of its cohort; weighted.

    A unit counts with the mean of its weights.
    """
    if kind == "observations":
        on = cell >= 0
        return np.bincount(cell[on], None if weights is None else weights[on], len(g)).astype(float)
    unit = pd.factorize(data["unit"])[0]
    cohort = np.zeros(unit.max() + 1)
    cohort[unit] = data["cohort"].to_numpy()
    mass = np.ones(len(cohort)) if weights is None else np.bincount(unit, weights) / np.bincount(unit)
    cohorts, code = np.unique(cohort, return_inverse=True)
    return np.bincount(code, mass)[np.searchsorted(cohorts, g)]


def _selections(cohort: np.ndarray, period: np.ndarray, options: SimpleNamespace) -> dict[tuple, np.ndarray]:
    """Return the key → the cells averaged, of event times those of the window; the overall effect comes first."""
    first, last = options.event_window
    parts = selections(cohort, period, options.aggregation).items()
    shown = {key: chosen for key, chosen in parts if key[0] != "event" or first <= key[2] <= last}
    return {OVERALL: period >= cohort} | shown
