"""Difference-in-differences of two groups and two periods given covariates (Sant'Anna and Zhao 2020, J. Econometrics 219: 101-122).

Outcome regression (their equation 2.2), normalised inverse probability weighting (2.4, with weights that add to one) and
the doubly robust estimand with a logit and ordinary least squares, which R's did uses: 2.5 for panels, and for repeated
cross-sections the locally efficient one (their tau_2^{dr,rc}, section 2.3). Influence functions: their theorem 1, for
sections theorem 2, and appendix. Sampling weights multiply the weights of every mean, regression and logit.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from analysis.inference.standard_units import StandardUnits

# Controls whose estimated probability of treatment is larger stand for nobody (as in R's DRDID).
LARGEST = 0.995
# From here on a unit has no comparable control (R's did leaves out a cell with one).
NO_OVERLAP = 0.999
STEPS = 50
# Singular values (relative, of standardized columns) below which covariates are collinear, as in R's lm.
COLLINEAR = 1e-7


class Unsupported(ValueError):
    """The covariates of a cell cannot be used: collinear, or they separate treated units from controls."""


@dataclass(frozen=True)
class _Model:
    """An estimated model, by the influence of each row on its coefficients: `score` (rows,) times x @ `bread` (k, k)."""

    score: np.ndarray
    bread: np.ndarray
    x: np.ndarray

    def along(self, direction: np.ndarray) -> np.ndarray:
        """Return the influence of each row (rows,) on the coefficients times `direction` (k,)."""
        return self.score * (self.x @ (self.bread @ direction))


@dataclass(frozen=True)
class _Mean:
    """One weighted mean of an estimator: `sign`, `weights` and `values` (rows,), whether the odds of treatment are in the
    weights, and by which multiple of x the values move with the coefficients of each regression."""

    sign: int
    weights: np.ndarray
    values: np.ndarray
    odds: bool = False
    slopes: list[tuple[_Model, int]] = field(default_factory=list)


def effect(
    change: np.ndarray, treated: np.ndarray, x: np.ndarray, method: str, weight: np.ndarray | None = None
) -> tuple[float, np.ndarray]:
    """Return the effect on the treated and the influence of each unit (units,), whose mean square over units is its variance.

    `change` (units,) is the outcome less that of the base period, `treated` (units,) 0/1, `x` (units, k) with a constant
    first, `weight` (units,) of sampling. Raises Unsupported where covariates are collinear or leave no overlap.
    """
    d = treated.astype(float)
    w = np.ones(len(d)) if weight is None else weight / weight.mean()
    _need_rank(x, d == 0, "among units that are not treated")
    x = _orthonormal(x)
    if method == "ipw":
        net, slopes = change, []
    else:
        fitted, model = _outcome_model(change, w * (1 - d), x)
        net, slopes = change - fitted, [(model, -1)]
    means = [_Mean(1, w * d, net, slopes=slopes)]
    if method == "reg":
        return _combined(means, x, None)
    odds, score = _odds(d, w, x)
    return _combined([*means, _Mean(-1, w * odds, net, odds=True, slopes=slopes)], x, score)


def effect_of_sections(
    outcome: np.ndarray, post: np.ndarray, treated: np.ndarray, x: np.ndarray, method: str, weight: np.ndarray | None = None
) -> tuple[float, np.ndarray]:
    """Return the effect on the treated and the influence of each row from two cross-sections of different units.

    `outcome`, `post` (0/1) and `treated` (0/1) are (rows,), `x` (rows, k) with a constant first, `weight` (rows,). The
    distribution of covariates must be the same in both periods (their assumption 1b). R's drdid_rc, reg_did_rc and
    std_ipw_did_rc.
    """
    d, after = treated.astype(float), post.astype(float)
    w = np.ones(len(d)) if weight is None else weight / weight.mean()
    _need_rank(x, d == 0, "among units that are not treated")
    x = _orthonormal(x)
    # What all outcomes share cancels, but large numbers would not cancel exactly.
    y = outcome - outcome.mean()
    corners = {(on, t): w * (d if on else 1 - d) * (after if t else 1 - after) for on in (1, 0) for t in (1, 0)}
    if method == "ipw":
        return _weighted_sections(y, d, w, after, corners, x)
    for (on, t), corner in corners.items():
        if method == "dr" or not on:
            _need_rank(x, corner > 0, f"among units that are {'' if on else 'not '}treated, {'after' if t else 'before'}")
    if method == "reg":
        return _regressed_sections(y, d, w, corners, x)
    return _robust_sections(y, d, w, after, corners, x)


def _weighted_sections(
    y: np.ndarray, d: np.ndarray, w: np.ndarray, after: np.ndarray, corners: dict[tuple[int, int], np.ndarray], x: np.ndarray
) -> tuple[float, np.ndarray]:
    odds, score = _odds(d, w, x)
    means = []
    for t, sign, now in ((1, 1, after), (0, -1, 1 - after)):
        means += [_Mean(sign, corners[1, t], y), _Mean(-sign, w * odds * now, y, odds=True)]
    return _combined(means, x, score)


def _regressed_sections(
    y: np.ndarray, d: np.ndarray, w: np.ndarray, corners: dict[tuple[int, int], np.ndarray], x: np.ndarray
) -> tuple[float, np.ndarray]:
    """The controls' change is predicted for the treated of both periods."""
    means = []
    for t, sign in ((1, 1), (0, -1)):
        fitted, model = _outcome_model(y, corners[0, t], x)
        means += [_Mean(sign, corners[1, t], y), _Mean(-sign, w * d, fitted, slopes=[(model, 1)])]
    return _combined(means, x, None)


