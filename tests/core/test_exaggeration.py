"""Exaggeration and sign error against printed numbers, simulation, and limits."""

import math

import numpy as np
import pytest

from analysis.core.distributions import t_quantile
from analysis.core.exaggeration import design_of

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    ("effect", "error", "sign_error", "exaggeration", "digits"),
    [
        # Gelman and Carlin (2014), "Beauty and Sex Ratios": 46 % and 77; roughly 40 % and 25; 19 % and 8.
        (0.1, 3.28, 0.46, 77, 0),
        (0.3, 3.28, 0.39, 25, 0),
        (1.0, 3.28, 0.19, 8, 0),
        # "Menstrual Cycle and Political Attitudes": power 0.06, 24 % and 9.7.
        (2.0, 8.1, 0.24, 9.7, 1),
    ],
)
def test_published(effect, error, sign_error, exaggeration, digits):
    found = design_of(effect, error)
    # They draw 10,000 estimates, of which some 500 are significant: beside rounding, two standard errors of that mean.
    tolerance = 0.5 * 10.0**-digits + 2 * 0.0075 * exaggeration
    assert found.exaggeration == pytest.approx(exaggeration, abs=tolerance)
    assert found.sign_error == pytest.approx(sign_error, abs=0.0051)


def test_published_power():
    assert round(design_of(2.0, 8.1).power, 2) == 0.06
    at_one = design_of(1.0, 3.28)  # significant and right in 4.9 %, significant and wrong in 1.1 %
    assert at_one.power * (1 - at_one.sign_error) == pytest.approx(0.049, abs=0.001)
    assert at_one.power * at_one.sign_error == pytest.approx(0.011, abs=0.001)


@pytest.mark.parametrize(("effect", "error", "degrees"), [(0.5, 1.0, math.inf), (-1.5, 1.0, math.inf), (0.3, 2.0, 6.0), (2.0, 1.0, 3.0)])
def test_simulated(effect, error, degrees):
    generator = np.random.default_rng(3)
    noise = generator.normal(size=2_000_000) if math.isinf(degrees) else generator.standard_t(degrees, size=2_000_000)
    drawn = effect + error * noise
    significant = drawn[abs(drawn) > error * t_quantile(0.975, degrees)]
    found = design_of(effect, error, degrees)
    assert found.power == pytest.approx(len(significant) / len(drawn), rel=0.02)
    assert found.exaggeration == pytest.approx(abs(significant).mean() / abs(effect), rel=0.02)
    assert found.sign_error == pytest.approx((significant * effect < 0).mean(), rel=0.03, abs=1e-4)


def test_a_t_with_many_degrees_is_a_normal():
    one, other = design_of(0.7, 1.0, 1e7), design_of(0.7, 1.0)
    assert (one.power, one.exaggeration, one.sign_error) == pytest.approx((other.power, other.exaggeration, other.sign_error), rel=1e-5)


def test_limits():
    assert design_of(100.0, 1.0).exaggeration == pytest.approx(1.0) and design_of(100.0, 1.0).power == pytest.approx(1.0)
    assert design_of(1e-6, 1.0).sign_error == pytest.approx(0.5, abs=1e-4) and design_of(1e-6, 1.0).power == pytest.approx(0.05)
    assert design_of(-0.5, 1.0) == design_of(0.5, 1.0)
    for wrong in ((0.0, 1.0), (1.0, 0.0), (1.0, math.nan)):
        with pytest.raises(ValueError, match="no exaggeration"):
            design_of(*wrong)
