"""How strong must an omitted confounder be? Two answers from the numbers of a regression.

Cinelli and Hazlett (2020, JRSS-B 82: 39-67) work with partial R2: of the confounder with the treatment and with the
outcome. Oster (2019, JBES 37: 187-204) asks how much more the unobserved must matter than the observed controls do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis.core.distributions import t_quantile
from analysis.core.estimates import NotIdentified
from analysis.inference.rank import project


def partial_r2(t_ratio: float, degrees: float) -> float:
    """Return the share of a regressor's or the outcome's residual variance that the other explains (their section 4.1)."""
    return t_ratio**2 / (t_ratio**2 + degrees)


def robustness_value(t_ratio: float, degrees: float, share: float = 1.0, level: float = 1.0) -> float:
    """Return the partial R2, equal with treatment and outcome, of a confounder that takes away `share` of the estimate.

    Their equations 18 and 20; with `level` below one, of a confounder that makes the estimate insignificant at `level`.
    Zero where it is so already.
    """
    f = share * abs(t_ratio) / math.sqrt(degrees)
    if level < 1:
        critical = t_quantile(1 - level / 2, degrees - 1) / math.sqrt(degrees - 1)
        f, full = f - critical, f
        if f < 0:
            return 0.0
        # Below the cut-off the confounder explains all that is left of the outcome (their equation 20 and appendix).
        if f > 0 and full > 1 / critical:
            return (full**2 - critical**2) / (1 + full**2)
    return (math.sqrt(f**4 + 4 * f**2) - f**2) / 2


def adjusted(estimate: float, error: float, degrees: float, with_treatment: float, with_outcome: float) -> tuple[float, float]:
    """Return the estimate nearer to zero and the standard error given a confounder of these partial R2 (equations 10 and 11)."""
    bias = error * math.sqrt(degrees) * math.sqrt(with_outcome * with_treatment / (1 - with_treatment))
    changed = error * math.sqrt((1 - with_outcome) / (1 - with_treatment) * degrees / (degrees - 1))
    return math.copysign(1, estimate) * (abs(estimate) - bias), changed


def as_strong_as(treatment_r2: float, outcome_r2: float, times: float = 1.0) -> tuple[float, float]:
    """Return partial R2 with treatment and outcome of a confounder `times` as strong as a control (their equations 52 to 55).

    `treatment_r2` and `outcome_r2` are the control's own, given the others (and the treatment).
    Raises NotIdentified where no confounder can be that strong.
    """
    with_treatment = times * treatment_r2 / (1 - treatment_r2)
    if with_treatment >= 1 or times * treatment_r2 >= 1:
        raise NotIdentified("SUPPORT", f"no confounder can be {times:g} times as strong with the treatment (partial R2 {treatment_r2:.3f})")
    shared = times * treatment_r2**2 / ((1 - times * treatment_r2) * (1 - treatment_r2))
    factor = (math.sqrt(times) + math.sqrt(shared)) / math.sqrt(1 - shared)
    return with_treatment, min(1.0, factor**2 * outcome_r2 / (1 - outcome_r2))


@dataclass(frozen=True)
class Coefficients:
    """What Oster's formulas take: the treatment's coefficient and R2 without and with controls, and variances."""

    short: float
    short_r2: float
    long: float
    long_r2: float
    outcome_variance: float
    treatment_variance: float
    treatment_residual: float  # variance of the treatment given the controls


def coefficients(outcome: np.ndarray, treatment: np.ndarray, controls: np.ndarray) -> Coefficients:
    """Return them from arrays (rows,), (rows,), (rows, controls) without constant: demeaned, or net of fixed effects.

    Raises NotIdentified when they are collinear.
    """
    names = tuple(f"column {i}" for i in range(controls.shape[1]))
    given = treatment - controls @ project(controls, names).coefficients(treatment)
    short = float(treatment @ outcome / (treatment @ treatment))
    regressors = np.column_stack([treatment, controls])
    slopes = project(regressors, ("treatment", *names)).coefficients(outcome)
    total = float(outcome @ outcome)

    def r2(fitted: np.ndarray) -> float:
        return 1 - float(((outcome - fitted) ** 2).sum()) / total

    n = len(outcome)
    return Coefficients(
        short, r2(short * treatment), float(slopes[0]), r2(regressors @ slopes),
        total / n, float(treatment @ treatment) / n, float(given @ given) / n,
    )  # fmt: skip


def proportion(given: Coefficients, greatest_r2: float, effect: float = 0.0) -> float:
    """Return delta: how many times as much as the controls the unobserved must matter for the effect to be `effect` (Oster, proposition 3)."""
    vy, vx, tx = given.outcome_variance, given.treatment_variance, given.treatment_residual
    left, moved, gained = given.long - effect, given.short - given.long, given.long_r2 - given.short_r2
    open_r2 = greatest_r2 - given.long_r2
    common = left**2 * tx * moved * vx
    last = left**3 * (tx * vx - tx**2)
    above = left * gained * vy * tx + left * vx * tx * moved**2 + 2 * common + last
    below = open_r2 * vy * moved * vx + left * open_r2 * vy * (vx - tx) + common + last
    return above / below if below else math.inf


def bias_adjusted(given: Coefficients, greatest_r2: float) -> float:
    """Return the effect if the unobserved matter as much as the controls (delta = 1; Oster, corollary 1).

    Of the two roots the one nearer to the controlled estimate.
    """
    vy, vx, tx = given.outcome_variance, given.treatment_variance, given.treatment_residual
    moved, gained = given.short - given.long, given.long_r2 - given.short_r2
    open_r2 = greatest_r2 - given.long_r2
    theta = open_r2 * vy * (vx - tx) - gained * vy * tx - vx * tx * moved**2
    root = math.sqrt(theta**2 + 4 * open_r2 * vy * moved**2 * vx**2 * tx)
    # The root nearer to zero, without the difference of numbers that are nearly equal where controls move little.
    larger = theta + math.copysign(root, theta)
    return given.long + (2 * open_r2 * vy * moved * vx / larger if larger else 0.0)
