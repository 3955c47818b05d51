"""Labels of treatment (cohorts) permuted among units, wherever or within strata.

Within strata, an assignment is compared with those that treat as many units of each stratum at the same dates: units are
exchangeable where they are alike, and not over all (Athey and Imbens 2017, Handbook of Economic Field Experiments 1: 73-140, section 5.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import lgamma

import numpy as np

from analysis.core.progress import track

# Labels of permutations that are made at a time.
HELD = 100_000


def permute(labels: np.ndarray, draws: int, generator: np.random.Generator, strata: np.ndarray | None = None) -> Iterator[np.ndarray]:
    """Yield `draws` permutations of `labels` (units,), within `strata` (units,) codes if there are any: never are all held at once."""
    return iter(track(_permuted(labels, draws, generator, strata), draws, "permutations"))


def _permuted(labels: np.ndarray, draws: int, generator: np.random.Generator, strata: np.ndarray | None) -> Iterator[np.ndarray]:
    if strata is None:
        held = max(1, HELD // len(labels))
        for start in range(0, draws, held):
            # Rows are permuted one after the other: the stream is that of single permutations.
            yield from generator.permuted(np.tile(labels, (min(held, draws - start), 1)), axis=1)
        return
    members = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
    for _ in range(draws):
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
