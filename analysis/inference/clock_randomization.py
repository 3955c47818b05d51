"""Randomization of the day from which clusters are exposed, by the score of the accelerated clock at no effect.

Sharp null: exposure changes no duration. Under it the likelihood without exposure is fitted once, and its derivatives in a row's
location are the same under every assignment of days; only the months that a row spends exposed differ. Each assignment so gives a
one-step estimate of the time ratio and its clustered standard error without a refit (Young 2019, QJE 134: 557-598, on t-ratios;
Rosenbaum 2002, Observational Studies, section 2.4, on the argument).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.inference.cluster import cluster_sums
from analysis.inference.cure_likelihood import Derivatives, Spells
from analysis.inference.cure_maximum import Problem, highest
from analysis.inference.permuted_labels import permute


@dataclass(frozen=True)
class Design:
    """Units (rows,): `origin` of the clock, `months` followed, whether `ended`; covariates `x`, `z` with a constant last; cluster codes.

    Clusters (groups,): the `day` from which each is exposed (missing: never), and `strata` codes. With `exposed_share` units
    exposed from their start may have another share that ever ends.
    """

    origin: np.ndarray
    months: np.ndarray
    ended: np.ndarray
    x: np.ndarray
    z: np.ndarray | None
    clusters: np.ndarray
    day: np.ndarray
    strata: np.ndarray | None
    exposed_share: bool


@dataclass(frozen=True)
class _Null:
    """The fit without exposure: `at` are its derivatives, `scores` (groups, k) and `information` (k, k) those of its coefficients.

    `rows` are the units of clusters that have a day: exposure of others is nil under every assignment.
    """

    problem: Problem
    at: Derivatives
    scores: np.ndarray
    information: np.ndarray
    rows: np.ndarray


def p_value(design: Design, distribution: str, draws: int, seed: int) -> tuple[float, int, float]:
    """Return the two-sided p-value (the actual assignment counts as a draw), the number of usable draws, and the actual t-ratio."""
    null = _null(design, distribution)
    actual = _ratio(null, design, design.day)
    exposed = np.flatnonzero(np.isfinite(design.day))
    strata = None if design.strata is None else design.strata[exposed]
    found, moved = [], design.day.copy()
    for days in permute(design.day[exposed], draws, np.random.default_rng(seed), strata):
        moved[exposed] = days
        found.append(_ratio(null, design, moved))
    ratios = np.array(found)
    ratios = ratios[np.isfinite(ratios)]
    return float((1 + (np.abs(ratios) >= abs(actual) * (1 - 1e-12)).sum()) / (len(ratios) + 1)), len(ratios), actual


def _null(design: Design, distribution: str) -> _Null:
    problem = Problem.of(distribution, Spells.between(design.months, np.where(design.ended, design.months, np.inf)), design.x, design.z)
    _, at, information = highest(problem, problem.starts())
    scores = np.column_stack([row[:, None] * block for row, block in zip(at.first, problem.blocks, strict=False)])
    rows = np.flatnonzero(np.isfinite(design.day[design.clusters]))
    return _Null(problem, at, cluster_sums(scores, design.clusters), information, rows)


def _ratio(null: _Null, design: Design, day: np.ndarray) -> float:
    """Return the one-step estimate of the time ratio at no effect over its clustered standard error, for days of clusters (groups,)."""
    rows, unit = null.rows, null.problem.unit
    first, second = null.at.first[:, rows], null.at.second[:, :, rows]
    months, ended, clusters = design.months[rows], design.ended[rows], design.clusters[rows]
    onset = day[clusters] - design.origin[rows]
    under = np.clip(months - np.maximum(onset, 0.0), 0.0, None)
    share = under / months
    # As in accelerated_clock.ClockProblem.at, without an effect.
    slopes = [first[0] * share + unit * (ended * share - ended * (under > 0))]
    bends = [[second[0, 0] * share**2 - unit * share * (1 - share) * (first[0] + unit * ended)]]
    weights = [[second[0, i] * share for i in range(len(null.problem.blocks))]]
    exposed = (onset <= 0).astype(float)
    if design.exposed_share and len(null.problem.blocks) == 3 and exposed.any():
        slopes.append(first[2] * exposed)
        bends[0].append(second[0, 2] * share * exposed)
        bends.append([bends[0][1], second[2, 2] * exposed])
        weights.append([second[2, i] * exposed for i in range(3)])
    border = -np.array([np.concatenate([w @ block[rows] for w, block in zip(row, null.problem.blocks, strict=True)]) for row in weights])
    corner = -np.array([[bend.sum() for bend in row] for row in bends])
    information = np.block([[null.information, border.T], [border, corner]])
    added = np.column_stack([np.bincount(clusters, slope, minlength=len(null.scores)) for slope in slopes])
    scores = np.column_stack([null.scores, added])
    try:
        influence = scores @ np.linalg.solve(information, np.eye(len(information))[len(null.information)])
    except np.linalg.LinAlgError:
        return np.nan
    error = np.sqrt((influence**2).sum())
    return float(influence.sum() / error) if error > 0 else np.nan
