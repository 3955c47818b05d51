"""Randomization of the day from which clusters are exposed, by the score of the accelerated clock at no effect.

Sharp null: exposure changes no duration. Under it the likelihood without exposure is fitted once; each assignment of days to the
clusters that have one gives an efficient score for the time ratio, over its clustered standard error (Young 2019, QJE 134:
557-598, on t-ratios; Rosenbaum 2002, Observational Studies, section 2.4, on the argument). No draw refits a model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.inference.accelerated_clock import Clock, ClockProblem, Reached, replace_unit
from analysis.inference.cluster import cluster_sums
from analysis.inference.cure_maximum import highest
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


def p_value(design: Design, distribution: str, draws: int, seed: int) -> tuple[float, int, float]:
    """Return the two-sided p-value (the actual assignment counts as a draw), the number of usable draws, and the actual t-ratio."""
    plain = Clock(design.months, np.zeros(len(design.months)), design.ended, np.zeros(len(design.months), bool))
    problem = ClockProblem.of_clock(distribution, plain, design.x, design.z)
    without = replace_unit(problem)
    theta, _, _ = highest(without, without.starts())
    at = np.append(theta, 0.0)
    actual = _ratio(problem, at, design, design.day)
    generator = np.random.default_rng(seed)
    exposed = np.flatnonzero(np.isfinite(design.day))
    strata = None if design.strata is None else design.strata[exposed]
    found = []
    for days in permute(design.day[exposed], draws, generator, strata):
        moved = design.day.copy()
        moved[exposed] = days
        found.append(_ratio(problem, at, design, moved))
    ratios = np.array(found)
    ratios = ratios[np.isfinite(ratios)]
    return float((1 + (np.abs(ratios) >= abs(actual) * (1 - 1e-12)).sum()) / (len(ratios) + 1)), len(ratios), actual


def _ratio(problem: ClockProblem, theta: np.ndarray, design: Design, day: np.ndarray) -> float:
    """Return the one-step estimate of the time ratio at no effect over its clustered standard error, for days of clusters (groups,)."""
    onset = day[design.clusters] - design.origin
    under = np.where(np.isfinite(onset), np.clip(design.months - np.maximum(onset, 0.0), 0.0, None), 0.0)
    clock = Clock(design.months - under, under, design.ended, under > 0)
    moved = ClockProblem(problem.distribution, problem.spells, problem.blocks, problem.back, problem.shift, problem.unit, clock)
    at = moved.at(theta)
    _, information = moved.slopes(at)
    scores = moved.scores(at)
    if design.exposed_share and len(problem.blocks) == 3:
        information, scores = _with_share(moved, at, information, scores, (onset <= 0).astype(float))
    try:
        step = np.linalg.solve(information, np.column_stack([scores.sum(0), cluster_sums(scores, design.clusters).T]))
    except np.linalg.LinAlgError:
        return np.nan
    place = problem.blocks[0].shape[1] + 1 + (problem.blocks[2].shape[1] if len(problem.blocks) == 3 else 0)
    error = np.sqrt((step[place, 1:] ** 2).sum())
    return float(step[place, 0] / error) if error > 0 else np.nan


def _with_share(
    problem: ClockProblem, at: Reached, information: np.ndarray, scores: np.ndarray, exposed: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return information and scores with one more coefficient, last: of units `exposed` from their start on the odds of ever ending."""
    if not exposed.any():
        return information, scores
    border = np.concatenate([-(at.second[2, i] * exposed) @ block for i, block in enumerate(problem.blocks)])
    border = np.append(border, -(at.second[0, 2] * at.share) @ exposed)
    corner = -(at.second[2, 2] * exposed) @ exposed
    bordered = np.block([[information, border[:, None]], [border[None, :], np.array([[corner]])]])
    return bordered, np.column_stack([scores, at.first[2] * exposed])
