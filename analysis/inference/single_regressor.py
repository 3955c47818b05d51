"""One treatment regressed on an outcome net of fixed effects, for many permuted treatments at once.

By Frisch-Waugh-Lovell the coefficient is a ratio of inner products of residualised columns, so that a permuted
treatment costs one column and no regression. Each is evaluated on Y and on the actual treatment D, as
inference.randomization asks.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from analysis.inference.absorb import Absorber
from analysis.inference.cluster import cluster_sums, cr1_factor
from analysis.inference.randomization import Draws

COLUMNS_AT_ONCE = 250


def evaluate(
    outcome: np.ndarray, actual: np.ndarray, treatments: np.ndarray, effects: np.ndarray, clusters: np.ndarray, n_parameters: int
) -> Draws:
    """Return the Draws of every column of `treatments` (rows, draws), with CR1 variances by `clusters`.

    `outcome` and `actual` (rows,) are the outcome and the treatment in force; `effects` (rows, effects) the codes to
    absorb; `n_parameters` counts the treatment and what the effects count for.
    """
    columns = range(0, treatments.shape[1], COLUMNS_AT_ONCE)
    blocks = (treatments[:, start : start + COLUMNS_AT_ONCE] for start in columns)
    return evaluate_blocks(outcome, actual, blocks, effects, clusters, n_parameters)


def evaluate_blocks(
    outcome: np.ndarray, actual: np.ndarray, blocks: Iterable[np.ndarray], effects: np.ndarray, clusters: np.ndarray, n_parameters: int
) -> Draws:
    """Return the Draws of the columns of `blocks` of treatments (rows, draws of the block), which may be made one at a time."""
    absorber = Absorber(effects)
    layers = absorber.residualize(np.column_stack([outcome, actual]))
    factor = cr1_factor(len(outcome), len(np.unique(clusters)), n_parameters)
    parts = [_block(absorber.residualize(block), layers, clusters, factor) for block in blocks]
    return Draws.joined(parts)


def _block(block: np.ndarray, layers: np.ndarray, clusters: np.ndarray, factor: float) -> tuple[np.ndarray, ...]:
    size = np.einsum("nd,nd->d", block, block)
    with np.errstate(divide="ignore", invalid="ignore"):
        a, b = block.T @ layers[:, 0] / size, block.T @ layers[:, 1] / size
        score_y = cluster_sums(block * (layers[:, [0]] - block * a), clusters)
        score_d = cluster_sums(block * (layers[:, [1]] - block * b), clusters)
        scale = factor / size**2
        return a, b, (score_y**2).sum(0) * scale, (score_y * score_d).sum(0) * scale, (score_d**2).sum(0) * scale
