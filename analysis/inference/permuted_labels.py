"""Labels of treatment (cohorts) permuted among units, wherever or within strata.

Within strata, an assignment is compared with those that treat as many units of each stratum at the same dates: units are
exchangeable where they are alike, and not over all (Athey and Imbens 2017, Handbook of Economic Field Experiments 1: 73-140, section 5.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import lgamma

import numpy as np

from analysis.core.progress import track


def permute(labels: np.ndarray, draws: int, generator: np.random.Generator, strata: np.ndarray | None = None) -> Iterator[np.ndarray]:
    """Yield `draws` permutations of `labels` (units,), within `strata` (units,) codes if there are any: no two are held at once."""
    if strata is None:
        for _ in track(range(draws), draws, "permutations"):
            yield generator.permuted(labels)
        return
    members = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
    for _ in track(range(draws), draws, "permutations"):
        permuted = np.empty_like(labels)
        for places in members:
            permuted[places] = generator.permuted(labels[places])
        yield permuted


def assignments(labels: np.ndarray, strata: np.ndarray | None = None) -> float:
    """Return how many different assignments of `labels` (units,) to units there are: the product of multinomials over strata."""
    strata = np.zeros(len(labels), int) if strata is None else strata
    total = 0.0
    for stratum in np.unique(strata):
        sizes = np.unique(labels[strata == stratum], return_counts=True)[1]
        total += lgamma(sizes.sum() + 1) - sum(lgamma(size + 1) for size in sizes)
    # Exact as long as the number is below 2^53 or so; it is shown rounded beyond.
    return float(np.round(np.exp(total)))
