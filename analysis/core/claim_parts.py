"""The verdict on a claim of several parts, `parts: all` or `parts: any` in config/claims.yaml.

That *all* parts hold is an intersection: each is tested at the full level and all must be consistent, which needs no
adjustment (Berger 1982, Technometrics 24: 295-300). That *any* part does is a union, of which one finding is enough, so that
the parts are read by step-down (Holm 1979, Scandinavian Journal of Statistics 6: 65-70). What contradicts a claim is the
mirror image: any contradicted part contradicts "all", by step-down, and only all of them contradict "any".
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.core.distributions import normal_quantile
from analysis.core.verdict_rule import CONSISTENT, INCONCLUSIVE, NOT_CONSISTENT, UNTESTABLE, Region, Verdict, read_interval

ALL, ANY = "all", "any"
# Inferences whose intervals are bounds and no statement of sampling: no level of theirs could be shared.
BOUNDS = ("dates",)


@dataclass(frozen=True)
class Part:
    """One test of a claim: what it compares, its verdict by rule and gates, and the Estimate row and region behind it."""

    says: str
    verdict: Verdict
    row: pd.Series
    region: Region | None

    @property
    def sampled(self) -> bool:
        """Whether the interval is one of sampling, with a level that parts can share."""
        return self.region is not None and pd.notna(self.row["ci_low"]) and self.row["inference"] not in BOUNDS

    def at(self, count: int) -> Verdict:
        """Return the verdict at the level that `count` parts share: both intervals are widened by the ratio of normal quantiles."""
        if count == 1 or self.verdict.verdict == UNTESTABLE or not self.sampled:
            return self.verdict
        assert self.region is not None
        shared = read_interval(self._widened("ci", 0.05, count), self._widened("ci90", 0.10, count), self.region)
        if shared.verdict == self.verdict.verdict:
            return shared
        return Verdict(UNTESTABLE, INCONCLUSIVE, f"the reading '{self.verdict}' does not hold at the level that {count} parts share")

    def _widened(self, name: str, level: float, count: int) -> tuple[float, float]:
        ratio = normal_quantile(1 - level / 2 / count) / normal_quantile(1 - level / 2)
        middle, low, high = self.row["estimate"], self.row[f"{name}_low"], self.row[f"{name}_high"]
        return middle - ratio * (middle - low), middle + ratio * (high - middle)


def combine(parts: list[Part], how: str = ALL) -> tuple[Verdict, int]:
    """Return the verdict on a claim and the position of the part that decides it; its explanation names that part and the open ones."""
    enough, needed = (NOT_CONSISTENT, CONSISTENT) if how == ALL else (CONSISTENT, NOT_CONSISTENT)
    found = step_down(parts, enough)
    if found:
        place = min(found, key=lambda one: (found[one].code != "strong", one))
        verdict = found[place]
    elif all(part.verdict.verdict == needed for part in parts):
        place = min(range(len(parts)), key=lambda one: (parts[one].verdict.code == "strong", one))
        verdict = parts[place].verdict
    else:
        place = next(i for i, part in enumerate(parts) if part.verdict.verdict != needed)
        verdict = _open(parts[place], len(parts))
    return Verdict(verdict.verdict, verdict.code, _explained(parts, place, verdict, found)), place


def step_down(parts: list[Part], wanted: str) -> dict[int, Verdict]:
    """Return position → verdict of the parts that read `wanted` after step-down over all parts with a sampling interval."""
    found = {i: part.verdict for i, part in enumerate(parts) if not part.sampled and part.verdict.verdict == wanted}
    left = [i for i, part in enumerate(parts) if part.sampled]
    while hits := {i: read for i in left if (read := parts[i].at(len(left))).verdict == wanted}:
        found |= hits
        left = [i for i in left if i not in hits]
    return found


def _open(part: Part, count: int) -> Verdict:
    return part.verdict if part.verdict.verdict == UNTESTABLE else Verdict(UNTESTABLE, INCONCLUSIVE, part.at(count).explanation)


def _explained(parts: list[Part], place: int, verdict: Verdict, found: dict[int, Verdict]) -> str:
    if len(parts) == 1:
        return verdict.explanation
    still = [i for i, part in enumerate(parts) if i != place and i not in found and part.verdict.verdict == UNTESTABLE]
    listed = "; ".join(f"part {i + 1}, {parts[i].says} ({parts[i].verdict.code})" for i in still)
    return f"part {place + 1} of {len(parts)}, {parts[place].says}: {verdict.explanation}" + (f"; open: {listed}" if listed else "")
