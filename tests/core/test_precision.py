"""Digits of archived results: noise of the machine is rounded away, also where it would decide a tie."""

import numpy as np

from analysis.core.precision import DIGITS, archived, rounded


def test_noise_of_the_machine_never_shows():
    generator = np.random.default_rng(1)
    for value in [*generator.normal(size=500), *(10.0 ** generator.uniform(-8, 8, 500))]:
        assert archived(value) == archived(value * (1 + 1e-13)) or abs(rounded(value) - value) / abs(value) > 0.49 * 10.0 ** (1 - DIGITS)


def test_a_tie_goes_the_same_way_on_either_side_of_it():
    assert archived(0.12345675) == archived(0.12345675 - 1e-16) == archived(0.12345675 + 1e-16)


def test_what_is_no_number_stays():
    assert (
        archived(float("inf")) == "inf"
        and archived(float("nan")) == "nan"
        and archived(0.0) == "0"
        and archived(828828000.0) == "8.28828e+08"
    )
