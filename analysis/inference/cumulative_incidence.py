"""Cumulative incidence of several kinds of ends (Aalen and Johansen 1978, Scandinavian J. Statistics 5: 141-150)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.inference.product_limit import number_at_risk


@dataclass(frozen=True)
class Incidence:
    """At each distinct time at which any spell ends (times,): the share that has ended in one way, and its standard error."""

    times: np.ndarray
    share: np.ndarray
    error: np.ndarray

    def at(self, when: float) -> tuple[float, float]:
        """Return share and standard error at `when`; before the first end zero, without error."""
        position = int(np.searchsorted(self.times, when, side="right")) - 1
        return (float(self.share[position]), float(self.error[position])) if position >= 0 else (0.0, np.nan)


def incidence(stop: np.ndarray, kind: np.ndarray, of: int) -> Incidence:
    """Return the incidence of ends of kind `of` among spells (rows,) that end at `stop` with `kind` (0: censored).

    The variance is that of the delta method (Gaynor et al. 1993, JASA 88: 400-409, appendix).
    """
    times, position = np.unique(stop[kind > 0], return_inverse=True)
    any_end = np.bincount(position, minlength=len(times))
    own = np.bincount(position, kind[kind > 0] == of, len(times))
    at_risk = number_at_risk(times, stop)
    before = np.r_[1.0, np.cumprod(1 - any_end / at_risk)[:-1]]
    share = np.cumsum(before * own / at_risk)
    left = at_risk - any_end
    # Where everyone at risk ended nothing happens later: what is left of the sum is zero there.
    hazard = np.where(left > 0, any_end / (at_risk * np.where(left > 0, left, 1)), 0.0)
    variance = share**2 * np.cumsum(hazard) - 2 * share * np.cumsum(share * hazard) + np.cumsum(share**2 * hazard)
    variance += np.cumsum((before / at_risk) ** 2 * (at_risk - own) * own / at_risk)
    jump = before / at_risk * own / at_risk
    variance += 2 * np.cumsum(share * jump) - 2 * share * np.cumsum(jump)
    return Incidence(times, share, np.sqrt(np.maximum(variance, 0.0)))
