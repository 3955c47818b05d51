"""Wild cluster bootstrap with the null imposed (Cameron, Gelbach and Miller 2008, REStat 90: 414-427).

Variant WCR with CR1 t-ratios. Residuals of the model without the effect are multiplied cluster by cluster. What a
draw needs are sums within clusters of each cluster's swept-out residuals, so that draws cost products of small
matrices (Roodman, MacKinnon, Nielsen and Webb 2019, Stata Journal 19: 4-60, section 4). With more clusters than draws
residuals are multiplied and swept out draw by draw: no matrix of clusters by clusters is held. Residuals under the null
effect tau are linear in tau, which is what inference.randomization needs to invert the test exactly.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from analysis.core.estimates import NotIdentified
from analysis.core.progress import track
from analysis.inference import randomization
from analysis.inference.absorb import Absorber
from analysis.inference.cluster import cluster_sums
from analysis.inference.least_squares import OUTCOME_LEFT
from analysis.inference.randomization import Draws
from analysis.inference.rank import EFFECTS_LEFT, independent, lengths, vanished

# Webb (2023, Canadian J. Economics 56: 839-858): six points, for fewer than a dozen clusters.
WEBB = np.sqrt([1.5, 1.0, 0.5])
POINTS = {"rademacher": np.array([-1.0, 1.0]), "webb": np.concatenate([-WEBB, WEBB])}
CLUSTERS_AT_ONCE = 200
DRAWS_AT_ONCE = 50
# Multipliers held at once (8 bytes each). With so many clusters the clustered error needs no bootstrap.
MOST_MULTIPLIERS = 50_000_000


def multipliers(kind: str, clusters: int, draws: int, generator: np.random.Generator) -> tuple[np.ndarray, bool]:
    """Return multipliers (clusters, draws) and whether they are all that exist (few clusters, Rademacher).

    Raises NotIdentified where they would not fit into memory.
    """
    if kind == "rademacher" and 2**clusters <= draws:
        return np.array(list(product([1.0, -1.0], repeat=clusters))).T, True
    need_room(clusters, draws)
    return generator.choice(POINTS[kind], size=(clusters, draws)), False


def need_room(clusters: int, draws: int) -> None:
    """Raise NotIdentified where multipliers (clusters, draws) would not fit into memory, saying how many draws do."""
    if clusters * draws > MOST_MULTIPLIERS:
        most = MOST_MULTIPLIERS // clusters
        raise NotIdentified(
            "SIZE",
            f"{draws} draws for {clusters} clusters are too many multipliers; ask for {most} at most: with so many clusters the"
            " clustered error is safe, unless few of them are treated",
        )


def test(
    outcome: np.ndarray,
    regressor: np.ndarray,
    others: np.ndarray,
    effects: np.ndarray,
    clusters: np.ndarray,
    kind: str,
    draws: int,
    seed: int,
) -> randomization.Test:
    """Return p-value, intervals and detectable effect for the coefficient of `regressor` (rows,); arguments as in `draw`."""
    signs, complete = multipliers(kind, int(clusters.max()) + 1, draws, np.random.default_rng(seed))
    actual, drawn = draw(outcome, regressor, others, effects, clusters, signs)
    return randomization.test(actual, drawn, scaled=True, complete=complete)


def draw(
    outcome: np.ndarray, regressor: np.ndarray, others: np.ndarray, effects: np.ndarray, clusters: np.ndarray, signs: np.ndarray
) -> tuple[Draws, Draws]:
    """Return the actual estimate and its bootstrap draws, ready for any null value.

    `others` (rows, k) are further regressors, `effects` (rows, e) codes to absorb, `clusters` (rows,) codes, `signs`
    (clusters, draws) the multipliers. Raises NotIdentified when nothing is left of the outcome, given the regressors.
    """
    absorber = Absorber(effects)
    others = absorber.residualize(others) if others.shape[1] else np.empty((len(outcome), 0))
    others = others / np.maximum(lengths(others), 1e-300)
    basis = np.linalg.qr(others[:, independent(others)])[0]

    def sweep(columns: np.ndarray) -> np.ndarray:
        net = absorber.residualize(columns)
        return net - basis @ (basis.T @ net)

    y, x = sweep(np.column_stack([outcome, regressor])).T
    if vanished(x, regressor, EFFECTS_LEFT) or vanished(y - x * (x @ y / (x @ x)), outcome, OUTCOME_LEFT):
        raise NotIdentified(
            "EXACT", "nothing of the outcome is left unexplained, or nothing of the regressor: there is nothing to resample"
        )
    size = x @ x
    layers = [y, x]  # restricted residuals are y - tau x
    n_clusters = int(clusters.max()) + 1
    own = cluster_sums((x * x)[:, None], clusters)[:, 0]

    def together(blocks: list[np.ndarray]) -> np.ndarray:
        """Return a, b and the three (co)variances (5, draws) from the sums within clusters (clusters, draws) of y and of x."""
        (a, score_y), (b, score_d) = (_draws(sums, own, size) for sums in blocks)
        # The CR1 factor is the same for every draw and for the actual sample, and cancels.
        cross = [np.einsum("gb,gb->b", s, t) / size**2 for s, t in ((score_y, score_y), (score_y, score_d), (score_d, score_d))]
        return np.array([a, b, *cross])

    if n_clusters <= max(signs.shape[1], CLUSTERS_AT_ONCE):
        # moved[l][g, h]: sum within cluster g of x times the swept-out residual of cluster h alone.
        moved = [np.empty((n_clusters, n_clusters)) for _ in layers]
        starts = range(0, n_clusters, CLUSTERS_AT_ONCE)
        for start in track(starts, len(starts), "blocks of clusters"):
            chosen = np.arange(start, min(start + CLUSTERS_AT_ONCE, n_clusters))
            member = clusters[:, None] == chosen
            for layer, columns in zip(layers, moved, strict=True):
                columns[:, chosen] = cluster_sums(x[:, None] * sweep(member * layer[:, None]), clusters)
        drawn = together([columns @ signs for columns in moved])
    else:
        found = []
        starts = range(0, signs.shape[1], DRAWS_AT_ONCE)
        for start in track(starts, len(starts), f"blocks of {DRAWS_AT_ONCE} draws"):
            piece = signs[:, start : start + DRAWS_AT_ONCE][clusters]
            found.append(together([cluster_sums(x[:, None] * sweep(layer[:, None] * piece), clusters) for layer in layers]))
        drawn = np.hstack(found)
    beta = float(x @ y / size)
    score = cluster_sums((x * (y - x * beta))[:, None], clusters)[:, 0]
    one = np.ones(1)
    actual = Draws(beta * one, one, score @ score / size**2 * one, 0 * one, 0 * one)
    return actual, Draws(*drawn)


def _draws(sums: np.ndarray, own: np.ndarray, size: float) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients (draws,) and scores by cluster (clusters, draws) of one layer, from its sums within clusters."""
    coefficient = sums.sum(0) / size
    return coefficient, sums - own[:, None] * coefficient[None, :]
