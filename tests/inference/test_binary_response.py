"""Binary and fractional responses against statsmodels driven to its end, and bias reduction against what it must do."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import optimize, stats

from analysis.inference.binary_response import LINKS, Separated, fit

THEIRS = {"logit": sm.families.links.Logit, "probit": sm.families.links.Probit, "cloglog": sm.families.links.CLogLog}


def drawn(seed=0, n=400, fractions=False):
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.normal(size=n).round(4), rng.integers(0, 2, n), np.ones(n)])
    mean = 1 / (1 + np.exp(-x @ [0.5, -0.7, -0.3]))
    return x, np.clip(mean + 0.3 * rng.normal(size=n), 0, 1) if fractions else (rng.uniform(size=n) < mean).astype(float)


@pytest.mark.parametrize("fractions", [False, True])
@pytest.mark.parametrize("link", LINKS)
def test_it_is_statsmodels_at_its_end(link, fractions):
    x, y = drawn(fractions=fractions)
    clusters = np.arange(len(y)) // 8
    model = sm.GLM(y, x, family=sm.families.Binomial(THEIRS[link]()))
    theirs = model.fit(tol=1e-13, tol_criterion="params", maxiter=500, cov_type="cluster", cov_kwds={"groups": clusters})
    ours = fit(y, x, link)
    assert ours.coefficients == pytest.approx(theirs.params, rel=1e-9)
    assert ours.errors(ours.clustered(clusters, 50, *x.shape)) == pytest.approx(theirs.bse, rel=1e-8)
    theirs = model.fit(tol=1e-13, tol_criterion="params", maxiter=500, cov_type="HC1")
    assert ours.errors(ours.robust()) == pytest.approx(theirs.bse, rel=1e-8)


@pytest.mark.parametrize("link", LINKS)
def test_derivatives_are_those_of_the_mean(link):
    index, h = np.linspace(-6, 2, 30), 1e-5
    mean, logs = LINKS[link].mean, LINKS[link].logs
    at, above, below = mean(index), mean(index + h), mean(index - h)
    assert at[1] == pytest.approx((above[0] - below[0]) / (2 * h), rel=1e-6)
    assert at[1] * at[2] == pytest.approx((above[1] - below[1]) / (2 * h), rel=1e-5, abs=1e-9)
    assert np.exp(logs(index)[:, 0]) == pytest.approx(np.array([at[0], 1 - at[0]]), rel=1e-10)
    for order in (1, 2):
        slope = (logs(index + h)[:, order - 1] - logs(index - h)[:, order - 1]) / (2 * h)
        assert logs(index)[:, order] == pytest.approx(slope, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("firth", [False, True])
@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize(("unit", "origin"), [(1e9, 0), (1e-9, 0), (1, 2000), (1, 1e8), (4e9, 2e11)])
def test_units_and_origins_change_nothing(link, firth, unit, origin):
    x, y = drawn(1)
    before = fit(y, x, link, firth)
    moved = x.copy()
    moved[:, 0] = x[:, 0] * unit + origin
    after = fit(y, moved, link, firth)
    assert after.coefficients[:2] * [unit, 1] == pytest.approx(before.coefficients[:2], rel=1e-8, abs=0)
    for variance in ("unadjusted", "robust"):
        errors = [found.errors(getattr(found, variance)())[:2] for found in (before, after)]
        assert errors[1] * [unit, 1] == pytest.approx(errors[0], rel=1e-8, abs=0)


@pytest.mark.parametrize("link", LINKS)
def test_no_maximum_is_no_number_and_a_far_one_is(link):
    x, y = drawn(2)
    y[x[:, 1] == 1] = 1
    with pytest.raises(Separated):
        fit(y, x, link)
    y[np.flatnonzero(x[:, 1])[-1]] = 0
    assert np.isfinite(fit(y, x, link).coefficients).all()
    # Rows far out are fitted without a doubt, and separate nothing.
    x[:3, 0], y[:3] = 80, 1
    assert np.isfinite(fit(y, x, link).coefficients).all()


def test_firth_adds_half_an_outcome_to_each_cell_of_two_by_two():
    """Firth (1993), section 3.2: with Jeffreys' prior a saturated logit is that of the counts plus one half."""
    x = np.column_stack([np.repeat([0.0, 1.0], 10), np.ones(20)])
    y = np.r_[np.ones(3), np.zeros(7), np.zeros(10)]
    found = fit(y, x, "logit", firth=True).coefficients
    assert found == pytest.approx([np.log(0.5 / 10.5) - np.log(3.5 / 7.5), np.log(3.5 / 7.5)], abs=1e-10)


def test_firth_is_the_top_of_the_penalized_likelihood():
    x, y = drawn(3, 60)
    y[x[:, 1] == 1] = 1

    def penalized(beta):
        mean = 1 / (1 + np.exp(-x @ beta))
        information = np.linalg.slogdet(x.T @ (x * (mean * (1 - mean))[:, None]))[1]
        return -stats.bernoulli(mean).logpmf(y).sum() - information / 2

    climbed = optimize.minimize(penalized, np.zeros(3), method="BFGS", options={"gtol": 1e-8})
    found = fit(y, x, "logit", firth=True)
    assert found.coefficients == pytest.approx(climbed.x, abs=1e-5)
    assert penalized(found.coefficients) <= climbed.fun + 1e-10


@pytest.mark.parametrize("link", LINKS)
def test_firth_takes_the_bias_of_first_order_away(link):
    """By all outcomes of m draws with one mean: twice the draws, a quarter of the bias, where half would be the usual."""
    index = -0.6
    mean = LINKS[link].mean(np.array([index]))[0][0]
    bias = []
    for m in (40, 80):
        estimates = [fit(np.r_[np.ones(k), np.zeros(m - k)], np.ones((m, 1)), link, firth=True).coefficients[0] for k in range(m + 1)]
        bias.append(stats.binom(m, mean).pmf(np.arange(m + 1)) @ estimates - index)
    assert abs(bias[1]) < 0.35 * abs(bias[0])
