"""Omitted confounders: printed numbers of the authors, the formulas against each other, a confounder of known strength."""

import math

import numpy as np
import pytest

from analysis.inference.omitted_variables import (
    adjusted,
    as_strong_as,
    bias_adjusted,
    coefficients,
    partial_r2,
    proportion,
    robustness_value,
)

# Cinelli and Hazlett (2020), section 5: Darfur, with the control 'female' as the benchmark.
ESTIMATE, ERROR, T, DEGREES = 0.09732, 0.02326, 4.18445, 783
FEMALE = (0.00907, 0.10903)  # partial R2 with treatment and with outcome, as sensemakr prints them


def test_partial_r2_and_robustness_values_as_printed():
    assert partial_r2(T, DEGREES) == pytest.approx(0.02187, abs=5e-6)
    assert robustness_value(T, DEGREES) == pytest.approx(0.13878, abs=5e-6)
    assert robustness_value(T, DEGREES, level=0.05) == pytest.approx(0.07626, abs=5e-6)


@pytest.mark.parametrize(("times", "estimate", "error"), [(1, 0.0752, 0.0219), (2, 0.0529, 0.0204), (3, 0.0304, 0.0187)])
def test_estimate_given_a_confounder_as_strong_as_a_control_as_printed(times, estimate, error):
    found = adjusted(ESTIMATE, ERROR, DEGREES, *as_strong_as(*FEMALE, times))
    assert found == pytest.approx((estimate, error), abs=1e-4)


def test_a_confounder_of_the_robustness_value_leaves_nothing():
    value = robustness_value(ESTIMATE / ERROR, DEGREES)
    assert adjusted(ESTIMATE, ERROR, DEGREES, value, value)[0] == pytest.approx(0, abs=1e-12)
    assert robustness_value(1.0, DEGREES, level=0.05) == 0


def test_a_confounder_cannot_be_stronger_than_what_is_left():
    with pytest.raises(ValueError, match="no confounder can be 3 times as strong"):
        as_strong_as(0.4, 0.1, 3)


def confounded(seed, strength, n=20_000):
    generator = np.random.default_rng(seed)
    seen, hidden, noise, error = generator.normal(size=(4, n))
    treatment = 0.5 * seen + 0.5 * strength * hidden + noise
    outcome = treatment + seen + hidden + error
    arrays = [column - column.mean() for column in (outcome, treatment, seen, hidden)]
    full = np.column_stack(arrays[1:])
    rest = arrays[0] - full @ np.linalg.lstsq(full, arrays[0], rcond=None)[0]
    return arrays, 1 - rest.var() / arrays[0].var()


def test_the_true_effect_is_found_when_the_hidden_matters_as_much_as_the_seen():
    found = []
    for seed in range(30):
        (outcome, treatment, seen, _), r2 = confounded(seed, 1.0)
        found.append(bias_adjusted(coefficients(outcome, treatment, seen[:, None]), r2))
    assert np.mean(found) == pytest.approx(1.0, abs=4 * np.std(found) / math.sqrt(len(found)))
    assert np.std(found) < 0.1


@pytest.mark.parametrize("strength", [0.5, 1.5])
def test_delta_is_the_true_proportion_and_the_formulas_agree(strength):
    (outcome, treatment, seen, _), r2 = confounded(1, strength, 400_000)
    given = coefficients(outcome, treatment, seen[:, None])
    assert proportion(given, r2, 1.0) == pytest.approx(strength, rel=0.05)
    assert proportion(given, r2, bias_adjusted(given, r2)) == pytest.approx(1.0)


def test_the_bias_formula_is_exact_for_a_confounder_that_is_known():
    (outcome, treatment, seen, hidden), _ = confounded(2, 1.0, 5_000)

    def regress(y, *columns):
        x = np.column_stack(columns)
        inverse = np.linalg.inv(x.T @ x)
        slopes = inverse @ x.T @ y
        degrees = len(y) - x.shape[1]
        return slopes, np.sqrt(((y - x @ slopes) ** 2).sum() / degrees * np.diag(inverse)), degrees

    slopes, errors, degrees = regress(outcome, treatment, seen)
    full, full_errors, left = regress(outcome, treatment, seen, hidden)
    with_outcome = partial_r2(full[2] / full_errors[2], left)
    on_treatment, on_errors, rest = regress(treatment, seen, hidden)
    with_treatment = partial_r2(on_treatment[1] / on_errors[1], rest)
    assert adjusted(slopes[0], errors[0], degrees, with_treatment, with_outcome) == pytest.approx((full[0], full_errors[0]), rel=1e-9)
