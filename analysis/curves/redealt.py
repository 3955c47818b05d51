"""Statistics of one specification under every deal of the treatment dates, none of them by a regression per deal."""

from __future__ import annotations

import numpy as np

from analysis.curves.deals import Deals


def score(net_outcome: np.ndarray, deals: Deals, dates: str) -> np.ndarray:
    """Return the inner product of the treatment and `net_outcome` for every deal, shape (draws + 1,).

    `net_outcome` (units, periods) is the outcome net of effects and controls, zero where not observed. By Frisch-Waugh-
    Lovell the inner product is the numerator of the coefficient, and needs no projection of the re-dealt treatment.
    """
    from_period_on = np.cumsum(net_outcome[:, ::-1], axis=1)[:, ::-1]
    sums = np.column_stack([from_period_on, np.zeros(len(net_outcome))])
    places, begins = deals.treated[dates]
    return sums[places, begins].sum(1)


def cohort_means(outcome: np.ndarray, deals: Deals, dates: str, not_yet_treated: bool) -> np.ndarray:
    """Return the average of group-time effects without covariates (Callaway and Sant'Anna 2021) for every deal.

    `outcome` (units, periods) with NaN. Treated cells are weighed by the size of their cohort, as in
    inference.cohort_average; here all deals are evaluated by matrix products.
    """
    cohorts, periods = deals.first[dates], deals.periods
    present = ~np.isnan(outcome).all(1)
    at = {period: place for place, period in enumerate(periods)}
    total, weight = np.zeros(len(cohorts)), np.zeros(len(cohorts))
    controls = {}
    for g in np.unique(cohorts[0][np.isfinite(cohorts[0])]):
        if g - 1 not in at or g not in at:
            continue
        member = ((cohorts == g) & present).astype(float)
        share = member.sum(1)
        change = outcome[:, at[g] :] - outcome[:, [at[g - 1]]]
        valid = ~np.isnan(change)
        filled = np.where(valid, change, 0.0)
        treated = _ratio(member @ filled, member @ valid)
        for column, t in enumerate(periods[at[g] :]):
            horizon = t if not_yet_treated else np.inf
            if horizon not in controls:
                controls[horizon] = (cohorts > horizon if not_yet_treated else np.isinf(cohorts)).astype(float)
            among = _ratio(controls[horizon] @ filled[:, column], controls[horizon] @ valid[:, column])
            effect = treated[:, column] - among
            exists = np.isfinite(effect)
            total += np.where(exists, effect, 0.0) * share
            weight += exists * share
    return _ratio(total, weight)


def imputation(outcome: np.ndarray, deals: Deals, dates: str) -> np.ndarray:
    """Return the mean effect over treated cells by imputation (Borusyak, Jaravel and Spiess 2024) for every deal.

    `outcome` (units, periods) with NaN. Unit effects are swept out of the untreated cells; what remains are normal
    equations in the few period effects, which change between deals by the treated units alone.
    """
    seen = ~np.isnan(outcome)
    filled = np.where(seen, outcome, 0.0)
    places, begins = deals.treated[dates]
    all_seen, values = seen[places], filled[places]
    untreated = all_seen & (np.arange(len(deals.periods)) < begins[..., None])
    matrix, right = _normal(seen[None], filled[None])
    minus, minus_right = _normal(all_seen, values)
    plus, plus_right = _normal(untreated, values)
    period_effects = np.einsum(
        "bst,bt->bs", np.linalg.pinv(matrix - minus + plus, rcond=1e-10, hermitian=True), right - minus_right + plus_right
    )
    net = values - period_effects[:, None, :]
    count = untreated.sum(2)
    unit_effects = (net * untreated).sum(2) / np.maximum(count, 1)
    cells = all_seen & ~untreated & (count > 0)[..., None]
    return _ratio(((net - unit_effects[..., None]) * cells).sum((1, 2)), cells.sum((1, 2)).astype(float))


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
