"""Accelerated failure time among those that ever end, with a share that never does (Farewell 1982, Biometrics 38: 1041-1046).

A duration ends at all with probability logit(z'c); if it does, log T = x'b + sigma W. Without the share, durations that
never end look like very long ones, and whatever moves the censoring date moves the time ratio. Right- and
interval-censored durations; maximum likelihood by Newton's method with derivatives by autograd; errors clustered.
"""

from __future__ import annotations

from collections.abc import Callable

import autograd.numpy as anp
import numpy as np
import pandas as pd
from autograd import elementwise_grad

from analysis.estimates import NotIdentified, parameter
from analysis.estimators._durations import cluster_counts, counts_of, regressors_of
from analysis.estimators._regression import complete_rows, effective_reference
from analysis.inference.cluster import cluster_sums
from analysis.method import REFERENCE, Method, Option

METHOD = Method(
    title="Mixture cure model: time ratio among those that ever end",
    citation="Farewell (1982), Biometrics 38: 1041-1046; Boag (1949), JRSS B 11: 15-53",
    library="analysis",
    needs=("duration", "event|upper", "treatment|controls"),
    accepts=("unit", "cluster"),
    options={
        "distribution": Option("weibull", "of the durations that end", ("weibull", "lognormal", "loglogistic")),
        "reference": REFERENCE,
        "share_controls": Option([], "covariates of the share that ever ends; by default none: the same share for all"),
    },
)
STEPS = 100
FARTHEST = 9.0  # log odds beyond which the share is all or nothing
SMALLEST = 1e-12  # an interval holds at least this share of what is left


def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return coefficients on log time (term: covariate, 'const'), 'log_scale', and those on the log odds of ever ending ('ends:...').

    With `upper` a duration ended between `duration` and `upper` (blank: not yet); else `event` says so. Errors by
    `cluster`, else by unit, else by row. Raises NotIdentified when the likelihood has no inner maximum.
    """
    options = METHOD.read(specification)
    if specification.upper and specification.event:
        raise ValueError("mixture_cure_regression: --upper says itself which spells ended; it takes no --event")
    names = regressors_of(specification)
    data, low, high = _spells(panel, specification, names, options.share_controls)
    x = np.column_stack([data[names].to_numpy(float), np.ones(len(data))])
    z = np.column_stack([data[list(options.share_controls)].to_numpy(float), np.ones(len(data))])
    groups = specification.cluster[0] if specification.cluster else specification.unit
    clusters = pd.factorize(data[groups])[0] if groups else np.arange(len(data))
    counts = counts_of(data, specification) | cluster_counts(data, specification, clusters)
    ended = np.isfinite(high)
    theta, variance = _maximise(_likelihood(low, high, ended, options.distribution), x, z, _start(low, high, ended, x, z), clusters)
    errors = np.sqrt(np.diag(variance))
    labels = [*names, "const", "log_scale", *(f"ends:{name}" for name in options.share_controls), "ends:const"]
    degrees = effective_reference(data, specification, (clusters,)) if options.reference == "effective_clusters" else np.inf
    about = {"inference": "cluster" if groups else "robust", "degrees": degrees, **counts}
    return [parameter(term, value, error, **about) for term, value, error in zip(labels, theta, errors, strict=True)]


def _spells(panel, specification, names, share_controls) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return complete rows, lower ends (rows,) and upper ends: infinite where the duration had not ended."""
    needed = [specification.duration, *names, *share_controls, specification.unit, *specification.cluster]
    if specification.upper:
        panel = panel.assign(_upper=panel[specification.upper].astype(float).fillna(np.inf))
        data = complete_rows(panel, [*needed, "_upper"])
        low, high = data[specification.duration].to_numpy(float), data["_upper"].to_numpy(float)
    else:
        data = complete_rows(panel, [*needed, specification.event])
        low = data[specification.duration].to_numpy(float)
        high = np.where(data[specification.event].to_numpy(float) == 1, low, np.inf)
    if (low < 0).any() or (high < low).any():
        row = int(np.argmax((low < 0) | (high < low)))
        raise NotIdentified("SUPPORT", f"spell {row + 1} has a negative duration, or ends before it starts")
    if not np.isfinite(high).any():
        raise NotIdentified("SUPPORT", "no spell ends: every one is censored")
    return data, low, high


def _survival(distribution: str) -> tuple[Callable, Callable]:
    """Return log survival and log density of the standardized log time."""
    if distribution == "weibull":
        return lambda w: -anp.exp(w), lambda w: w - anp.exp(w)
    if distribution == "loglogistic":
        return lambda w: -anp.logaddexp(0.0, w), lambda w: w - 2 * anp.logaddexp(0.0, w)
    from autograd.scipy.stats import norm

    return lambda w: norm.logcdf(-w), lambda w: norm.logpdf(w)


