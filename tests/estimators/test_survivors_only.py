"""Bounds for data that hold survivors only: an excess of survival known from elsewhere stands in for who is not there."""

import numpy as np
import pandas as pd
import pytest

from analysis.core.errors import BadOption
from analysis.core.specification import Specification
from analysis.estimators import attrition_bounds

pytestmark = pytest.mark.fast


def run(data, **options):
    options = {"event_times": [0], "bootstrap_draws": 0} | options
    rows = attrition_bounds.estimate(data, Specification("t", "attrition_bounds", "y", "unit", options=options))
    return {(row["term"], row.get("setting", "")): row["estimate"] for row in rows}


def stack(before, after, treated):
    """Return one stack of units with outcomes before and after the event; NaN is not observed."""
    unit = np.repeat(np.arange(len(before)), 2)
    y = np.column_stack([before, after]).ravel()
    about = {"unit": unit, "event_time": np.tile([-1, 0], len(before)), "treated": np.repeat(treated, 2), "stack": 1, "cell": "a"}
    return pd.DataFrame(about | {"y": y})


@pytest.fixture(scope="module")
def survivors():
    generator = np.random.default_rng(4)
    treated = np.arange(120) < 40
    return stack(generator.normal(size=120), generator.normal(size=120) + 0.3 * treated, treated)


def test_an_excess_gives_what_the_firms_that_are_gone_would_have_given(survivors):
    # 80 controls are there; with 20 more that left, 80 of 100 stayed, a fifth fewer than of the treated.
    gone = stack(np.zeros(20), np.full(20, np.nan), np.zeros(20, dtype=bool)).assign(unit=lambda d: d["unit"] + 1000)
    whole = run(pd.concat([survivors, gone], ignore_index=True))
    assumed = run(survivors, excess_survival=[0.2])
    for term in ("att_lower", "att_upper"):
        assert assumed[term, "0.2"] == pytest.approx(whole[term, ""], abs=1e-12)


def test_treated_that_survived_less_often_are_the_mirror_image(survivors):
    gone = stack(np.zeros(10), np.full(10, np.nan), np.ones(10, dtype=bool)).assign(unit=lambda d: d["unit"] + 1000)
    whole = run(pd.concat([survivors, gone], ignore_index=True))  # 40 of 50 treated stayed
    assumed = run(survivors, excess_survival=[-0.2])
    for term in ("att_lower", "att_upper"):
        assert assumed[term, "-0.2"] == pytest.approx(whole[term, ""], abs=1e-12)


def test_the_trimmed_share_is_that_of_a_printed_example():
    # Lee (2009), Job Corps, week 208: 60.7 % of the treated and 56.6 % of the controls work, so that 6.8 % are trimmed.
    values = np.linspace(0.0, 1.0, 10_001)
    data = stack(np.zeros(20_002), np.r_[values, values], np.arange(20_002) < 10_001)
    found = run(data, excess_survival=[1 - 0.566 / 0.607])
    (low,) = [value for (term, setting), value in found.items() if term == "att_lower" and setting]
    assert 2 * -low == pytest.approx(0.068, abs=0.0005)  # the mean of a uniform without its upper p falls by p/2


def test_no_excess_changes_nothing_and_more_of_it_only_widens(survivors):
    found = run(survivors, excess_survival=[0, 0.1, 0.3])
    assert found["att_lower", "0"] == found["att_lower", ""]
    assert found["att_lower", "0.3"] < found["att_lower", "0.1"] < found["att_lower", ""]
    assert found["att_upper", "0.3"] > found["att_upper", "0.1"] > found["att_upper", ""]


def test_the_effect_on_those_who_survive_either_way_is_held():
    held, naive = [], []
    for seed in range(40):
        generator = np.random.default_rng(seed)
        treated = np.arange(3000) < 1000
        quality = generator.normal(size=3000)
        # Treated survive unless they are among the worst tenth, controls unless among the worst 28 %: a fifth fewer.
        alive = quality > np.where(treated, -1.2816, -0.5828)
        after = quality + generator.normal(scale=0.3, size=3000) + 0.2 * treated
        data = stack(np.zeros(3000), after, treated)
        found = run(data[np.repeat(alive, 2)].reset_index(drop=True), excess_survival=[0.2])
        # Since the worst are gone, the upper bound is the effect itself; 0.12 is three of its standard errors.
        held.append(found["att_lower", "0.2"] < 0.2 < found["att_upper", "0.2"] + 0.12)
        naive.append(found["att_upper", ""])
    assert all(held)
    assert np.mean(naive) < 0.1  # what survivors alone would say


def test_an_excess_beyond_bounds_is_refused(survivors):
    with pytest.raises(BadOption, match="excess_survival"):
        run(survivors, excess_survival=[1.0])
