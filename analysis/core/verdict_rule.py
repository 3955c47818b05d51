"""The verdict rule: what an interval says of the values that a claim implies. One function for all claims and all readers.

A claim implies a region C of values of its estimand, an interval on one side of zero. Of an estimate with its 95 % and 90 %
intervals the rule says:

1. the 95 % interval holds zero: with part of C inside it → untestable, INCONCLUSIVE; without → not consistent, smaller.
   It is never consistent, wherever the 90 % interval lies, and an interval that ends at zero holds it;
2. else the 95 % interval does not meet C → not consistent: opposite (beyond zero, on the other side), smaller or larger;
3. else the 90 % interval lies inside C (an equivalence test at 5 %) → consistent, strong;
4. else → consistent, compatible.

Strong is therefore a case of what would otherwise be compatible, never an easier way around it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

CONSISTENT, NOT_CONSISTENT, UNTESTABLE, NORMATIVE = "consistent", "not consistent", "untestable", "normative"
INCONCLUSIVE = "INCONCLUSIVE"


@dataclass(frozen=True)
class Region:
    """The values that a claim implies: an interval on one side of zero; infinite ends are open."""

    low: float = -math.inf
    high: float = math.inf

    def __post_init__(self) -> None:
        if not (self.low < self.high and (self.low >= 0 or self.high <= 0)):
            raise ValueError(f"a claim's region must be an interval on one side of zero, not [{self.low}, {self.high}]")

    @property
    def positive(self) -> bool:
        return self.low >= 0

    @property
    def nearest_edge(self) -> float:
        """Distance from zero to the region."""
        return self.low if self.positive else -self.high

    def contains(self, low: float, high: float) -> bool:
        return low > self.low and high < self.high if self.nearest_edge == 0 else low >= self.low and high <= self.high

    def meets(self, low: float, high: float) -> bool:
        return high > self.low and low < self.high


@dataclass(frozen=True)
class Verdict:
    """A verdict, its sub-code and why."""

    verdict: str
    code: str
    explanation: str

    def __str__(self) -> str:
        return f"{self.verdict} ({self.code})" if self.code else self.verdict


def read_interval(ci95: tuple[float, float], ci90: tuple[float, float], region: Region) -> Verdict:
    """Return what the 95 % and 90 % intervals (low, high) alone say of a region, in its unit."""
    low, high = ci95
    meets = region.meets(low, high)
    if low <= 0 <= high:
        if meets:
            return Verdict(UNTESTABLE, INCONCLUSIVE, "the 95 % interval holds both no effect and values that the claim implies")
        tie = "ends at zero" if 0 in (low, high) else "holds zero"
        return Verdict(NOT_CONSISTENT, "smaller", f"the 95 % interval {tie} and excludes the values that the claim implies")
    if not meets:
        opposite = high < 0 if region.positive else low > 0
        beyond = low >= region.high if region.positive else high <= region.low
        code = "opposite" if opposite else "larger" if beyond else "smaller"
        return Verdict(NOT_CONSISTENT, code, f"the 95 % interval excludes the values that the claim implies; the effect is {code}")
    if region.contains(*ci90):
        return Verdict(
            CONSISTENT, "strong", "the 95 % interval excludes zero and the 90 % interval lies inside the values that the claim implies"
        )
    return Verdict(CONSISTENT, "compatible", "the 95 % interval excludes zero and meets the values that the claim implies")
