"""No option makes a method run without end: it is bounded, or what it asks beyond the data costs nothing."""

import time

import numpy as np
import pytest

from analysis.core.any_table import estimate
from analysis.core.errors import BadOption
from analysis.inference import pretrend_power
from analysis.validation._metamorphic_cases import case_of

pytestmark = pytest.mark.fast

FAR = 10**7


def run(estimator: str, **options):
    case = case_of(estimator)
    fields = {name: list(value) if isinstance(value, tuple) else value for name, value in case.fields.items()}
    return estimate(case.data(), estimator, **fields, **{**case.options, **options})


@pytest.mark.parametrize(
    ("estimator", "options"),
    [
        ("de_chaisemartin_dhaultfoeuille", {"effects": FAR}),
        ("de_chaisemartin_dhaultfoeuille", {"placebos": FAR}),
        ("stacked_did", {"reference": FAR}),
        ("attrition_bounds", {"reference": FAR}),
        ("two_way_fixed_effects", {"aggregation": "dynamic", "honest": [1e6]}),
    ],
)
def test_options_that_would_run_without_end_are_bounded(estimator, options):
    with pytest.raises(BadOption, match="it must be at most"):
        run(estimator, **options)


@pytest.mark.parametrize(
    ("estimator", "options"),
    [
        ("arellano_bond", {"lags": FAR}),
        ("blundell_bond", {"lags": FAR}),
        ("stacked_did", {"reference": -FAR}),
        ("stacked_did", {"event_window": [-FAR, FAR]}),
        ("stacked_did", {"effect_window": [0, FAR]}),
        ("attrition_bounds", {"event_times": [-FAR, 1, FAR], "bootstrap_draws": 0}),
        ("two_way_fixed_effects", {"aggregation": "dynamic", "event_window": [-FAR * 100, FAR * 100]}),
        ("local_projections_did", {"event_window": [-FAR, FAR]}),
        ("concentration", {"n_places": FAR * 100}),
        ("two_way_fixed_effects", {"aggregation": "dynamic", "pretrend_power": 0.5}),
    ],
)
def test_what_lies_beyond_the_data_costs_nothing(estimator, options):
    run(estimator)  # libraries are imported
    start = time.process_time()
    run(estimator, **options)
    assert time.process_time() - start < 5


def test_a_reference_outside_the_window_gives_the_same_effects():
    inside, outside = (run("stacked_did", reference=-3, event_window=[first, 2], effect_window=[0, 2]) for first in (-3, -2))
    assert outside["estimate"].iloc[0] == pytest.approx(inside["estimate"].iloc[0], rel=1e-12)


def test_power_of_pretrends_is_as_accurate_as_it_says():
    """Equally correlated: given their common part the coefficients are independent, and one integral gives the probability."""
    from scipy import integrate, stats

    for k, accuracy in ((2, 1e-5), (5, 1e-5), (9, 5e-5), (20, 5e-4)):
        times, rho, slope = np.arange(-k - 1, -1), 0.4, 0.03

        def inside(common, times=times, slope=slope, rho=rho):
            mean = slope * (times + 1.0) + np.sqrt(rho) * common
            spread = np.sqrt(1 - rho)
            each = stats.norm.cdf((1.959963984540054 - mean) / spread) - stats.norm.cdf((-1.959963984540054 - mean) / spread)
            return stats.norm.pdf(common) * each.prod()

        exact = 1 - integrate.quad(inside, -9, 9, epsabs=1e-10)[0]
        covariance = (1 - rho) * np.eye(k) + rho
        assert pretrend_power.detection(slope, times, covariance) == pytest.approx(exact, abs=accuracy)
