"""Rows of a family of outcomes whose treatment was permuted, the same permutation for every outcome."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified, parameter
from analysis.core.options import MOST_DRAWS, Option
from analysis.core.specification import Specification
from analysis.inference import randomization
from analysis.inference.randomization import Draws
from analysis.inference.step_down import romano_wolf, westfall_young

OUTCOMES = Option([], "further outcome columns; the family is --outcome and these", columns=True)
DRAWS = Option(999, "permutations of the treatment, each the same for all outcomes", minimum=1, maximum=MOST_DRAWS)


@dataclass(frozen=True)
class Member:
    """One outcome of a family: its Draws (actual assignment, and every permutation), what its rows count, and its largest value."""

    name: str
    actual: Draws
    permuted: Draws
    counts: dict
    size: float = 0.0


def members(panel: pd.DataFrame, specification: Specification, others: list[str]) -> list[str]:
    """Return the outcomes of the family; raises ValueError for a column that is not there."""
    family = list(dict.fromkeys([specification.outcome, *others]))
    if unknown_names := [name for name in family if name not in panel]:
        raise BadOption(f"{specification.estimator}: no column '{unknown_names[0]}'", "outcomes", unknown_names, map(str, panel.columns))
    return family


def rows(family: list[Member], seed: int) -> list[dict]:
    """Return three rows per outcome (term: its name): 'randomization_t', alone, 'romano_wolf' and 'westfall_young', adjusted for the family.

    Both step down over the joint distribution of t-ratios under permutations, which keeps how outcomes depend on each other: the first
    by the largest t-ratio (Romano and Wolf 2005, algorithm 3.1), the second by the smallest p-value (Westfall and Young 1993), which
    treats outcomes alike whose t-ratios spread differently when so few units are treated. A permutation counts where every outcome has its t-ratio, so that a family of one
    has the p-value of the outcome alone.
    """
    if missing := [member.name for member in family if not _usable(member.actual, member.size).all()]:
        raise NotIdentified("SUPPORT", f"no t-ratio for {missing[0]}: its variance is none, or rounding")
    kept = np.logical_and.reduce([_usable(member.permuted, member.size) for member in family])
    permuted = [member.permuted.those(kept) for member in family]
    actual = np.array([member.actual.statistic(0.0, True)[0] for member in family])
    drawn = np.column_stack([draws.statistic(0.0, True) for draws in permuted])
    largest, smallest = romano_wolf(actual, drawn), westfall_young(actual, drawn)
    found = []
    for member, draws, *adjusted in zip(family, permuted, largest, smallest, strict=True):
        alone = randomization.test(member.actual, draws)
        estimate, about = float(member.actual.a[0]), {"seed": seed, **member.counts}
        found.append(alone.row(member.name, estimate, "randomization_t", **about))
        for inference, p_value in zip(("romano_wolf", "westfall_young"), adjusted, strict=True):
            found.append(parameter(member.name, estimate, inference=inference, p_value=float(p_value), draws=alone.draws, **about))
    return found


def _usable(draws: Draws, size: float) -> np.ndarray:
    """Return where there is a t-ratio: a variance above what arithmetic leaves of outcomes up to `size`."""
    return draws.usable((1e-13 * size) ** 2)
