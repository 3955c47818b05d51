"""What imputation and two-stage difference-in-differences share: rows whose untreated outcome can be fitted, and averages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification
from analysis.estimators._cohorts import cohort_panel, counts_of, unit_names
from analysis.estimators._left_out import joined, listed, periods
from analysis.estimators._regression import told, weights_of
from analysis.inference.absorb import codes_of, within_sd_of
from analysis.inference.cluster import need_two
from analysis.inference.untreated_fit import UntreatedFit, identified


@dataclass(frozen=True)
class Imputation:
    """Rows of a panel (unit, time, outcome, cohort, controls) that are `treated` or not, and the fit on those that are not.

    `codes` (rows, 2) are units and periods, `clusters` (rows,) codes, `weights` (rows,) or None; `about` goes into every row.
    `reference` is the last event time before treatment and `anticipation`.
    """

    data: pd.DataFrame
    treated: np.ndarray
    codes: np.ndarray
    clusters: np.ndarray
    weights: np.ndarray | None
    fit: UntreatedFit
    reference: int
    about: dict

    @property
    def elapsed(self) -> np.ndarray:
        """Return periods since treatment (rows,), far below any for units never treated."""
        time, cohort = self.data["time"].to_numpy(), self.data["cohort"].to_numpy()
        return np.where(cohort > 0, time - cohort, -(10**9)).astype(np.int64)


def impute(panel: pd.DataFrame, specification: Specification, anticipation: int) -> Imputation:
    """Return the Imputation of a panel; treated are rows from `anticipation` periods before the cohort on.

    Treated rows without an untreated row of their unit, of their period, or a link between the two are left out and named.
    Raises NotIdentified when none is left.
    """
    data = cohort_panel(panel, specification)
    treated = ((data["cohort"] > 0) & (data["time"] >= data["cohort"] - anticipation)).to_numpy()
    data, treated, codes, lost = _imputable(data, treated)
    weights = weights_of(data, specification)
    cluster = next((name for name in specification.cluster if name != specification.unit), "")
    clusters = pd.factorize(data[cluster])[0] if cluster else codes[:, 0]
    n_clusters = need_two(np.flatnonzero(np.bincount(clusters)))
    controls = data[list(specification.controls)].to_numpy(float)
    fit = UntreatedFit(data["outcome"].to_numpy(), controls, specification.controls, codes, ~treated, weights, clusters)
    counts = counts_of(data, within_sd=within_sd_of(data["outcome"].to_numpy()[~treated], codes[~treated]))
    counts |= {"n_clusters": n_clusters, "n_treated_clusters": int(np.count_nonzero(np.bincount(clusters[treated])))}
    about = {"inference": "analytic", **counts} | ({"left_out": lost} if lost else {})
    return Imputation(data, treated, codes, clusters, weights, fit, -1 - anticipation, about)


def _imputable(data: pd.DataFrame, treated: np.ndarray) -> tuple[pd.DataFrame, np.ndarray, np.ndarray, str]:
    """Return the rows whose untreated outcome the fit can give, which are treated, codes of unit and period, and what is left out."""
    codes = codes_of(data, ["unit", "time"])
    if treated.all():
        raise NotIdentified("SUPPORT", "no untreated observation")
    no_unit, no_period, apart = identified(codes, ~treated)
    lost = no_unit | no_period | apart
    if not (treated & ~lost).any():
        raise NotIdentified("SUPPORT", "no treated observation has untreated ones of its unit and of its period")
    before = data.attrs.get("left_out", "")
    if not lost.any():
        return data, treated, codes, joined(before)
    names = np.array(unit_names(data), dtype=object)
    units = names[np.unique(data["unit"].to_numpy()[no_unit])]
    said = []
    if len(units):
        said.append(f"{no_unit.sum()} observations of {len(units)} units without an untreated period ({listed(units)})")
    if (late := no_period & ~no_unit).any():
        when = np.unique(data["time"].to_numpy()[late])
        said.append(f"{late.sum()} observations of {len(when)} periods without an untreated unit ({periods(when)})")
    if apart.any():
        units = names[np.unique(data["unit"].to_numpy()[apart])]
        said.append(f"{apart.sum()} observations of {len(units)} units whose untreated periods nothing links to theirs ({listed(units)})")
    data = data[~lost].reset_index(drop=True)
    return data, treated[~lost], codes_of(data, ["unit", "time"]), joined(before, said)


def means_of(found: Imputation, cell: np.ndarray, k: int, centre: np.ndarray) -> list[dict]:
    """Return estimate and std_error, or why there is none, of the mean of each cell; arguments as of UntreatedFit.scores."""
    errors = np.sqrt((found.fit.scores(cell, k, centre) ** 2).sum(0))
    outcome = found.data["outcome"].to_numpy()
    return [{"estimate": b} | told(error, outcome) for b, error in zip(found.fit.means(cell, k), errors, strict=True)]


def cells_of(found: Imputation, aggregation: str, window: list[int], early: bool) -> tuple[list[dict], np.ndarray]:
    """Return what names each cell of an aggregation in its row, and the cell of each row (rows,), -1 for none.

    dynamic: periods since treatment inside `window`, with `early` also those before the reference; group: cohorts.
    """
    if aggregation == "group":
        cohort = np.where(found.treated, found.data["cohort"].to_numpy(), 0)
        values, cell = np.unique(cohort, return_inverse=True)
        return [{"cohort": int(g)} for g in values if g], cell - int(values[0] == 0)
    elapsed = found.elapsed
    first, last = window
    on = (elapsed >= first) & (elapsed <= last) & (found.treated | (early & (elapsed < found.reference)))
    values, cell = np.unique(np.where(on, elapsed, first - 1), return_inverse=True)
    outside = int(values[0] < first) if len(values) else 0
    return [{"event_time": int(e)} for e in values[outside:]], cell - outside
