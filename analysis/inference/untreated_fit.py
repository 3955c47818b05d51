"""Unit and period effects fitted on untreated rows, and what averages of treated rows owe to that fit.

The first step of imputation (Borusyak, Jaravel and Spiess 2024, REStud 91: 3253-3285) and of two-stage
difference-in-differences (Gardner 2022, arXiv 2207.05943). An average of the outcomes net of the fit is linear in all
outcomes; its weight on untreated rows is minus the projection of its weights on treated ones. Scores by cluster follow from
tables by level (inference.effect_tables).
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from analysis.inference.absorb import Absorber, sums
from analysis.inference.effect_tables import ClusterTables, Explained, dense, table
from analysis.inference.rank import Projection, lengths, need_variation, project, resolution


class UntreatedFit:
    """The fit on the rows that are `free` of treatment; `residual` (rows,) is what it leaves of every outcome.

    `codes` (rows, 2) are units and periods, each with an untreated row; `weights` (rows,) or None; `clusters` (rows,) codes.
    Raises NotIdentified for controls without variation of their own among untreated rows.
    """

    def __init__(
        self,
        outcome: np.ndarray,
        controls: np.ndarray,
        names: tuple[str, ...],
        codes: np.ndarray,
        free: np.ndarray,
        weights: np.ndarray | None,
        clusters: np.ndarray,
    ) -> None:
        self.free, self.weights, self.clusters = free, weights, clusters
        self.n_clusters = int(clusters.max()) + 1
        heavy = None if weights is None else weights[free]
        self.absorber = Absorber(codes[free], heavy)
        self.large, self.small = (np.ascontiguousarray(codes[:, i]) for i in self.absorber.order)
        y = outcome - outcome[free].mean()
        own = clusters[free]
        if len(names):
            self.controls, self.projection = self._standardized(controls, names)
            net = self.absorber.residualize(y[free])[:, 0]
            y = y - self.controls @ self.projection.coefficients(net if heavy is None else net * np.sqrt(heavy))
        by_level = self._explained(y[free, None]).by_level()
        self.residual = y - by_level[0][self.large, 0] - by_level[1][self.small, 0]
        weighted = self.residual[free] if weights is None else self.residual[free] * heavy
        self.tables = ClusterTables(self.absorber, weighted, own, self.n_clusters)
        self.control_scores = None
        if len(names):
            left = self.residual[free] if heavy is None else self.residual[free] * np.sqrt(heavy)
            self.control_scores = sums(self.projection.columns * left[:, None], own, self.n_clusters)

    def _standardized(self, controls: np.ndarray, names: tuple[str, ...]) -> tuple[np.ndarray, Projection]:
        """Return controls (rows, p) of mean zero and unit spread among untreated rows, and the Projection on what is their own there.

        Their scale moves no effect. The columns of the Projection are net of the effects, times the root of the weights.
        """
        raw = controls[self.free]
        spread = raw.std(0)
        columns = (controls - raw.mean(0)) / np.where(spread > 0, spread, 1.0)
        net = self.absorber.residualize(columns[self.free])
        within = " among untreated observations within units and periods"
        need_variation(net * spread, raw, names, within)
        noise = resolution(raw) / np.where(spread > 0, spread, 1.0) / lengths(net)
        root = 1.0 if self.weights is None else np.sqrt(self.weights[self.free])[:, None]
        return columns, project(net * root, names, lambda: noise, within)

    def _sums(self, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the weighted sums of `columns` (untreated rows, k) by level of the two effects."""
        a = self.absorber
        weighted = columns if a.weights is None else columns * a.weights[:, None]
        return sums(weighted, a.large, len(a.size)), sums(weighted, a.small, len(a.total))

    def _explained(self, columns: np.ndarray) -> Explained:
        return Explained(self.absorber, *self._sums(columns))

    def means(self, cell: np.ndarray, k: int) -> np.ndarray:
        """Return the (weighted) mean residual of each cell (k,); `cell` (rows,) holds codes, -1 for rows in none."""
        on = cell >= 0
        weights = np.ones(on.sum()) if self.weights is None else self.weights[on]
        return np.bincount(cell[on], weights * self.residual[on], k) / np.bincount(cell[on], weights, k)

    def scores(self, cell: np.ndarray, k: int, centre: np.ndarray) -> np.ndarray:
        """Return the influence by cluster (clusters, k) of the mean residual of each cell.

        A row of a cell counts with its residual less its `centre` (rows,); untreated rows with what the cell's mean owes to
        the fit. Squares sum to the variance.
        """
        on = np.flatnonzero(cell >= 0)
        heavy = None if self.weights is None else self.weights[on]
        large = table(self.large[on], len(self.absorber.size), cell[on], k, heavy)
        small = table(self.small[on], len(self.absorber.total), cell[on], k, heavy)
        explained = Explained(self.absorber, large, small)
        owed = self.tables.scores(explained)
        if self.control_scores is not None:
            # The controls' part of the fit, net of the effects (Frisch-Waugh-Lovell).
            x = self.controls[on] if heavy is None else self.controls[on] * heavy[:, None]
            gap = sums(x, cell[on], k).T - explained.against(*self._sums(self.controls[self.free]))
            owed = owed + self.control_scores @ (self.projection.bread @ gap)
        deviation = self.residual[on] - centre[on]
        own = table(self.clusters[on], self.n_clusters, cell[on], k, deviation if heavy is None else deviation * heavy)
        return (dense(own) - owed) / np.bincount(cell[on], heavy, k)


def identified(codes: np.ndarray, free: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return which rows (rows,) lack an untreated row of their unit, of their period, and a link between the two.

    `codes` (rows, 2) are units and periods. The difference between the effects of a unit and of a period is known only where
    untreated rows lead from one to the other.
    """
    unit, period = codes.T
    units, periods = int(unit.max()) + 1, int(period.max()) + 1
    by_unit, by_period = np.bincount(unit[free], minlength=units), np.bincount(period[free], minlength=periods)
    no_unit, no_period = by_unit[unit] == 0, by_period[period] == 0
    if by_unit.max() == np.count_nonzero(by_period):  # one unit is untreated in all those periods and links them
        return no_unit, no_period, np.zeros(len(unit), bool)
    graph = sparse.coo_matrix((np.ones(free.sum()), (unit[free], units + period[free])), shape=(units + periods,) * 2)
    part = connected_components(graph, directed=False)[1]
    return no_unit, no_period, ~no_unit & ~no_period & (part[unit] != part[units + period])
