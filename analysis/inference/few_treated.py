"""Inference when only few groups are treated: the untreated groups show what noise looks like.

Conley and Taber (2011, REStat 93: 113-125): the effect less its estimate is a known combination of the treated groups'
errors; residuals of untreated groups stand in for them. Ferman and Pinto (2019, REStat 101: 452-467): residuals are
first rescaled to the treated groups' sizes, because means of small groups are noisier.
"""

from __future__ import annotations

import numpy as np

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified

# Residuals no larger than this share of the outcome are what arithmetic leaves.
ROUNDING = 1e-12


def placebo_effects(
    residuals: np.ndarray,
    treatment: np.ndarray,
    treated: np.ndarray,
    sizes: np.ndarray | None,
    draws: int,
    seed: int,
    scale: float = 0.0,
) -> np.ndarray:
    """Return `draws` errors of the estimate under no effect, shape (draws,).

    `residuals` and `treatment` (groups, periods), both net of group and period effects; `treated` (groups,) marks the
    groups whose errors are drawn; `sizes` (groups,) turns on Ferman and Pinto's correction. `scale`: the largest outcome.
    Raises NotIdentified with fewer than three untreated groups, or where their residuals are but rounding beside `scale`.
    """
    if draws < 1:
        raise BadOption(f"{draws} draws show no distribution of errors; at least 1 is needed", "draws", draws, "at least 1")
    controls = np.flatnonzero(~treated)
    if len(controls) < 3:
        raise NotIdentified("SUPPORT", f"{len(controls)} untreated groups cannot show the distribution of errors")
    if np.abs(residuals[controls]).max() <= ROUNDING * scale:
        raise NotIdentified("FIT", "the untreated groups have no errors but rounding: effects of units and periods explain them fully")
    paths = treatment[treated]
    # errors[j, c]: the combination of errors that treated group j would have had, were it control c.
    errors = paths @ residuals[controls].T
    if sizes is not None:
        errors = errors * _scale(errors, sizes, treated, controls)
    generator = np.random.default_rng(seed)
    choice = generator.integers(len(controls), size=(draws, len(paths)))
    return errors[np.arange(len(paths))[None, :], choice].sum(1) / (treatment**2).sum()


def _scale(errors: np.ndarray, sizes: np.ndarray, treated: np.ndarray, controls: np.ndarray) -> np.ndarray:
    """Return the square root of the ratio of variances, fitted as A + B / size on the controls (their equation 8)."""
    inverse = 1 / sizes
    design = np.column_stack([np.ones(len(controls)), inverse[controls]])
    scale = np.empty_like(errors)
    for j, group in enumerate(np.flatnonzero(treated)):
        a, b = np.linalg.lstsq(design, errors[j] ** 2, rcond=None)[0]
        # A negative part has no meaning as a variance: the other carries all.
        if b < 0:
            a, b = np.mean(errors[j] ** 2), 0.0
        elif a < 0:
            a, b = 0.0, float(errors[j] ** 2 @ design[:, 1] / (design[:, 1] @ design[:, 1]))
        # Controls whose errors are all zero along this path stay as they are.
        scale[j] = np.sqrt((a + b * inverse[group]) / (a + b * inverse[controls])) if a > 0 or b > 0 else 1.0
    return scale


def interval(estimate: float, errors: np.ndarray) -> dict:
    """Return p-value and intervals of `estimate` against the drawn `errors`."""
    low95, low90, high90, high95 = np.quantile(errors, [0.025, 0.05, 0.95, 0.975])
    return {
        "p_value": float((1 + np.sum(np.abs(errors) >= abs(estimate))) / (1 + len(errors))),
        "ci_low": estimate - high95,
        "ci_high": estimate - low95,
        "ci90_low": estimate - high90,
        "ci90_high": estimate - low90,
        "draws": len(errors),
    }
