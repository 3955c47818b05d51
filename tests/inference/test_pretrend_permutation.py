"""The joint test of effects before treatment: its size, and its power against a planted drift."""

import numpy as np
import pytest

from analysis.inference.pretrend_permutation import POWER, joint_test

DISTANCE = np.array([-1.0, -2.0, -3.0])


def simulated(draws: int, seed: int, slope: float = 0.0):
    generator = np.random.default_rng(seed)
    errors = np.exp(generator.normal(scale=0.2, size=(draws, 3)))
    return errors * generator.normal(size=(draws, 3)) + slope * DISTANCE, errors


def test_the_test_rejects_as_often_as_it_says():
    permuted = simulated(999, 1)
    actual = simulated(2000, 2)
    p = [joint_test(DISTANCE, (a, e), permuted).p_value for a, e in zip(*actual, strict=True)]
    assert np.mean(np.array(p) <= 0.05) == pytest.approx(0.05, abs=0.015)


def test_the_slope_is_found_as_often_as_it_says():
    permuted = simulated(1999, 3)
    slope = joint_test(DISTANCE, (permuted[0][0], permuted[1][0]), permuted).slope
    planted = simulated(2000, 4, slope)
    found = [joint_test(DISTANCE, (a, e), permuted).p_value <= 0.05 for a, e in zip(*planted, strict=True)]
    assert np.mean(found) == pytest.approx(POWER, abs=0.03)


def test_units_and_signs_do_not_matter():
    estimates, errors = simulated(499, 5)
    one = joint_test(DISTANCE, (estimates[0], errors[0]), (estimates[1:], errors[1:]))
    other = joint_test(DISTANCE, (-1e6 * estimates[0], 1e6 * errors[0]), (-1e6 * estimates[1:], 1e6 * errors[1:]))
    assert (one.p_value, one.statistic) == (other.p_value, pytest.approx(other.statistic))
    assert other.slope == pytest.approx(1e6 * one.slope, rel=0.2)


def test_without_any_standard_error_there_is_no_test():
    assert joint_test(DISTANCE, (np.ones(3), np.zeros(3)), (np.ones((9, 3)), np.ones((9, 3)))) is None
    assert joint_test(np.array([]), (np.array([]), np.array([])), (np.empty((9, 0)), np.empty((9, 0)))) is None
