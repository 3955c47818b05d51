"""Proportional hazards of the subdistribution (Fine and Gray 1999, JASA 94: 496-509).

Who has ended in another way stays in the risk sets, weighed by the chance of not yet having been censored. The
variance takes in that this chance is estimated (their section 4, equation 8), as in R's cmprsk; with the weights taken for known
it is that of a weighted Cox regression, as on the data of R's finegray.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.inference.cox_partial_likelihood import PartialLikelihood, ascend
from analysis.inference.product_limit import number_at_risk
from analysis.inference.risk_sets import SubdistributionRiskSets
from analysis.inference.standard_units import Standardized, standardize


class Censoring:
    """The product-limit curve of censoring: distinct `times`, `count` of censored, `at_risk`.

    Ends come before censorings of the same time, so that those who end are then no longer at risk of being censored; cmprsk
    (`together`) counts them.
    """

    def __init__(self, stop: np.ndarray, event: np.ndarray, together: bool) -> None:
        self.together = together
        self.times, self.count = np.unique(stop[event == 0], return_counts=True)
        self.at_risk = number_at_risk(self.times, stop).astype(float)
        if not together:
            ended = np.sort(stop[event > 0])
            self.at_risk -= np.searchsorted(ended, self.times, side="right") - np.searchsorted(ended, self.times, side="left")
        self._kept = np.r_[1.0, np.cumprod(1 - self.count / self.at_risk)]

    def before(self, when: np.ndarray) -> np.ndarray:
        """Return the chance of not having been censored before `when`."""
        return self._kept[np.searchsorted(self.times, when, side="left")]


@dataclass(frozen=True)
class Fit:
    """`beta` (k,) per unit of x; `influence` (rows, k) of each spell on it, and `known` with the weights taken for known."""

    beta: np.ndarray
    influence: np.ndarray
    known: np.ndarray


def fit(stop: np.ndarray, event: np.ndarray, x: np.ndarray, kind: int, breslow: bool) -> Fit:
    """Return the fit for ends of `kind` among spells (rows,) that end at `stop` with code `event` (0: censored) and covariates `x` (rows, k).

    Ties by Efron, or (`breslow`) all conventions of cmprsk. Raises Dependent or Separated as Cox's likelihood does.
    """
    units = standardize(x, np.zeros(len(x), int))
    censoring = Censoring(stop, event, together=breslow)
    other = (event > 0) & (event != kind)
    sets = SubdistributionRiskSets(stop, event == kind, other, censoring.before)
    best = ascend(PartialLikelihood(sets, units.z, np.zeros(x.shape[1]), breslow), units)
    residuals = best.score_residuals()
    weighing = _of_the_weights(best, sets, censoring, stop, event)
    return Fit(units.per_unit(best.beta), _per_unit(best, units, residuals + weighing), _per_unit(best, units, residuals))


def _per_unit(best: PartialLikelihood, units: Standardized, residuals: np.ndarray) -> np.ndarray:
    return units.per_unit(np.linalg.solve(best.information, residuals.T).T)


def _of_the_weights(
    best: PartialLikelihood, sets: SubdistributionRiskSets, censoring: Censoring, stop: np.ndarray, event: np.ndarray
) -> np.ndarray:
    """Return what each row adds to the score through the curve of censoring (rows, k): psi of the paper's equation 8.

    A censoring at u moves the weight at event times after u of those who had ended otherwise by u.
    """
    if not len(censoring.times):
        return np.zeros_like(best.x)
    hazard = best.by_time(np.column_stack([1 / best.size, best.mean / best.size[:, None]])) * sets.kept_at[:, None]
    ahead = np.vstack([np.cumsum(hazard[::-1], axis=0)[::-1], np.zeros(hazard.shape[1])])
    ahead = ahead[np.searchsorted(sets.times, censoring.times, side="left" if censoring.together else "right")]
    order = sets.other[np.argsort(stop[sets.other], kind="stable")]
    weighed = np.column_stack([np.ones(len(order)), best.x[order]]) * (best.risk[order] / censoring.before(stop[order]))[:, None]
    held = np.vstack([np.zeros(weighed.shape[1]), np.cumsum(weighed, axis=0)])
    held = held[np.searchsorted(stop[order], censoring.times, side="left" if censoring.together else "right")]
    moved = ahead[:, [0]] * held[:, 1:] - ahead[:, 1:] * held[:, [0]]
    path = np.vstack([np.zeros(moved.shape[1]), np.cumsum(moved * (censoring.count / censoring.at_risk**2)[:, None], axis=0)])
    censored = event == 0
    # At risk of being censored at u: everyone who lasts beyond it, and at u itself those censored then.
    until = np.where(
        censored | censoring.together,
        np.searchsorted(censoring.times, stop, side="right"),
        np.searchsorted(censoring.times, stop, side="left"),
    )
    found = -path[until]
    own = np.searchsorted(censoring.times, stop[censored])
    found[censored] += (moved / censoring.at_risk[:, None])[own]
    return found
