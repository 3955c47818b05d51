"""Estimates of one specification under every permutation of the treatment dates, none of them by a regression per permutation."""

from __future__ import annotations

import numpy as np

from analysis.specification_curve.permutations import NEVER, Permutations
from analysis.specification_curve.two_way import COLLINEAR, Fit, Swept

# A period with less than this share of its weight left, given the periods before it, is a combination of them.
NOTHING_LEFT = 1e-9


class Regressions:
    """The two-way coefficient under every permutation (Frisch-Waugh-Lovell): what is net of the effects is found once for all permutations.

    `cells` says where the rows of `swept` stand in a table units x periods; units must be one of the two effects, `second`
    (rows,) is the other. A permuted treatment moves with its unit, so that its sum of squares net of both effects needs its
    few treated cells alone, and its products with net columns are sums of these columns from its first period on.
    """

    def __init__(self, swept: Swept, permutations: Permutations, cells: tuple[np.ndarray, np.ndarray], second: np.ndarray) -> None:
        self.permutations, self.cells = permutations, cells
        self.seen = permutations.table(np.ones(len(second)), cells, 0.0) > 0
        levels = int(second.max()) + 1
        self.second = permutations.table(second, cells, levels).astype(int)  # cells without a row: a level of their own
        shares = np.zeros((len(permutations.units), levels + 1))
        np.add.at(
            shares, (np.repeat(np.arange(len(permutations.units)), len(permutations.periods)), self.second.ravel()), self.seen.ravel()
        )
        size = np.maximum(self.seen.sum(1), 1)
        self.normal = np.linalg.pinv(np.diag(shares.sum(0)) - shares.T @ (shares / size[:, None]), rcond=1e-10, hermitian=True)
        self.sizes = {dates: self._size(dates) for dates in swept.treatments}
        self.products = {
            dates: {name: np.column_stack([self.sums(column, dates) for column in block.T]) for name, block in swept.controls.items()}
            for dates in swept.treatments
        }

    def _size(self, dates: str) -> tuple[np.ndarray, np.ndarray]:
        """Return every permutation's treatment: its sum of squares around unit means, and net of both effects; (draws + 1,) each."""
        places, begins = self.permutations.treated[dates]
        seen = self.seen[places]
        treated = seen & (np.arange(len(self.permutations.periods)) >= begins[..., None])
        count = np.maximum(seen.sum(2), 1)
        share = treated.sum(2) / count
        net = np.where(seen, treated - share[..., None], 0.0)
        permutation = np.arange(len(places))[:, None, None]
        levels = len(self.normal)
        by_level = np.bincount((permutation * levels + self.second[places]).ravel(), net.ravel(), len(places) * levels).reshape(-1, levels)
        around = (count * share * (1 - share)).sum(1)
        return around, around - np.einsum("dk,kl,dl->d", by_level, self.normal, by_level)

    def sums(self, net_column: np.ndarray, dates: str) -> np.ndarray:
        """Return the inner product of every permutation's treatment with a column (rows,) net of the effects, shape (draws + 1,)."""
        table = self.permutations.table(net_column, self.cells, 0.0)
        from_period_on = np.column_stack([np.cumsum(table[:, ::-1], axis=1)[:, ::-1], np.zeros(len(table))])
        places, begins = self.permutations.treated[dates]
        return from_period_on[places, begins].sum(1)

    def coefficients(self, fit: Fit) -> np.ndarray:
        """Return the coefficient of `fit` under every permutation, (draws + 1,); not a number where effects or controls explain one."""
        around, size = self.sizes[fit.dates]
        if fit.controls:
            products = np.column_stack([self.products[fit.dates][name] for name in fit.controls])
            size = size - ((products @ fit.weights) ** 2).sum(1)
        return _ratio(self.sums(fit.net_outcome, fit.dates), np.where(size > COLLINEAR * around, size, 0.0))