def _likelihood(low, high, ended, distribution: str) -> Callable:
    """Return the log likelihood of each row as a function of its three predictors: location, log scale, log odds of ending."""
    log_survival, log_density = _survival(distribution)
    exact = ended & (high - low < 1e-9)
    interval = ended & ~exact
    from_start = interval & (low <= 0)
    last = np.where(ended, high, np.maximum(low, 1e-10))
    log_last, log_low = np.log(np.maximum(last, 1e-10)), np.log(np.maximum(low, 1e-10))
    # Rows of another kind get harmless ends: a branch that is not taken must still have finite derivatives.
    from_, to = np.where(interval & ~from_start, log_low, 0.0), np.where(interval, log_last, 1.0)

    def each(location, log_scale, odds):
        scale = anp.exp(log_scale)
        w_last = (log_last - location) / scale
        share = -anp.logaddexp(0.0, -odds)  # log probability of ever ending
        density = share + log_density(w_last) - log_scale - log_last
        lower = anp.where(from_start, 0.0, log_survival((from_ - location) / scale))
        mass = share + lower + anp.log(-anp.expm1(anp.minimum(log_survival((to - location) / scale) - lower, -SMALLEST)))
        censored = anp.logaddexp(-anp.logaddexp(0.0, odds), share + log_survival(w_last))
        return anp.where(exact, density, anp.where(interval, mass, censored))

    return each


def _start(low, high, ended, x, z) -> np.ndarray:
    middle = np.log(np.maximum((low[ended] + high[ended]) / 2, 0.1))
    theta = np.zeros(x.shape[1] + 1 + z.shape[1])
    theta[x.shape[1] - 1] = middle.mean() + 0.5
    theta[x.shape[1]] = np.log(max(middle.std(), 0.1)) - 0.3
    share = min(max(1.3 * ended.mean(), 0.05), 0.9)
    theta[-1] = np.log(share / (1 - share))
    return theta


def _maximise(each: Callable, x, z, theta, clusters) -> tuple[np.ndarray, np.ndarray]:
    """Return the maximum and its clustered sandwich variance (no small-sample factor)."""
    ones = np.ones((len(x), 1))
    blocks = (x, ones, z)
    cuts = np.cumsum([x.shape[1], 1])
    first = [elementwise_grad(each, i) for i in range(3)]
    second = {(i, j): elementwise_grad(first[i], j) for i in range(3) for j in range(i, 3)}

    def parts(at):
        b, s, c = np.split(at, cuts)
        return x @ b, ones @ s, z @ c

    value = float(each(*parts(theta)).sum())
    for _ in range(STEPS):
        predictors = parts(theta)
        scores = np.column_stack([g(*predictors)[:, None] * block for g, block in zip(first, blocks, strict=True)])
        hessian = _hessian(second, predictors, blocks)
        gradient = scores.sum(0)
        # Away from the maximum the likelihood need not be concave: negative curvature is turned round.
        eigenvalues, vectors = np.linalg.eigh(-hessian)
        step = vectors @ ((vectors.T @ gradient) / np.maximum(np.abs(eigenvalues), 1e-8))
        theta, value, moved = _uphill(each, parts, theta, value, step)
        if not moved or np.abs(step).max() < 1e-8:
            break
    size = np.sqrt(np.abs(np.diag(hessian)))
    # The curvature per unit of each coefficient's own size: whether there is a maximum does not depend on units.
    curved = bool((size > 0).all()) and np.linalg.eigvalsh(-hessian / np.outer(size, size)).min() > 1e-7
    edge = np.abs(parts(theta)[2]).max() > FARTHEST
    if not curved or edge or not np.isfinite(theta).all() or np.abs(gradient).max() > 1e-3 * len(x):
        raise NotIdentified("CONVERGENCE", "the likelihood has no inner maximum: the share that never ends is not identified")
    bread = np.linalg.inv(-hessian)
    summed = cluster_sums(scores, clusters)
    return theta, bread @ (summed.T @ summed) @ bread


def _uphill(each, parts, theta, value, step) -> tuple[np.ndarray, float, bool]:
    step = step / max(1.0, np.abs(step).max() / 2)
    for _ in range(30):
        trial = theta + step
        reached = float(each(*parts(trial)).sum())
        if np.isfinite(reached) and reached > value:
            return trial, reached, True
        step = step / 2
    return theta, value, False


def _hessian(second, predictors, blocks) -> np.ndarray:
    rows = [[None] * 3 for _ in range(3)]
    for (i, j), curvature in second.items():
        rows[i][j] = blocks[i].T @ (curvature(*predictors)[:, None] * blocks[j])
        rows[j][i] = rows[i][j].T
    return np.block(rows)
