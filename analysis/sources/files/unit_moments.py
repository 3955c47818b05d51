"""Units of a panel summed up by kind: what is observed of them and how they are treated, period by period.

Within a kind the design of a two-way regression, and the cell of a difference, is the same for every unit: estimates are linear in
the mean outcomes of kinds, and variances by unit quadratic in their second moments (Wong, Forsell, Lewis, Mao and Wardrop 2021,
"You Only Compress Once", arXiv 2102.11297, section 5). Outcomes are deviations from the unit's own mean, which such estimates do
not depend on; moments of parts are merged about their means (Chan, Golub and LeVeque 1983, Am. Statistician 37: 242-247).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pandas as pd

from analysis.core.estimates import NotIdentified

# Second moments of this size are held: 1 GiB.
NUMBERS_HELD = 2**27
# Directions in which units of a kind differ by less than this share of the largest are rounding.
FLAT = 1e-15


@dataclass
class Kind:
    """Units of a kind: how many, the mean of their outcomes (periods,), and the sums of products about it (periods, periods)."""

    units: int
    mean: np.ndarray
    products: np.ndarray

    def merge(self, other: Kind) -> None:
        total, apart = self.units + other.units, other.mean - self.mean
        self.products += other.products + np.outer(apart, apart) * (self.units * other.units / total)
        self.mean += apart * (other.units / total)
        self.units = total

    def representatives(self) -> tuple[np.ndarray, float]:
        """Return outcomes (few, periods) of units with the same mean and products, and how many units each of them stands for.

        Two to each direction in which the kind varies, on both sides of the mean.
        """
        spread, directions = np.linalg.eigh(self.products / self.units)
        kept = spread > FLAT * max(spread.max(), 0.0)
        if not kept.any():
            return self.mean[None, :], float(self.units)
        steps = np.sqrt(kept.sum() * spread[kept])[:, None] * directions[:, kept].T
        return np.concatenate([self.mean + steps, self.mean - steps]), self.units / (2 * kept.sum())


@dataclass
class Moments:
    """Kinds met so far, by what is known of a unit before its outcomes: the codes (1 + periods,) that `add` is told."""

    periods: int
    kinds: dict[bytes, Kind] = field(default_factory=dict)

    def add(self, codes: np.ndarray, outcome: np.ndarray) -> None:
        """Add units: codes (units, 1 + periods), int32, and outcomes (units, periods), NaN where there is none.

        Raises NotIdentified where there are more kinds than memory holds.
        """
        seen = np.isfinite(outcome)
        filled = np.where(seen, outcome, 0.0)
        own = filled.sum(1) / np.maximum(seen.sum(1), 1)
        deviation = np.where(seen, filled - own[:, None], 0.0)
        kind, first = _numbered(codes)
        order = np.argsort(kind, kind="stable")
        bounds = np.concatenate([[0], np.cumsum(np.bincount(kind))])
        for number, (start, stop) in enumerate(pairwise(bounds)):
            rows = deviation[order[start:stop]]
            mean = rows.mean(0)
            centred = rows - mean
            found = Kind(len(rows), mean, centred.T @ centred)
            key = codes[first[number]].tobytes()
            if key in self.kinds:
                self.kinds[key].merge(found)
            else:
                self.kinds[key] = found
        if len(self.kinds) * self.periods**2 > NUMBERS_HELD:
            raise NotIdentified(
                "SIZE",
                f"units differ in {len(self.kinds)} ways in when they are observed and treated, over {self.periods} periods: "
                "more than can be summed up; estimate in memory",
            )


def _numbered(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of each row's combination of codes (rows,), and the first row of each number."""
    number = np.zeros(len(codes), dtype=np.int64)
    for column in codes.T:
        number = pd.factorize(number * (int(column.max()) + 1) + column)[0]
    return number, np.unique(number, return_index=True)[1]
