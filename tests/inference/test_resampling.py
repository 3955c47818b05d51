"""Bootstrap, placebo and step-down inference on small cases that can be counted by hand. SIMULATED data."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from analysis.core.estimates import NotIdentified
from analysis.inference import few_treated, multiplier_bootstrap, pretrend_power, wild_cluster_bootstrap
from analysis.inference.step_down import romano_wolf


@pytest.fixture
def clustered():
    generator = np.random.default_rng(0)
    clusters = np.repeat(np.arange(6), 8)
    x = generator.normal(size=48) + np.repeat(generator.normal(size=6), 8)
    y = 0.4 * x + np.repeat(generator.normal(size=6), 8) + generator.normal(size=48)
    return y, x, clusters


def by_hand(y, x, clusters, tau):
    """Return |t| of the sample and of every draw of the restricted wild cluster bootstrap, refitted one by one."""
    design = np.column_stack([np.ones(len(y)), x])
    bread = np.linalg.inv(design.T @ design)

    def t_ratio(outcome):
        beta = bread @ design.T @ outcome
        scores = design * (outcome - design @ beta)[:, None]
        sums = np.array([scores[clusters == c].sum(0) for c in np.unique(clusters)])
        return (beta[1] - tau) / np.sqrt((bread @ sums.T @ sums @ bread)[1, 1])

    restricted = (y - tau * x).mean() + tau * x
    residual = y - restricted
    draws = [t_ratio(restricted + np.array(signs)[clusters] * residual) for signs in product([1, -1], repeat=6)]
    return abs(t_ratio(y)), np.abs(draws)


@pytest.mark.parametrize("tau", [0.0, 0.3])
def test_the_wild_bootstrap_is_the_refitted_one(clustered, tau):
    y, x, clusters = clustered
    actual, draws = by_hand(y, x, clusters, tau)
    effects = np.zeros((48, 1), int)  # the constant
    signs, complete = wild_cluster_bootstrap.multipliers("rademacher", 6, 64, np.random.default_rng(0))
    assert complete
    ours, drawn = wild_cluster_bootstrap.draw(y, x, np.empty((48, 0)), effects, clusters, signs)
    factor = np.abs(ours.statistic(tau, True)) / actual
    assert np.sort(np.abs(drawn.statistic(tau, True))) == pytest.approx(np.sort(draws) * factor, rel=1e-8)
    assert factor == pytest.approx(1.0, rel=1e-8)


def test_many_clusters_are_resampled_without_a_matrix_of_clusters_by_clusters():
    generator = np.random.default_rng(4)
    clusters = generator.permutation(np.repeat(np.arange(260), 3))
    x = generator.normal(size=780)
    y = 0.1 * x + generator.normal(size=260)[clusters]
    signs = generator.choice([-1.0, 1.0], size=(260, 70))
    _, drawn = wild_cluster_bootstrap.draw(y, x, np.empty((780, 0)), np.zeros((780, 1), int), clusters, signs)
    design = np.column_stack([np.ones(780), x])
    restricted = (y - 0.2 * x).mean() + 0.2 * x
    for b in (0, 49, 50, 69):
        outcome = restricted + signs[clusters, b] * (y - restricted)
        beta = np.linalg.lstsq(design, outcome, rcond=None)[0]
        sums = np.bincount(clusters, (x - x.mean()) * (outcome - design @ beta))
        t_ratio = (beta[1] - 0.2) / np.sqrt(sums @ sums) * ((x - x.mean()) @ (x - x.mean()))
        assert drawn.statistic(0.2, True)[b] == pytest.approx(t_ratio, rel=1e-9)


def test_more_multipliers_than_memory_holds_are_refused_with_what_fits():
    with pytest.raises(NotIdentified, match="ask for 250 at most"):
        wild_cluster_bootstrap.multipliers("webb", 200_000, 999, np.random.default_rng(0))


def test_the_interval_is_where_the_bootstrap_stops_rejecting(clustered):
    y, x, clusters = clustered
    effects = np.zeros((48, 1), int)
    result = wild_cluster_bootstrap.test(y, x, np.empty((48, 0)), effects, clusters, "webb", 399, 1)
    low, high = result.interval95
    for end, inside in ((low, 0.02), (high, -0.02)):
        for tau, rejected in ((end + inside * (high - low), False), (end - inside * (high - low), True)):
            p_value = wild_cluster_bootstrap.test(y - tau * x, x, np.empty((48, 0)), effects, clusters, "webb", 399, 1).p_value
            assert (p_value <= 0.05) == rejected


def test_other_regressors_and_effects_are_swept_out(clustered):
    y, x, clusters = clustered
    generator = np.random.default_rng(3)
    other, time = generator.normal(size=(48, 1)), np.tile(np.arange(8), 6)
    dummies = (time[:, None] == np.arange(1, 8)).astype(float)
    signs = generator.choice([-1.0, 1.0], size=(6, 50))
    one = wild_cluster_bootstrap.draw(y, x, other, np.column_stack([np.zeros(48, int), time]), clusters, signs)
    two = wild_cluster_bootstrap.draw(y, x, np.column_stack([other, dummies]), np.zeros((48, 1), int), clusters, signs)
    for a, b in zip(one, two, strict=True):
        assert a.statistic(0.1, True) == pytest.approx(b.statistic(0.1, True), rel=1e-7)


def test_placebo_effects_are_those_of_the_controls():
    """One treated group: every draw is the effect that one control would have had."""
    generator = np.random.default_rng(0)
    residuals, treatment = generator.normal(size=(7, 4)), np.zeros((7, 4))
    treatment[0] = [-0.5, -0.5, 0.5, 0.5]
    treated = np.arange(7) == 0
    possible = residuals[1:] @ treatment[0] / (treatment**2).sum()
    drawn = few_treated.placebo_effects(residuals, treatment, treated, None, 400, 1)
    assert set(np.round(drawn, 10)) == set(np.round(possible, 10))


def test_small_groups_are_noisier():
    """Ferman and Pinto: with variances 1 / size, errors drawn for a small treated group grow by the root of the ratio."""
    generator = np.random.default_rng(0)
    sizes = np.r_[10.0, np.repeat([10.0, 1000.0], 300)]
    residuals = generator.normal(size=(601, 2)) / np.sqrt(sizes)[:, None]
    treatment = np.zeros((601, 2))
    treatment[0] = [-0.5, 0.5]
    treated = np.arange(601) == 0
    plain = few_treated.placebo_effects(residuals, treatment, treated, None, 4000, 1)
    scaled = few_treated.placebo_effects(residuals, treatment, treated, sizes, 4000, 1)
    truth = np.std(residuals[1:301] @ treatment[0]) / (treatment**2).sum()
    assert np.std(scaled) == pytest.approx(truth, rel=0.15)
    assert np.std(plain) < 0.8 * truth


def test_step_down_by_hand():
    draws = np.array([[1.0, 0.2], [0.1, 2.5], [3.0, 0.1]])
    # Largest first (2.0): maxima 1.0, 2.5, 3.0, two at or above. Then 1.5 against 0.2, 2.5, 0.1: one; never below the first.
    assert romano_wolf(np.array([2.0, 1.5]), draws) == pytest.approx([3 / 4, 3 / 4])
    # Second larger: 2.0 against the maxima, then 1.5 against the first column alone: 1.0, 0.1, 3.0.
    assert romano_wolf(np.array([1.5, 2.0]), draws) == pytest.approx([3 / 4, 3 / 4])
    assert romano_wolf(np.array([9.0, 0.15]), draws) == pytest.approx([1 / 4, 3 / 4])


def test_step_down_is_between_each_alone_and_bonferroni():
    generator = np.random.default_rng(0)
    shared = generator.normal(size=(4000, 1))
    draws = 0.7 * shared + np.sqrt(0.51) * generator.normal(size=(4000, 5))
    statistics = np.array([0.5, 2.4, 1.9, 3.1, 1.0])
    alone = (1 + (np.abs(draws) >= statistics).sum(0)) / 4001
    adjusted = romano_wolf(statistics, draws)
    assert (adjusted >= alone - 1e-12).all() and (adjusted <= np.minimum(1, 5 * alone) + 0.01).all()
    assert (np.diff(adjusted[np.argsort(-statistics)]) >= 0).all()


def test_step_down_holds_the_family_wise_error():
    generator = np.random.default_rng(1)
    wrong = 0
    for _ in range(400):
        draws = generator.normal(size=(499, 6))
        wrong += (romano_wolf(generator.normal(size=6), draws) <= 0.05).any()
    assert 0.025 <= wrong / 400 <= 0.085


def test_uniform_bands_cover_all_parameters_at_once():
    generator = np.random.default_rng(2)
    covered = {"uniform": 0, "pointwise": 0}
    for seed in range(200):
        influence = generator.normal(size=(400, 8))
        errors, (critical, _) = multiplier_bootstrap.bands(multiplier_bootstrap.draw(influence, 299, seed))
        t = np.abs(influence.mean(0)) / errors
        covered["uniform"] += (t <= critical).all()
        covered["pointwise"] += (t <= 1.96).all()
    assert 0.90 <= covered["uniform"] / 200 <= 0.985
    assert covered["pointwise"] / 200 < 0.85


def test_perturbations_have_the_variance_of_the_mean():
    influence = np.random.default_rng(0).normal(size=(50_001, 2)) * [1.0, 3.0]
    drawn = multiplier_bootstrap.draw(influence, 400, 1)
    assert drawn.std(0) == pytest.approx(np.sqrt((influence**2).sum(0)) / len(influence), rel=0.12)


def test_the_slope_is_found_with_the_probability_it_is_named_for():
    times = np.array([-5, -4, -3, -2])
    covariance = 0.02 * (0.5 + 0.5 * np.eye(4))
    for power in (0.5, 0.8):
        slope = pretrend_power.slope_for_power(times, covariance, power)
        drawn = np.random.default_rng(0).multivariate_normal(slope * (times + 1), covariance, size=40_000)
        found = (np.abs(drawn) > stats.norm.ppf(0.975) * np.sqrt(np.diag(covariance))).any(1).mean()
        assert found == pytest.approx(power, abs=0.01)
    assert pretrend_power.detection(0.0, times[:1], covariance[:1, :1]) == pytest.approx(0.05, abs=1e-6)
