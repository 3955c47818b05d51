"""Two-stage difference-in-differences (Gardner 2022, arXiv 2207.05943).

First stage: unit and period effects (and controls) from untreated observations. Second: what they leave of every
outcome is regressed on treatment. The variance carries the first stage's noise (his appendix, the GMM formula of Newey
and McFadden 1994, theorem 6.1). Sparse throughout; libraries hold a dense matrix of all effects.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.entrance import entrance
from analysis.estimates import NotIdentified, parameter, refused
from analysis.estimators._cohorts import cohort_panel, counts_of
from analysis.inference.absorb import Absorber, sums, within_sd
from analysis.inference.cluster import cluster_sums, need_two
from analysis.method import ANTICIPATION, EVENT_WINDOW, Method, Option

METHOD = Method(
    title="Two-stage difference-in-differences",
    citation="Gardner (2022), arXiv 2207.05943",
    library="analysis",
    needs=("outcome", "unit", "time", "cohort|treatment"),
    accepts=("controls", "cluster"),
    options={
        "aggregation": Option("simple", "which averages are reported beside the overall effect", ("simple", "dynamic", "group")),
        "anticipation": ANTICIPATION,
        "event_window": EVENT_WINDOW,
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return 'att' (mean over treated observations) and 'event' or 'group' rows; errors by unit or `cluster`, no factor.

    Event times before treatment are second-stage regressors too (dynamic), relative to the untreated fit.
    Raises NotIdentified when a treated observation's unit or period has no untreated one.
    """
    options = METHOD.read(specification)
    data = cohort_panel(panel, specification)
    treated = ((data["cohort"] > 0) & (data["time"] >= data["cohort"] - options.anticipation)).to_numpy()
    seen = data["unit"].isin(data.loc[~treated, "unit"].unique()) & data["time"].isin(data.loc[~treated, "time"].unique())
    if not (seen & treated).any():
        raise NotIdentified("SUPPORT", "no treated observation has untreated ones of its unit and of its period")
    lone = ~data["time"].isin(data.loc[~treated, "time"].unique())
    if lone.any():
        raise NotIdentified("SUPPORT", "a period has no untreated unit: drop those periods first")
    # A unit without an untreated observation has no effect of its own to take away.
    lost = data.loc[~seen & treated & (data["cohort"] > data["time"].min()), "unit"].nunique()
    data, treated = data[seen].reset_index(drop=True), treated[seen.to_numpy()]
    first = _FirstStage(data, treated, specification.controls)
    clusters = pd.factorize(data[next((name for name in specification.cluster if name != specification.unit), "unit")])[0]
    counts = counts_of(data, within_sd=within_sd(data, "outcome", "unit", "time", pd.Series(~treated)))
    counts |= {"n_clusters": need_two(clusters), "n_treated_clusters": len(np.unique(clusters[treated]))}
    rows = []
    for terms, design in _designs(data, treated, options):
        beta, errors = first.second_stage(design, clusters)
        shown = zip(terms, beta, errors, strict=True)
        rows += [parameter(t, b, se, inference="analytic", cohort=g, event_time=e, **counts) for (t, g, e), b, se in shown]
    if lost:
        why = f"{lost} treated units without an untreated observation are left out"
        rows.append(refused("units_left_out", "SUPPORT", why))
    return rows


def _designs(data: pd.DataFrame, treated: np.ndarray, options) -> list[tuple[list[tuple], np.ndarray]]:
    """Return the second-stage regressors of the overall effect and of the chosen averages."""
    designs = [([("att", None, None)], treated[:, None].astype(float))]
    if options.aggregation == "dynamic":
        elapsed = (data["time"] - data["cohort"]).where(data["cohort"] > 0, -(10**6)).to_numpy(int)
        first, last = options.event_window
        kept = [int(e) for e in np.unique(elapsed) if first <= e <= last and (e >= 0 or e < -1)]
        # Without one untreated event time left out, effects before treatment would sum to the fit's own mean.
        designs.append(([("event", None, e) for e in kept], np.column_stack([elapsed == e for e in kept]).astype(float)))
    if options.aggregation == "group":
        cohort = data["cohort"].to_numpy()
        kept = [int(g) for g in np.unique(cohort[treated])]
        designs.append(([("group", g, None) for g in kept], np.column_stack([treated & (cohort == g) for g in kept]).astype(float)))
    return designs


class _FirstStage:
    """Effects fitted on untreated rows; `residual` (rows,) is what they leave of every outcome."""

    def __init__(self, data: pd.DataFrame, treated: np.ndarray, controls: tuple[str, ...]):
        self.codes = np.column_stack([pd.factorize(data[name])[0] for name in ("unit", "time")])
        self.free = ~treated
        x = data[list(controls)].to_numpy(float)
        y = data["outcome"].to_numpy()
        self.x = x
        self.absorber = Absorber(self.codes[self.free])
        if not self.absorber.solved:
            raise NotIdentified("SIZE", "both unit and time have thousands of levels")
        net = self.absorber.residualize(np.column_stack([y, x])[self.free])
        self.net_x = net[:, 1:]
        gamma = np.linalg.lstsq(self.net_x, net[:, 0], rcond=None)[0] if x.shape[1] else np.empty(0)
        effects = self._solve(self._totals((y - x @ gamma)[:, None] * self.free[:, None]))
        self.residual = y - x @ gamma - self._at(effects)[:, 0]

    def _totals(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return tuple(sums(values, self.codes[:, i], int(self.codes[:, i].max()) + 1) for i in (0, 1))

    def _solve(self, totals: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Return the effects of the untreated rows' normal equations for right-hand sides `totals` (by unit, by time)."""
        a = self.absorber
        large, small = (totals[i] for i in a.order)
        other = a.inverse @ (small - a.share.T @ large)
        return tuple(
            part for _, part in sorted(zip(a.order, (large / a.size[:, None] - a.share @ other, other), strict=True), key=lambda p: p[0])
        )

    def _at(self, effects: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        return effects[0][self.codes[:, 0]] + effects[1][self.codes[:, 1]]

    def second_stage(self, design: np.ndarray, clusters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return coefficients (k,) and standard errors (k,) of the residual on `design` (rows, k)."""
        bread = np.linalg.inv(design.T @ design)
        beta = bread @ (design.T @ self.residual)
        fitted = self._at(self._solve(self._totals(design)))
        if self.x.shape[1]:
            # The controls' part of the first stage, net of the effects (Frisch-Waugh-Lovell).
            gap = self.x.T @ design - self.x[self.free].T @ fitted[self.free]
            loading = np.linalg.solve(self.net_x.T @ self.net_x, gap)
            inside = np.zeros_like(design)
            inside[self.free] = self.net_x @ loading
            fitted = fitted + inside
        scores = design * (self.residual - design @ beta)[:, None] - fitted * (self.free * self.residual)[:, None]
        meat = cluster_sums(scores, clusters)
        return beta, np.sqrt(np.diag(bread @ (meat.T @ meat) @ bread))
