"""Composition of the deals, growth of clustered counts, small means: shares by hand, and true values that intervals must hold."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified
from analysis.core.method import method_of
from analysis.core.specification import Specification
from analysis.estimators import class_composition, rate_ratio, sample_mean
from analysis.panels.market_growth import compound


def specification(estimator, cluster=(), **options):
    given = Specification("test", estimator, "y", time="year", cluster=cluster, options=options, seed=1)
    return method_of(estimator).sparing(given, ("outcome", "unit", "time"))


def deals(classes, originators=None):
    """Return deals of these classes, one a month from January 2010."""
    count = len(classes)
    dates = pd.period_range("2010-01", periods=count, freq="M")
    table = pd.DataFrame({"underlying": classes, "year": dates.year, "date": dates.astype(str)})
    return table.assign(deal_id=[f"d{i:03d}" for i in range(count)], originator=originators)


def rows(found):
    return {(row["term"], row.get("setting")): row for row in found}


def test_shares_of_the_halves_by_hand():
    found = rows(
        class_composition.estimate(
            deals(["patent"] * 6 + ["mixed"] * 2 + ["mark"] * 2 + ["patent"] * 3 + ["mark"] * 7), specification("class_composition")
        )
    )
    alone, mixed = proportion_confint(6, 10, 0.05, "beta"), proportion_confint(8, 10, 0.05, "beta")
    assert found["early_share", "alone"]["estimate"] == 0.6 and found["early_share", "with mixed"]["estimate"] == 0.8
    excess = found["early_excess", None]
    assert excess["estimate"] == pytest.approx(0.2)
    assert (excess["ci_low"], excess["ci_high"]) == pytest.approx((alone[0] - 0.5, mixed[1] - 0.5))
    fall = found["share_fall", None]
    assert fall["estimate"] == pytest.approx((0.3 + 0.5) / 2)
    assert fall["ci_low"] == min(found["share_fall_value", setting]["ci_low"] for setting in ("alone", "with mixed"))
    assert fall["ci_high"] == max(found["share_fall_value", setting]["ci_high"] for setting in ("alone", "with mixed"))
    assert found["classes_change", None]["estimate"] == -1  # mixed pools are gone
    entropy = -(0.3 * np.log(0.3) + 0.7 * np.log(0.7)) + (0.6 * np.log(0.6) + 2 * 0.2 * np.log(0.2))
    assert found["entropy_change", None]["estimate"] == pytest.approx(entropy)


def test_without_mixed_pools_the_two_values_are_one():
    found = rows(class_composition.estimate(deals(["patent"] * 5 + ["mark"] * 5), specification("class_composition", bootstrap_draws=99)))
    assert found["early_excess", None]["estimate"] == 0.5
    assert found["share_fall", None]["ci_high"] == found["share_fall_value", "alone"]["ci_high"] == 1.0


def test_the_order_of_rows_and_the_draws_that_nobody_asked_for():
    table = deals(["patent", "mark", "mixed", "patent", "mark", "patent", "copyright", "mixed"])
    asked = specification("class_composition", bootstrap_draws=49)
    assert class_composition.estimate(table.iloc[::-1], asked) == class_composition.estimate(table, asked)
    none = rows(class_composition.estimate(table, specification("class_composition", bootstrap_draws=0)))
    assert none["share_fall", None]["inference"] == "none" and "p_value" not in none["share_fall", None]


@pytest.mark.parametrize("classes", [["mark"] * 8, ["patent"] * 8, ["patent", "mark", "mark"]])
def test_nothing_to_compare_is_refused(classes):
    with pytest.raises(NotIdentified, match="fewer than four deals"):
        class_composition.estimate(deals(classes), specification("class_composition"))


def test_deals_of_one_originator_are_one_draw():
    # Ten originators, each with deals of one class in each half: resampling deals takes their agreement for evidence.
    generator = np.random.default_rng(3)
    kinds = generator.choice(["patent", "mark"], (2, 10), p=[0.5, 0.5])
    classes = [kind for half in kinds for kind in np.repeat(half, 6)]
    names = [f"o{half}{i}" for half in range(2) for i in np.repeat(np.arange(10), 6)]
    table = deals(classes, names)
    single = rows(class_composition.estimate(table, specification("class_composition", bootstrap_draws=499)))["share_fall", None]
    clustered = rows(class_composition.estimate(table, specification("class_composition", ("originator",), bootstrap_draws=499)))[
        "share_fall", None
    ]
    assert clustered["estimate"] == single["estimate"]
    assert clustered["ci_high"] - clustered["ci_low"] > 1.8 * (single["ci_high"] - single["ci_low"])


def test_the_fall_of_a_share_is_held_as_often_as_promised():
    held, early = [], []
    for seed in range(150):
        generator = np.random.default_rng(seed)
        classes = np.where(generator.random(80) < np.repeat([0.7, 0.4], 40), "patent", "mark")
        found = rows(class_composition.estimate(deals(list(classes)), specification("class_composition", bootstrap_draws=199)))
        held.append(found["share_fall", None]["ci_low"] <= 0.3 <= found["share_fall", None]["ci_high"])
        early.append(found["early_excess", None]["ci_low"] <= 0.2 <= found["early_excess", None]["ci_high"])
    assert np.mean(held) >= 0.90 and np.mean(early) >= 0.93


def series(first, later, months=50.0, rest=10.0):
    return pd.DataFrame({"deals": [first, later], "months": [months, rest], "as_of": ["2020", "2021"], "size": [3.0, 3.0]})


def growth(table, **options):
    return {row["term"]: row for row in rate_ratio.estimate(table, specification("rate_ratio", flows=True, **options))}


def test_a_dispersion_of_one_changes_nothing():
    plain, one = growth(series(100, 30)), growth(series(100, 30), dispersion=1)
    assert plain["log_rate_ratio"] == one["log_rate_ratio"]
    assert plain["log_rate_ratio"]["inference"] == "exact" and "zero_dispersion" not in plain


def test_the_interval_ends_at_zero_at_the_dispersion_that_is_named():
    at = growth(series(100, 32), dispersion=1)["zero_dispersion"]["estimate"]
    assert at > 1
    ending = growth(series(100, 32), dispersion=at)["log_rate_ratio"]
    assert ending["ci_low"] == pytest.approx(0, abs=1e-9) and ending["p_value"] == pytest.approx(0.05)
    falling = growth(series(100, 8), dispersion=1)
    assert growth(series(100, 8), dispersion=falling["zero_dispersion"]["estimate"])["log_rate_ratio"]["ci_high"] == pytest.approx(
        0, abs=1e-9
    )
    assert growth(series(100, 20), dispersion=1)["zero_dispersion"]["estimate"] == 0.0  # equal rates: no interval excludes zero
    assert 0 < growth(series(100, 23), dispersion=1)["zero_dispersion"]["estimate"] < 1


def test_clustered_counts_are_held_by_the_dispersed_interval_alone():
    generator, held = np.random.default_rng(0), {1: [], 3: []}
    for _ in range(400):
        # Negative binomial counts, variance three times the mean; the true ratio is 1.5.
        first, later = (int(generator.negative_binomial(mean / 2, 1 / 3)) for mean in (200, 120))
        for size, found in held.items():
            row = growth(series(first, later, 40.0, 16.0), dispersion=size)["log_rate_ratio"]
            found.append(row["ci_low"] <= np.log(1.5) <= row["ci_high"])
    assert np.mean(held[1]) < 0.85 and 0.93 <= np.mean(held[3]) <= 0.99


def test_the_dispersion_may_stand_in_a_column():
    table = series(100, 30)
    assert growth(table, dispersion="size")["log_rate_ratio"] == growth(table, dispersion=3)["log_rate_ratio"]
    for wrong in ("months", 0.5, True):
        with pytest.raises(BadOption, match="dispersion"):
            growth(table, dispersion=wrong)


def test_a_compound_poisson_count():
    assert compound([1, 1, 1]) == 1.0
    assert compound([3, 1]) == 2.5
    generator = np.random.default_rng(1)
    sizes = np.array([3, 1])
    counts = [generator.choice(sizes, generator.poisson(20)).sum() for _ in range(20000)]
    assert np.var(counts) / np.mean(counts) == pytest.approx(compound([3, 1]), rel=0.05)


def test_a_mean_with_its_interval():
    # Student (1908): the ten differences of Cushny and Peebles, mean 1.58; t interval .700 to 2.460 (R: sleep, paired).
    sleep = pd.DataFrame({"y": [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]})
    found = {row["term"]: row for row in sample_mean.estimate(sleep, specification("sample_mean", column="y"))}
    assert found["mean"]["estimate"] == pytest.approx(1.58)
    assert (found["mean"]["ci_low"], found["mean"]["ci_high"]) == pytest.approx((0.7001142, 2.4598858), abs=1e-6)
    assert found["mean"]["p_value"] == pytest.approx(0.002833, abs=1e-6)
    assert found["mean"]["p_value"] == pytest.approx(stats.ttest_1samp(sleep["y"], 0).pvalue)
    assert (found["lowest"]["estimate"], found["highest"]["estimate"]) == (0.0, 4.6)
    with pytest.raises(NotIdentified):
        sample_mean.estimate(sleep.iloc[:1], specification("sample_mean", column="y"))
