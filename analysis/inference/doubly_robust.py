"""Difference-in-differences of two groups and two periods given covariates (Sant'Anna and Zhao 2020, J. Econometrics 219: 101-122).

Outcome regression (their equation 2.2), normalised inverse probability weighting (2.4, with weights that add to one) and
the doubly robust estimand (2.5) with a logit and ordinary least squares: their "traditional" estimator, which R's did
uses. Influence functions: their theorem 1 and appendix.
"""

from __future__ import annotations

import numpy as np

# Controls whose estimated probability of treatment is larger stand for nobody (as in R's DRDID).
LARGEST = 0.995
STEPS = 50


class Unsupported(ValueError):
    """The covariates of a cell cannot be used: collinear, or they separate treated units from controls."""


def effect(change: np.ndarray, treated: np.ndarray, x: np.ndarray, method: str) -> tuple[float, np.ndarray]:
    """Return the effect on the treated and the influence of each unit (units,), whose mean square over units is its variance.

    `change` (units,) is the outcome less that of the base period, `treated` (units,) 0/1, `x` (units, k) with a constant.
    """
    d = treated.astype(float)
    if np.linalg.matrix_rank(x[treated == 0]) < x.shape[1]:
        raise Unsupported("the controls are collinear, or do not vary, among units that are not treated")
    # The estimate does not depend on the basis of the covariates, the numerics do.
    x = np.linalg.qr(x)[0] * np.sqrt(len(x))
    fitted, fit_influence = _outcome_model(change, d, x) if method != "ipw" else (np.zeros(len(d)), None)
    net = change - fitted
    if method == "reg":
        return _difference(d, net, d, np.zeros(len(d)), x, fit_influence, None)
    probability, score = _propensity(d, x)
    weights = np.where((d == 0) & (probability < LARGEST), probability / (1 - probability), 0.0)
    if not weights.any():
        raise Unsupported("no control has a chance of treatment below one")
    return _difference(d, net, weights, net, x, fit_influence, score)


def _difference(d, net, weights, net_control, x, fit_influence, score) -> tuple[float, np.ndarray]:
    """Return the mean of `net` among the treated less the weighted mean among controls, with both models' noise."""
    mean_treated = (d * net).mean() / d.mean()
    mean_control = (weights * net_control).mean() / weights.mean()
    first = d * (net - mean_treated)
    second = weights * (net_control - mean_control)
    if fit_influence is not None:
        first = first - fit_influence @ (d[:, None] * x).mean(0)
    if score is not None:
        second = second + score @ (weights[:, None] * (net_control - mean_control)[:, None] * x).mean(0)
        if fit_influence is not None:
            second = second - fit_influence @ (weights[:, None] * x).mean(0)
    return float(mean_treated - mean_control), first / d.mean() - second / weights.mean()


def _outcome_model(change, d, x) -> tuple[np.ndarray, np.ndarray]:
    """Return what the controls' regression predicts for all, and the influence of each unit on its coefficients (units, k)."""
    gram = (x * (1 - d)[:, None]).T @ x / len(d)
    beta = np.linalg.solve(gram, (x * ((1 - d) * change)[:, None]).mean(0))
    fitted = x @ beta
    return fitted, ((1 - d) * (change - fitted))[:, None] * x @ np.linalg.inv(gram)


def _propensity(d, x) -> tuple[np.ndarray, np.ndarray]:
    """Return logit probabilities of treatment and the influence of each unit on the coefficients (units, k)."""
    beta = np.zeros(x.shape[1])
    for _ in range(STEPS):
        probability = 1 / (1 + np.exp(-np.clip(x @ beta, -35, 35)))
        hessian = (x * (probability * (1 - probability))[:, None]).T @ x
        try:
            step = np.linalg.solve(hessian, x.T @ (d - probability))
        except np.linalg.LinAlgError as error:
            raise Unsupported("the controls separate treated units from the others") from error
        beta = beta + step
        if np.abs(step).max() < 1e-9:
            break
    else:
        raise Unsupported("the controls separate treated units from the others: the logit has no maximum")
    probability = 1 / (1 + np.exp(-np.clip(x @ beta, -35, 35)))
    hessian = (x * (probability * (1 - probability))[:, None]).T @ x / len(d)
    return probability, ((d - probability)[:, None] * x) @ np.linalg.inv(hessian)
