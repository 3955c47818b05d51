"""Random effects of units by feasible generalized least squares (Swamy and Arora 1972, Econometrica 40: 261-275).

The variance of the effects in unbalanced panels is that of Baltagi and Chang (1994, J. Econometrics 62: 67-89, section 3), as
in R's plm; in balanced panels it is the textbook one (Baltagi 2021, Econometric Analysis of Panel Data, equation 2.21).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.core.estimates import NotIdentified
from analysis.inference.absorb import Absorber, sums
from analysis.inference.least_squares import OUTCOME_LEFT, Design, Fit, fit
from analysis.inference.rank import independent, lengths


@dataclass(frozen=True)
class RandomEffects:
    """The regression, whose last coefficient is the constant, and by unit the share `theta` (units,) of its mean that is taken off."""

    fit: Fit
    theta: np.ndarray


def random_effects(
    outcome: np.ndarray, regressors: np.ndarray, names: tuple[str, ...], unit: np.ndarray, clusters: tuple[np.ndarray, ...] = ()
) -> RandomEffects:
    """Return the regression of `outcome` (rows,) on `regressors` (rows, k), none of them constant, and a constant.

    `unit` (rows,) are codes from zero; errors are clustered by the one of `clusters`, or unadjusted without. Raises
    NotIdentified where a variance cannot be estimated, or regressors are collinear.
    """
    location = np.append(outcome.mean(), regressors.mean(0))
    columns = np.column_stack([outcome, regressors]) - location
    size = np.bincount(unit).astype(float)
    means = sums(columns, unit, len(size)) / size[:, None]
    theta = _theta(columns, means, unit, size)
    taken = columns - (theta[:, None] * means)[unit]
    constant = (1 - theta)[unit]
    design = Design(taken[:, 0], np.column_stack([taken[:, 1:], constant]), (*names, "const"), np.empty((len(unit), 0), np.int64), clusters)
    found = fit(design, "cluster" if clusters else "unadjusted")
    moved = np.eye(1 + len(names))
    moved[-1, :-1] -= location[1:]
    coefficients = moved @ found.coefficients
    coefficients[-1] += location[0]
    return RandomEffects(replace(found, coefficients=coefficients, covariance=moved @ found.covariance @ moved.T), theta)


def _theta(columns: np.ndarray, means: np.ndarray, unit: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return one less the root of the error's share in the variance of unit means (units,), from columns outcome and regressors."""
    rows, units = len(unit), len(size)
    within, rank = _residuals(Absorber(unit[:, None]).residualize(columns), columns)
    if rows - units - rank <= 0:
        raise NotIdentified("SUPPORT", f"{rows} rows of {units} units leave nothing to estimate the variance within units from")
    error = float(within @ within) / (rows - units - rank)
    if np.sqrt(within @ within) <= OUTCOME_LEFT * lengths(columns[:, :1])[0]:
        raise NotIdentified(
            "EXACT", "within units nothing of the outcome is left unexplained: there is no variance of errors to weigh units by"
        )
    balanced = np.ptp(size) == 0
    # Where panels are unbalanced units count by their rows.
    root = np.ones(units) if balanced else np.sqrt(size)
    between = np.column_stack([means, np.ones(units)]) * root[:, None]
    left, rank = _residuals(between, between)
    if units - rank <= 0:
        raise NotIdentified(
            "SUPPORT", f"{units} units leave nothing to estimate the variance between units from: there are {rank} regressors"
        )
    ssr = float(left @ left)
    if balanced:
        effect = ssr / (units - rank) - error / size[0]
    else:
        x = between[:, 1:][:, independent(between[:, 1:])]
        products = np.linalg.solve(x.T @ x, x.T @ (x * size[:, None]))
        effect = (ssr - (units - rank) * error) / (rows - np.trace(products))
    return 1 - np.sqrt(error / (size * max(effect, 0.0) + error))


def _residuals(net: np.ndarray, raw: np.ndarray) -> tuple[np.ndarray, int]:
    """Return what the columns of `net` (rows, 1 + k) after the first leave of it, and their rank; what is rounding error of `raw` counts for nothing."""
    length = np.maximum(lengths(raw), 1e-300)
    scaled = net[:, 1:] / length[1:]
    scaled[:, lengths(scaled) < 1e-12] = 0.0
    x = scaled[:, independent(scaled)]
    basis = np.linalg.qr(x)[0]
    return net[:, 0] - basis @ (basis.T @ net[:, 0]), x.shape[1]
