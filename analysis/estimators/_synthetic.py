"""A unit beside its synthetic control: weights on controls, the rule where many fit as well, and ranks among placebos."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.core.options import Option
from analysis.inference.simplex_weights import Best, best

PENALTY = Option(
    "ridge",
    "where many weights fit as well: the least sum of squares (the ridge of R's synthdid, falling to zero), the controls nearest one by"
    " one (Abadie and L'Hour 2021, falling to zero), or none: no estimate. synthdid: always the steps of R's synthdid, stopped as there",
    ("ridge", "abadie_lhour", "synthdid", "none"),
)
CHOSEN = {
    "ridge": "weights of least sum of squares",
    "abadie_lhour": "weights on the nearest controls",
    "synthdid": "weights where R's synthdid stops",
}
# synthdid's sc_estimate: its ridge and its stopping rule, in standard deviations of first differences.
RIDGE, DECREASE = 1e-6, 1e-5


@dataclass(frozen=True)
class Synthetic:
    """`gap` (periods,) between a unit and its synthetic control; `fit`: the best weights; `span`: the mean gap after treatment over
    all of them; `ratio`: mean squared gap after over before, infinite where the fit before is exact."""

    gap: np.ndarray
    fit: Best
    span: tuple[float, float]
    ratio: float


def synthetic(controls: np.ndarray, treated: np.ndarray, before: np.ndarray, penalty: str) -> Synthetic:
    """Return the comparison of `treated` (periods,) with `controls` (periods, units), matched where `before` (periods,)."""
    fit = best(controls[before], treated[before])
    gap = treated - controls @ _weights(fit, controls[before], treated[before], penalty)
    if fit.exact and penalty != "synthdid":
        gap[before] = 0.0  # what is left is rounding
    ratio = np.inf if fit.exact else float(np.mean(gap[~before] ** 2) / np.mean(gap[before] ** 2))
    effect = float(gap[~before].mean())
    return Synthetic(gap, fit, (effect, effect) if fit.unique else _span(fit, controls[~before], treated[~before]), ratio)


def placebo_rank(controls: np.ndarray, ratio: float, before: np.ndarray, penalty: str) -> dict:
    """Return the p-value of `ratio` among those of the controls, each compared with the others, and their number as draws.

    Abadie, Diamond and Hainmueller (2010), section 3.4. A control that the others match exactly counts as more extreme.
    A single control has no other to be compared with: no rank.
    """
    if controls.shape[1] == 1:
        return {}
    early, late = controls[before], controls[~before]
    placebos = [_placebo(early, late, j, penalty) for j in range(controls.shape[1])]
    return {"p_value": (1 + sum(r >= ratio * (1 - 1e-9) for r in placebos)) / (1 + len(placebos)), "draws": len(placebos)}


def _placebo(early: np.ndarray, late: np.ndarray, j: int, penalty: str) -> float:
    """Return the ratio of control `j` compared with the others; `early`, `late` (periods, controls): before and after treatment."""
    others = np.arange(early.shape[1]) != j
    columns, target = early[:, others], early[:, j]
    fit = best(columns, target)
    if fit.exact:
        return np.inf
    weights = _weights(fit, columns, target, penalty)
    return float(np.mean((late[:, j] - late[:, others] @ weights) ** 2) / np.mean((target - columns @ weights) ** 2))


def reason_of(found: Synthetic, before: np.ndarray, penalty: str) -> str:
    """Return why the estimate is one of many, or has no p-value; empty where it is unique and can be ranked."""
    if found.fit.unique and len(found.fit.weights) == 1:
        return "FEW: there is one control, which has no other to be compared with, so that no placebo can be ranked"
    if found.fit.unique:
        return "FIT: the periods before are matched exactly, and leave no gaps to rank among placebos" if found.fit.exact else ""
    what = f"{len(found.fit.weights)} controls match {before.sum()} periods before equally well in many ways"
    ends = f"the effect lies between {found.span[0]:.6g} and {found.span[1]:.6g}"
    if penalty == "none":
        return f"WEIGHTS: {what}: {ends}; penalty=ridge or abadie_lhour chooses"
    unranked = "; an exact fit leaves no gaps to rank" if found.fit.exact else ""
    return f"WEIGHTS: {what}: {ends}; shown: {CHOSEN[penalty]} (penalty={penalty}){unranked}"


def _weights(fit: Best, controls: np.ndarray, treated: np.ndarray, penalty: str) -> np.ndarray:
    if penalty == "synthdid":
        return _frank_wolfe(controls, treated)
    if penalty == "none":
        return fit.weights
    return fit.evenest() if penalty == "ridge" else fit.nearest()


def _span(fit: Best, controls: np.ndarray, treated: np.ndarray) -> tuple[float, float]:
    low, high = fit.span((treated[:, None] - controls).mean(0))
    return low, high


def _frank_wolfe(controls: np.ndarray, treated: np.ndarray) -> np.ndarray:
    """Return the weights of synthdid's sc_estimate by diff-diff's port of its solver (its tolerances are absolute)."""
    from diff_diff.utils import _compute_noise_level, compute_sdid_unit_weights

    noise = float(_compute_noise_level(np.ascontiguousarray(controls))) if len(controls) > 1 else 0.0
    scale = noise or float(np.std(controls)) or 1.0
    shift = treated[:, None]
    return compute_sdid_unit_weights(
        (controls - shift) / scale, np.zeros(len(treated)), zeta_omega=RIDGE * noise / scale, intercept=False, min_decrease=DECREASE
    )
