"""Resampling kernels: no p-value from no draws, none from rounding, and the same answer in every unit of measurement."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification
from analysis.estimators import callaway_santanna, romano_wolf, romano_wolf_cohorts, two_way_fixed_effects
from analysis.inference import few_treated, honest_bounds, pretrend_power, step_down
from analysis.simulations.data_generating_processes import staggered

SCALES = (1e-9, 1e-3, 1e9)


def run(module, data, cluster=(), outcome="y", **options):
    name = module.__name__.rsplit(".", 1)[-1]
    return module.estimate(
        data, Specification("test", name, outcome, "unit", "time", cohort="cohort", cluster=cluster, options=options, seed=1)
    )


@pytest.fixture(scope="module")
def panel():
    data = staggered.simulate(np.random.default_rng(0), 0.5)[0]
    return data.assign(z=np.random.default_rng(1).normal(size=len(data)))


@pytest.fixture(scope="module")
def events():
    generator = np.random.default_rng(0)
    root = generator.normal(size=(6, 6))
    covariance = 0.01 * (root @ root.T / 6 + np.eye(6))
    return np.array([-4, -3, -2, 0, 1, 2]), np.array([-0.03, 0.05, 0.01, 0.5, 0.6, 0.4]), covariance


def test_the_step_down_needs_draws_and_statistics():
    with pytest.raises(NotIdentified, match="no draw"):
        step_down.romano_wolf(np.array([1.0, 2.0]), np.empty((0, 2)))
    with pytest.raises(NotIdentified, match="does not exist"):
        step_down.romano_wolf(np.array([1.0, 2.0]), np.array([[0.1, np.nan]]))


@pytest.mark.parametrize("module", [romano_wolf, romano_wolf_cohorts])
def test_families_of_outcomes_need_a_draw_and_an_outcome_that_varies(panel, module):
    with pytest.raises(BadOption, match="at least 1"):
        run(module, panel, outcomes=["z"], draws=0)
    additive = panel.assign(z=panel["unit"] * 0.1 + panel["time"] * 0.3)
    with pytest.raises(NotIdentified, match="z"):
        run(module, additive, outcomes=["z"], draws=9)


@pytest.mark.parametrize("module", [romano_wolf, romano_wolf_cohorts])
def test_families_have_the_same_p_values_in_every_unit(panel, module):
    plain = run(module, panel, outcomes=["z"], draws=39)
    for scale in SCALES:
        for old, new in zip(plain, run(module, panel.assign(z=panel["z"] * scale), outcomes=["z"], draws=39), strict=True):
            assert new["p_value"] == pytest.approx(old["p_value"], rel=1e-8)
            assert new["estimate"] == pytest.approx(old["estimate"] * (scale if old["term"] == "z" else 1), rel=1e-8)


@pytest.mark.parametrize("power", [0.0, 1.0, 80.0, -0.5, np.nan])
def test_a_power_that_is_no_probability_is_refused(events, power):
    times, _, covariance = events
    with pytest.raises(BadOption, match="between 0 and 1"):
        pretrend_power.slope_for_power(times[:3], covariance[:3, :3], power)


def test_a_power_below_the_size_of_the_test_is_refused(events):
    times, _, covariance = events
    row = pretrend_power.power_row(times, np.diag(np.diag(covariance)), 0.1, {})
    assert "0.143" in row["reason"] and "estimate" not in row  # 1 - 0.95^3
    alone = pretrend_power.slope_for_power(times[2:3], covariance[2:3, 2:3], 0.5)
    error = np.sqrt(covariance[2, 2])
    found = stats.norm.sf(1.96 - alone / error) + stats.norm.cdf(-1.96 - alone / error)
    assert found == pytest.approx(0.5, abs=1e-4)


def test_a_singular_covariance_has_no_power(events):
    times, _, covariance = events
    covariance = covariance.copy()
    covariance[0], covariance[:, 0] = covariance[1], covariance[:, 1]
    assert "singular" in pretrend_power.power_row(times, covariance, 0.5, {})["reason"]
    assert "no variance" in pretrend_power.power_row(times, np.zeros((6, 6)), 0.5, {})["reason"]
    assert "no coefficient" in pretrend_power.power_row(times[3:], covariance[3:, 3:], 0.5, {})["reason"]


def test_power_and_smoothness_bounds_scale_with_the_outcome(events):
    times, effect, covariance = events
    slope = pretrend_power.slope_for_power(times[1:3], covariance[1:3, 1:3], 0.5)
    times, effect, covariance = times[1:5], effect[1:5], covariance[1:5, 1:5]
    bounds = honest_bounds.smoothness(times, effect, covariance, 0.02)
    for scale in SCALES:
        assert pretrend_power.slope_for_power(times[:2], covariance[:2, :2] * scale**2, 0.5) == pytest.approx(slope * scale, rel=1e-8)
        scaled = honest_bounds.smoothness(times, effect * scale, covariance * scale**2, 0.02 * scale)
        assert np.array(scaled) / scale == pytest.approx(bounds, rel=1e-8)


def test_relative_magnitudes_scale_with_the_outcome(events, monkeypatch):
    times, effect, covariance = events
    times, effect, covariance = times[1:4], effect[1:4], covariance[1:4, 1:4]
    monkeypatch.setattr(honest_bounds, "POINTS", 401)
    bounds = honest_bounds.relative_magnitude(times, effect, covariance, 0.5)
    for scale in (1e-9, 1e9):
        scaled = honest_bounds.relative_magnitude(times, effect * scale, covariance * scale**2, 0.5)
        assert np.array(scaled) / scale == pytest.approx(bounds, rel=1e-8)


def test_one_period_after_treatment_is_covered(monkeypatch):
    """A violation as large after treatment as the largest one before it (magnitude 1), at the edge of what is allowed."""
    monkeypatch.setattr(honest_bounds, "POINTS", 61)
    generator, times = np.random.default_rng(0), np.array([-3, -2, 0])
    truth, violation, covariance = 0.5, np.array([0.0, 0.3, 0.3]), 0.01 * (np.eye(3) + 0.5)
    held = []
    for _ in range(100):
        drawn = generator.multivariate_normal(violation + np.array([0, 0, truth]), covariance)
        low, high = honest_bounds.relative_magnitude(times, drawn, covariance, 1.0)
        held.append(low <= truth <= high)
    assert np.mean(held) >= 0.9
    low, high = honest_bounds.relative_magnitude(times, np.array([0.0, 0.0, truth]), covariance, 0.0)
    assert 1.9 < (high - low) / 2 / np.sqrt(covariance[2, 2]) < 2.5


def test_without_violations_smoothness_bounds_are_those_of_a_linear_trend(events):
    """With no change of slope the violation is a line through -1: the best linear combination takes it off (their section 2.3)."""
    times, effect, covariance = events
    low, high = honest_bounds.smoothness(times, effect, covariance, 0.0)
    # Affine estimator of least variance that is unbiased under any line: generalized least squares of the effects on slope and targets.
    design = np.column_stack([times + 1, *np.eye(6)[3:]])
    inverse = np.linalg.inv(covariance)
    bread = np.linalg.inv(design.T @ inverse @ design)
    target = np.array([0, 1 / 3, 1 / 3, 1 / 3])
    centre, error = target @ bread @ design.T @ inverse @ effect, np.sqrt(target @ bread @ target)
    assert (low, high) == pytest.approx((centre - 1.959964 * error, centre + 1.959964 * error), abs=2e-4)


@pytest.mark.parametrize("size", [-0.5, np.inf, np.nan, "half"])
def test_sizes_of_violations_are_numbers_from_zero_on(panel, size):
    with pytest.raises(BadOption):
        run(callaway_santanna, panel, aggregation="dynamic", honest_smoothness=[size])


def test_bounds_on_a_covariance_that_is_none_are_refused(events):
    times, effect, covariance = events
    for wrong in (covariance * 0, covariance - 0.02 * np.eye(6), covariance * np.nan):
        with pytest.raises(NotIdentified):
            honest_bounds.smoothness(times, effect, wrong, 0.02)


def test_groups_without_errors_show_no_distribution(panel):
    with pytest.raises(BadOption, match="at least 1"):
        few_treated.placebo_effects(np.ones((5, 4)), np.ones((5, 4)), np.arange(5) < 1, None, 0, 1)
    data = panel.assign(city=panel["unit"] % 10)
    first = data.groupby("city")["unit"].transform("min")
    data["cohort"] = np.where(data["city"] < 2, 6, 0)
    data["y"] = first * 0.1 + 0.3 * data["time"] + 2.0 * ((data["city"] < 2) & (data["time"] >= 6))
    rows = run(two_way_fixed_effects, data.assign(y=data["y"]), cluster=("city",), few_treated="conley_taber", few_treated_draws=49)
    found = next(row for row in rows if row["inference"] == "conley_taber")
    assert "p_value" not in found and "rounding" in found["reason"]


def test_groups_all_of_zero_error_along_a_path_are_not_divided_by_it():
    generator = np.random.default_rng(0)
    residuals = generator.normal(size=(8, 4))
    residuals[2:, :2] = 0.0
    treatment, treated = np.zeros((8, 4)), np.arange(8) < 2
    treatment[0, 0], treatment[1, 2] = 1.0, 1.0
    drawn = few_treated.placebo_effects(residuals, treatment, treated, np.arange(1.0, 9.0), 50, 1)
    assert np.isfinite(drawn).all() and drawn.std() > 0


def test_the_placebo_distribution_scales_with_the_outcome(panel):
    data = panel.assign(city=panel["unit"] % 10, cohort=lambda d: np.where(d["unit"] % 10 < 2, 6, 0))
    plain = run(two_way_fixed_effects, data, cluster=("city",), few_treated="conley_taber", few_treated_draws=99)[-1]
    for scale in SCALES:
        found = run(
            two_way_fixed_effects, data.assign(y=data["y"] * scale), cluster=("city",), few_treated="conley_taber", few_treated_draws=99
        )[-1]
        assert found["p_value"] == pytest.approx(plain["p_value"], rel=1e-8)
        assert found["ci_low"] == pytest.approx(plain["ci_low"] * scale, rel=1e-8)


def test_frames_are_left_as_they_were(panel):
    before = panel.copy()
    run(romano_wolf, panel, outcomes=["z"], draws=9)
    pd.testing.assert_frame_equal(panel, before)


@pytest.mark.parametrize("error", [RuntimeError, ValueError, np.linalg.LinAlgError])
def test_a_programme_of_the_library_without_a_solution_is_a_refused_row(events, monkeypatch, error):
    import moderndid

    def fails(**given):
        raise error("Failed to compute any valid eta values")

    monkeypatch.setattr(moderndid, "create_sensitivity_results_rm", fails)
    options = SimpleNamespace(honest=[0.5], honest_smoothness=[], breakdown=False)
    (row,) = honest_bounds.bounds_rows(*events, np.full(3, 1 / 3), options, {})
    assert (row["reason_code"], row["reason"]) == (
        "PRE",
        "moderndid found no interval (Failed to compute any valid eta values)",
    ) and "ci_low" not in row
