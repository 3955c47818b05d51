"""Uniform bands from influence functions (Callaway and Sant'Anna 2021, J. Econometrics 225: 200-230, algorithm 1)."""

from __future__ import annotations

import numpy as np

from analysis.core.distributions import normal_quantile
from analysis.core.progress import track

UNITS_AT_ONCE = 20_000


def draw(influence: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Return `draws` Rademacher perturbations of the estimates, shape (draws, parameters); `influence` is (units, parameters).

    Means over units of the multiplied influences, in blocks: no draw holds all units at once.
    """
    generator = np.random.default_rng(seed)
    total = np.zeros((draws, influence.shape[1]))
    column_sums = np.zeros(influence.shape[1])
    starts = range(0, len(influence), UNITS_AT_ONCE)
    for start in track(starts, len(starts), "blocks of bootstrap multipliers"):
        block = np.ascontiguousarray(influence[start : start + UNITS_AT_ONCE], dtype=np.float32)
        bits = np.unpackbits(np.frombuffer(generator.bytes((draws * len(block) + 7) // 8), np.uint8), count=draws * len(block))
        # A sign is 2 bit - 1, so that sums of signed influences are twice the sums of the chosen ones less all.
        total += bits.reshape(draws, len(block)).astype(np.float32) @ block
        column_sums += block.sum(0, dtype=float)
    return (2 * total - column_sums) / len(influence)


def bands(perturbations: np.ndarray) -> tuple[np.ndarray, tuple[float, float]]:
    """Return bootstrap standard errors (parameters,) and the 95 % and 90 % critical values of the largest |t| (algorithm 1, steps 3-5).

    Standard errors are interquartile ranges over those of a normal.
    """
    low, high = np.quantile(perturbations, [0.25, 0.75], axis=0)
    errors = (high - low) / (normal_quantile(0.75) - normal_quantile(0.25))
    usable = errors > 0
    largest = np.max(np.abs(perturbations[:, usable]) / errors[usable], axis=1) if usable.any() else np.array([np.nan])
    return errors, (float(np.quantile(largest, 0.95)), float(np.quantile(largest, 0.90)))
