"""Descriptive estimators against published limits and hand-made cases."""

import numpy as np
import pandas as pd
import pytest

from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification
from analysis.estimators import binomial_share, class_composition, concentration, order_of_appearance, poisson_trend, rate_ratio

pytestmark = pytest.mark.fast


def specification(method, **options):
    """Return the specification of a table of deals; a method is given the fields that it has a use of."""
    return method.METHOD.sparing(Specification("test", "test", unit="place", time="year", options=options, seed=1), ("unit", "time"))


def row_of(rows, term):
    return next(row for row in rows if row["term"] == term)


def test_exact_interval_of_a_share():
    # Clopper-Pearson limits of 10 in 100: .0490 to .1762 (Newcombe 1998, Statistics in Medicine 17: 857-872).
    deals = pd.DataFrame({"green": ["yes"] * 10 + ["no"] * 90 + ["not assessed"] * 7})
    row = row_of(
        binomial_share.estimate(deals, specification(binomial_share, hit="green", hit_value="yes", unknown="not assessed")), "share"
    )
    assert (row["estimate"], row["n_obs"]) == (0.1, 100)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((0.0490, 0.1762), abs=5e-5)


def test_what_nobody_assessed_is_no_share():
    deals = pd.DataFrame({"green": ["not assessed"] * 35})
    with pytest.raises(NotIdentified, match="assessed in none of the 35"):
        binomial_share.estimate(deals, specification(binomial_share, hit="green", hit_value="yes", unknown="not assessed"))


def test_excess_over_a_benchmark_shifts_the_interval():
    counts = pd.DataFrame({"hits": [44], "all": [59], "benchmark": [0.2]})
    rows = binomial_share.estimate(counts, specification(binomial_share, hits="hits", trials="all", benchmark="benchmark"))
    assert row_of(rows, "excess_share")["ci_low"] == pytest.approx(row_of(rows, "share")["ci_low"] - 0.2)


def test_what_is_no_sample_has_a_share_and_no_interval():
    counts = pd.DataFrame({"hits": [3], "all": [4]})
    for row in binomial_share.estimate(counts, specification(binomial_share, hits="hits", trials="all", benchmark=0.5, sample=False)):
        assert row["inference"] == "none" and row["n_obs"] == 4
        assert row["estimate"] == (0.75 if row["term"] == "share" else 0.25)
        assert not {"p_value", "ci_low", "ci_high", "ci90_low", "ci90_high"} & set(row)


def test_rate_ratio_is_exact_and_needs_one_series():
    # Equal rates: 30 events in 10 months, 60 in the next 20.
    series = pd.DataFrame({"deals": [30, 90], "months": [10.0, 30.0], "as_of": ["2020", "2021"]})
    row = row_of(rate_ratio.estimate(series, specification(rate_ratio)), "log_rate_ratio")
    assert row["estimate"] == pytest.approx(0)
    assert row["p_value"] == pytest.approx(1)
    assert row["ci_low"] < 0 < row["ci_high"]
    with pytest.raises(NotIdentified, match="two dates"):
        rate_ratio.estimate(series.iloc[:1], specification(rate_ratio))


def test_rate_ratio_covers_the_truth():
    generator = np.random.default_rng(0)
    held = []
    for _ in range(400):
        first, later = generator.poisson(2.0 * 50), generator.poisson(3.0 * 10)
        series = pd.DataFrame({"deals": [first, first + later], "months": [50.0, 60.0], "as_of": ["2020", "2021"]})
        row = row_of(rate_ratio.estimate(series, specification(rate_ratio)), "log_rate_ratio")
        held.append(row["ci_low"] <= np.log(1.5) <= row["ci_high"])
    assert np.mean(held) >= 0.94  # exact intervals cover at least their level


def deals(rows):
    return pd.DataFrame(rows, columns=["underlying", "year", "date"]).assign(deal_id=lambda d: d.index.astype(str))


def test_the_lead_is_as_precise_as_its_dates():
    days = order_of_appearance.estimate(
        deals([("patent", 2019, "2019-09-11"), ("copyright", 2018, "2018-12-21"), ("patent", 2020, None)]),
        specification(order_of_appearance),
    )
    lead = row_of(days, "lead")
    assert lead["estimate"] == pytest.approx(264 / 365, abs=0.005)
    assert lead["ci_high"] - lead["ci_low"] == pytest.approx(2 / 365, abs=1e-4)
    years = order_of_appearance.estimate(
        deals([("patent", 2019, "2019"), ("copyright", 2019, "2019"), ("patent", 2020, None)]), specification(order_of_appearance)
    )
    assert row_of(years, "lead")["ci_low"] == -1.0
    assert row_of(years, "lead")["ci_high"] == 1.0  # within one year the order is unknown


def test_a_mixed_pool_may_hold_the_class():
    rows = [("mixed", 2018, "2018-12-14"), ("patent", 2019, "2019-09-11"), ("copyright", 2018, "2018-12-21")]
    lead = row_of(order_of_appearance.estimate(deals(rows), specification(order_of_appearance)), "lead")
    assert lead["ci_low"] == 0.0  # counted as patents, the mixed pool is the first of both
    assert lead["ci_high"] == pytest.approx(0.745, abs=0.005)


def test_entropy_of_equal_classes():
    assert class_composition.entropy(np.array([1, 1, 1, 1, 0])) == pytest.approx(np.log(4))


def test_concentration_of_known_shares():
    assert concentration.indices(np.array([1, 1, 1, 1]), 4) == pytest.approx((0.25, 0.0, 0.25))
    hhi, gini, top = concentration.indices(np.array([10]), 31)
    assert (hhi, gini, top) == pytest.approx((1.0, 30 / 31, 1.0))


def test_poisson_trend_recovers_true_growth_and_widens_for_clusters():
    generator = np.random.default_rng(3)
    held = []
    for _ in range(150):
        rate = 20 * np.exp(0.2 * np.arange(8))
        counts = generator.negative_binomial(rate / 2, 1 / 3)  # variance three times the mean
        events = pd.DataFrame({"year": np.repeat(np.arange(2018, 2026), counts)})
        row = row_of(poisson_trend.estimate(events, specification(poisson_trend, first=2018, last=2025)), "log_growth")
        held.append(row["ci_low"] <= 0.2 <= row["ci_high"])
    assert 0.90 <= np.mean(held) <= 0.99


def test_too_few_events_carry_no_trend():
    with pytest.raises(NotIdentified, match="carry no trend"):
        poisson_trend.estimate(pd.DataFrame({"year": [2018, 2020]}), specification(poisson_trend))