def _robust_sections(
    y: np.ndarray, d: np.ndarray, w: np.ndarray, after: np.ndarray, corners: dict[tuple[int, int], np.ndarray], x: np.ndarray
) -> tuple[float, np.ndarray]:
    odds, score = _odds(d, w, x)
    means = []
    for t, sign, now in ((1, 1, after), (0, -1, 1 - after)):
        control, control_model = _outcome_model(y, corners[0, t], x)
        own, own_model = _outcome_model(y, corners[1, t], x)
        net = [(control_model, -1)]
        gap = [(own_model, 1), (control_model, -1)]
        means += [
            _Mean(sign, corners[1, t], y - control, slopes=net),
            _Mean(-sign, w * odds * now, y - control, odds=True, slopes=net),
            # The treated of both periods say more about the covariates of the treated than those of one.
            _Mean(sign, w * d, own - control, slopes=gap),
            _Mean(-sign, corners[1, t], own - control, slopes=gap),
        ]
    return _combined(means, x, score)


def _combined(means: list[_Mean], x: np.ndarray, score: _Model | None) -> tuple[float, np.ndarray]:
    """Return the signed sum of weighted means and its influence, with the noise of the models in weights and values."""
    total, influence = 0.0, np.zeros(len(x))
    for mean in means:
        size = mean.weights.mean()
        value = (mean.weights * mean.values).mean() / size
        deviation = mean.weights * (mean.values - value)
        part = deviation.copy()
        if mean.odds and score is not None:
            part += score.along(x.T @ deviation / len(x))
        for model, multiple in mean.slopes:
            part += model.along(multiple * (x.T @ mean.weights) / len(x))
        total += mean.sign * value
        influence += mean.sign * part / size
    return float(total), influence


def _outcome_model(y: np.ndarray, weights: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, _Model]:
    """Return what the regression of the rows with `weights` predicts for all (rows,), and the model."""
    gram = (x * weights[:, None]).T @ x / len(y)
    fitted = x @ np.linalg.solve(gram, x.T @ (weights * y) / len(y))
    return fitted, _Model(weights * (y - fitted), np.linalg.inv(gram), x)


def _odds(d: np.ndarray, w: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, _Model]:
    """Return the odds of treatment of controls (zero for others and beyond LARGEST), and the logit they come from."""
    probability, model = _propensity(d, w, x)
    if probability.max() >= NO_OVERLAP:
        raise Unsupported(f"no overlap: the controls give some units a probability of treatment of {NO_OVERLAP} or more")
    odds = np.where((d == 0) & (probability < LARGEST), probability / (1 - probability), 0.0)
    if not odds.any():
        raise Unsupported("no control has a chance of treatment below one")
    return odds, model


def _propensity(d: np.ndarray, w: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, _Model]:
    """Return logit probabilities of treatment (rows,), by Newton's method with halved steps; `x` must be orthonormal, so that
    tolerances have no unit. Where units are separated the likelihood has no maximum: steps do not shrink."""
    beta, step = np.zeros(x.shape[1]), np.full(x.shape[1], np.inf)
    likelihood = _log_likelihood(d, w, x @ beta)
    for _ in range(STEPS):
        probability, gradient, hessian = _derivatives(d, w, x, beta)
        try:
            step = np.linalg.solve(hessian, gradient)
        except np.linalg.LinAlgError:
            break
        beta, likelihood = _ascend(d, w, x, beta, step, likelihood)
        if np.abs(step).max() < 1e-9:
            break
    probability, gradient, hessian = _derivatives(d, w, x, beta)
    if not (np.abs(step).max() < 1e-9 and np.abs(gradient).max() < 1e-9):
        raise Unsupported("the controls separate treated units from the others: the logit has no maximum")
    return probability, _Model(w * (d - probability), np.linalg.inv(hessian), x)


def _derivatives(d: np.ndarray, w: np.ndarray, x: np.ndarray, beta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return probabilities (rows,), gradient (k,) and negative Hessian (k, k) of the mean log-likelihood."""
    probability = 1 / (1 + np.exp(-np.clip(x @ beta, -35, 35)))
    hessian = (x * (w * probability * (1 - probability))[:, None]).T @ x / len(d)
    return probability, x.T @ (w * (d - probability)) / len(d), hessian


def _log_likelihood(d: np.ndarray, w: np.ndarray, index: np.ndarray) -> float:
    return float((w * (d * index - np.logaddexp(0, index))).mean())


def _ascend(d: np.ndarray, w: np.ndarray, x: np.ndarray, beta: np.ndarray, step: np.ndarray, likelihood: float) -> tuple[np.ndarray, float]:
    """Return the coefficients after the largest of the step, its half, its quarter .. that does not lower the likelihood."""
    for halvings in range(20):
        reached = beta + step / 2**halvings
        found = _log_likelihood(d, w, x @ reached)
        if found >= likelihood - 1e-12 * abs(likelihood):
            return reached, found
    return beta, likelihood


def _need_rank(x: np.ndarray, rows: np.ndarray, among: str) -> None:
    """Raise Unsupported where the covariates are collinear, or one does not vary, among `rows`."""
    z = x[rows]
    values = np.zeros(1)
    if len(z) >= z.shape[1]:
        values = np.linalg.svd(np.linalg.qr(StandardUnits.of(z).measure(z), mode="r"), compute_uv=False)
    if values[-1] <= COLLINEAR * values[0]:
        raise Unsupported(f"the controls are collinear, or do not vary, {among}")


def _orthonormal(x: np.ndarray) -> np.ndarray:
    """Return another basis of the covariates: the estimate does not depend on it, the numerics do."""
    return np.linalg.qr(StandardUnits.of(x).measure(x))[0] * np.sqrt(len(x))