def cohort_means(outcome: np.ndarray, permutations: Permutations, dates: str, not_yet_treated: bool) -> np.ndarray:
    """Return the average of group-time effects without covariates (Callaway and Sant'Anna 2021) for every permutation.

    `outcome` (units, periods) with NaN. Treated cells are weighed by the size of their cohort, as in
    inference.group_time_averages; here all permutations are evaluated by matrix products.
    """
    observed = ~np.isnan(outcome).all(0)
    periods, outcome = permutations.periods[observed], outcome[:, observed]
    present = ~np.isnan(outcome).all(1)
    # Who is treated after the last period of the sample is never treated in it.
    cohorts = np.where(permutations.first[dates] > periods[-1], NEVER, permutations.first[dates])
    total, weight = np.zeros(len(cohorts)), np.zeros(len(cohorts))
    controls = {}
    for g in np.unique(cohorts[0][np.isfinite(cohorts[0])]):
        # The base is the last period before treatment, as in inference.group_time_averages.
        first_on = int(np.searchsorted(periods, g))
        if first_on == 0 or first_on == len(periods):
            continue
        member = ((cohorts == g) & present).astype(float)
        share = member.sum(1)
        change = outcome[:, first_on:] - outcome[:, [first_on - 1]]
        valid = ~np.isnan(change)
        filled = np.where(valid, change, 0.0)
        treated = _ratio(member @ filled, member @ valid)
        for column, t in enumerate(periods[first_on:]):
            horizon = t if not_yet_treated else np.inf
            if horizon not in controls:
                controls[horizon] = (cohorts > horizon if not_yet_treated else np.isinf(cohorts)).astype(float)
            among = _ratio(controls[horizon] @ filled[:, column], controls[horizon] @ valid[:, column])
            effect = treated[:, column] - among
            exists = np.isfinite(effect)
            total += np.where(exists, effect, 0.0) * share
            weight += exists * share
    return _ratio(total, weight)


def imputation(outcome: np.ndarray, permutations: Permutations, dates: str) -> np.ndarray:
    """Return the mean effect over treated cells by imputation (Borusyak, Jaravel and Spiess 2024) for every permutation.

    `outcome` (units, periods) with NaN. Unit effects are swept out of the untreated cells; what remains are normal
    equations in the few period effects, which change between permutations by the treated units alone.
    """
    seen = ~np.isnan(outcome)
    filled = np.where(seen, outcome, 0.0)
    places, begins = permutations.treated[dates]
    all_seen, values = seen[places], filled[places]
    untreated = all_seen & (np.arange(len(permutations.periods)) < begins[..., None])
    matrix, right = _normal(seen[None], filled[None])
    minus, minus_right = _normal(all_seen, values)
    plus, plus_right = _normal(untreated, values)
    period_effects = _solved(matrix - minus + plus, right - minus_right + plus_right)
    net = values - period_effects[:, None, :]
    count = untreated.sum(2)
    unit_effects = (net * untreated).sum(2) / np.maximum(count, 1)
    cells = all_seen & ~untreated & (count > 0)[..., None]
    return _ratio(((net - unit_effects[..., None]) * cells).sum((1, 2)), cells.sum((1, 2)).astype(float))


def _solved(normal: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return period effects (draws, T) of normal equations `normal` (draws, T, T), which are known but for a constant.

    A constant added to the equations' matrix makes it definite where nothing else is unknown, and solutions then sum to zero; where it
    does not (a period without untreated cells, periods that share no unit), effects are those of least norm.
    """
    size = normal.shape[1]
    definite = normal + np.trace(normal, axis1=1, axis2=2)[:, None, None] / size**2
    try:
        left = np.diagonal(np.linalg.cholesky(definite), axis1=1, axis2=2) ** 2
    except np.linalg.LinAlgError:
        left = np.zeros(1)
    if left.min() <= NOTHING_LEFT * np.diagonal(definite, axis1=1, axis2=2).max():
        return np.einsum("bst,bt->bs", np.linalg.pinv(normal, rcond=1e-10, hermitian=True), right)
    return np.linalg.solve(definite, right[..., None])[..., 0]


def _normal(mask: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the normal equations of period effects, units swept out: (draws, T, T) and (draws, T)."""
    used = mask.astype(float)
    size = np.maximum(used.sum(2), 1.0)
    kept = values * used
    matrix = -np.einsum("bit,bis->bts", used / size[..., None], used)
    places = np.arange(used.shape[2])
    matrix[:, places, places] += used.sum(1)
    return matrix, kept.sum(1) - np.einsum("bit,bi->bt", used, kept.sum(2) / size)


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0)
