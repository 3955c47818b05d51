"""What is refused at the entrance by role: columns that explain themselves, outcomes out of range, histories that cannot be meant."""

from importlib import import_module

import numpy as np
import pandas as pd
import pytest

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified
from analysis.core.options import Option
from analysis.core.specification import Specification

pytestmark = pytest.mark.fast


def estimate(data: pd.DataFrame, estimator: str, **fields) -> pd.DataFrame:
    specification = Specification(name="test", estimator=estimator, seed=7, **fields)
    return pd.DataFrame(import_module(f"analysis.estimators.{estimator}").estimate(data, specification))


def panel(units: int = 12, periods: int = 6) -> pd.DataFrame:
    generator = np.random.default_rng(3)
    unit, time = (part.ravel() for part in np.meshgrid(np.arange(units) + 1, np.arange(periods) + 2001, indexing="ij"))
    data = pd.DataFrame({"unit": unit, "time": time, "x": generator.normal(size=unit.size), "z": generator.normal(size=unit.size)})
    data["g"] = np.where(unit <= 5, 2004.0, 0.0)
    data["y"] = 0.5 * data["x"] + (data["g"] > 0) * (time >= data["g"]) + generator.normal(size=unit.size)
    return data


@pytest.mark.parametrize(
    ("estimator", "fields", "words"),
    [
        ("pooled", {"outcome": "y", "controls": ("y",)}, "y is named by --outcome and --controls"),
        ("pooled", {"outcome": "y", "treatment": "x", "controls": ("x",)}, "x is named by --treatment and again by --controls"),
        ("first_difference", {"outcome": "y", "unit": "unit", "time": "time", "controls": ("y",)}, "cannot explain itself"),
        ("fractional_response", {"outcome": "y", "controls": ("x", "x")}, "x is named by --controls and again by --controls"),
        ("two_stage_least_squares", {"outcome": "y", "treatment": "x", "instruments": ("x", "z")}, "x is named by --treatment and again"),
        ("two_stage_least_squares", {"outcome": "y", "treatment": "x", "instruments": ("y",)}, "y is named by --outcome and --instruments"),
        ("cox", {"duration": "time", "event": "time", "controls": ("x",)}, "time is named by --duration and again by --event"),
        (
            "cox",
            {"duration": "time", "event": "g", "entry": "time", "controls": ("x",)},
            "time is named by --duration and again by --entry",
        ),
    ],
)
def test_no_column_explains_itself_or_explains_twice(estimator, fields, words):
    with pytest.raises(BadOption, match=words):
        estimate(panel(), estimator, **fields)


def test_the_outcome_before_treatment_may_be_conditioned_on():
    found = estimate(panel(), "callaway_santanna", outcome="y", unit="unit", time="time", cohort="g", controls=("y",))
    assert np.isfinite(found["estimate"].iloc[0])


def test_outcomes_out_of_range_are_named_by_line():
    data = panel().assign(count=2.0)
    data.loc[4, "count"] = -1.0
    data.attrs |= {"file": "my.csv", "lines": np.arange(len(data)) + 10}
    with pytest.raises(NotIdentified, match=r"my\.csv, row 14, column 'count', value '-1\.0': a Poisson mean cannot be negative"):
        estimate(data, "poisson_pseudo_likelihood", outcome="count", controls=("x",))


def test_the_outcome_is_judged_in_the_rows_that_are_used():
    rows = {"outcome": "share", "controls": ("x",)}
    data = panel().assign(share=lambda d: 1 / (1 + np.exp(-d["y"])))
    odd = data.assign(share=data["share"].where(data.index > 2, 7.0), x=data["x"].where(data.index > 2))
    found, alone = (estimate(table, "fractional_response", **rows) for table in (odd, data[data.index > 2]))
    np.testing.assert_allclose(found["estimate"], alone["estimate"], rtol=1e-12)
    still = data.assign(share=data["share"].where(data.index < 3, 0.5), x=data["x"].where(data.index > 2))
    for estimator in ("fractional_response", "pooled"):
        with pytest.raises(NotIdentified, match=r"share is 0\.5 in every row that has all variables"):
            estimate(still, estimator, **rows)
    # Units treated throughout are left out, and what is left stands still.
    cohorts = panel().assign(g=lambda d: np.where(d["unit"] == 1, 2001.0, d["g"]), y=lambda d: np.where(d["unit"] == 1, d["y"], 2.0))
    for estimator in ("sun_abraham", "callaway_santanna", "stacked_did", "local_projections_did", "borusyak_jaravel_spiess"):
        with pytest.raises(NotIdentified, match="does not vary in what is left"):
            estimate(cohorts, estimator, outcome="y", unit="unit", time="time", cohort="g")


def test_a_logit_takes_outcomes_out_of_range_in_rows_that_are_left_out():
    rng = np.random.default_rng(2)
    data = panel(60).assign(g=lambda d: np.choose(d["unit"] % 3, [0.0, 2003.0, 2005.0]), y=lambda d: 1.0 * (rng.random(len(d)) < 0.5))
    asked = {"outcome": "y", "unit": "unit", "time": "time", "cohort": "g", "options": {"model": "logit"}}
    always = data[data["unit"] <= 6].assign(unit=lambda d: d["unit"] + 100, g=2001.0, y=9.0)
    found = estimate(pd.concat([data, always]), "extended_two_way_fixed_effects", **asked)
    alone = estimate(data, "extended_two_way_fixed_effects", **asked)
    assert found["estimate"].iloc[0] == pytest.approx(alone["estimate"].iloc[0], rel=1e-12)


@pytest.mark.parametrize(
    "estimator", ["sun_abraham", "borusyak_jaravel_spiess", "gardner_two_stage", "de_chaisemartin_dhaultfoeuille", "goodman_bacon"]
)
def test_an_outcome_that_stands_still_has_no_effect(estimator):
    with pytest.raises(NotIdentified, match="the outcome does not vary: y is 3 in every row"):
        estimate(panel().assign(y=3.0), estimator, outcome="y", unit="unit", time="time", cohort="g")


def test_rounding_of_a_sum_of_effects_is_no_estimate():
    data = panel().assign(y=lambda d: 0.37 * d["time"] + 1.1 * d["unit"])
    found = estimate(data, "de_chaisemartin_dhaultfoeuille", outcome="y", unit="unit", time="time", cohort="g")
    assert "p_value" not in found
    assert (found["estimate"] == 0).all()
    assert found["reason_code"].eq("ROUNDING").all()


def spells() -> pd.DataFrame:
    generator = np.random.default_rng(4)
    stop = generator.exponential(10, 80).round(1) + 0.1
    data = pd.DataFrame({"id": np.arange(80), "t0": 0.0, "t1": stop, "died": (generator.random(80) < 0.6).astype(int)})
    return data.assign(x=generator.normal(size=80), tr=np.arange(80) % 2)


HISTORY = {"unit": "id", "duration": "t1", "entry": "t0", "event": "died"}


def test_an_end_is_the_last_of_a_history_unless_ends_recur():
    data = pd.concat(
        [spells(), pd.DataFrame({"id": [3], "t0": [99.0], "t1": [120.0], "died": [0], "x": [0.1], "tr": [0]})], ignore_index=True
    )
    data.loc[3, "died"] = 1
    for estimator, controls in (("kaplan_meier", ()), ("cox", ("x",)), ("discrete_time_hazard", ("x",))):
        with pytest.raises(NotIdentified, match=r"row 5, column 'died', value '1': unit 3 ends here, at .* goes on in row 82"):
            estimate(data, estimator, controls=controls, **HISTORY)
    assert np.isfinite(estimate(data, "recurrent_events", controls=("x",), **HISTORY)["estimate"].iloc[0])


def test_recurrent_stretches_do_not_overlap():
    data = pd.concat([spells(), spells().iloc[[5]]], ignore_index=True)
    with pytest.raises(NotIdentified, match=r"row 82, column 't0'.* overlaps that of row 7"):
        estimate(data, "recurrent_events", controls=("x",), **HISTORY)


@pytest.mark.parametrize("estimator", ["kaplan_meier", "competing_risks", "mixture_cure"])
def test_a_duration_of_zero_is_named_by_line(estimator):
    data = spells()
    data.loc[7, "t1"] = 0.0
    with pytest.raises(NotIdentified, match=r"row 9, column 't1', value '0\.0': spell 8 ends at 0"):
        estimate(data, estimator, duration="t1", event="died")


def test_a_group_without_ends_has_no_error_of_its_mean():
    data = spells()
    data.loc[data["tr"] == 1, "died"] = 0
    found = estimate(data, "restricted_mean_survival", duration="t1", event="died", treatment="tr").set_index("term")
    assert np.isfinite(found.loc["restricted_mean[0]", "std_error"])
    assert found.loc[["restricted_mean[1]", "difference"], "std_error"].isna().all()
    assert found.loc["difference", "reason_code"] == "FLAT"


def test_codes_one_and_two_are_asked_about():
    data = spells().assign(died=lambda d: d["died"] + 1)
    with pytest.raises(NotIdentified, match="no 0, which must mean censored"):
        estimate(data, "cox", duration="t1", event="died", controls=("x",))
    found = estimate(data, "fine_gray", duration="t1", event="died", controls=("x",))
    assert found["reason"].str.startswith("no spell is censored").all()


@pytest.mark.parametrize(
    ("value", "words"), [("many", "a whole number"), (1.5, "a whole number"), (10**11, "at most 1000000"), (1, "needs two draws")]
)
def test_draws_are_a_number_that_can_be_drawn(value, words):
    with pytest.raises(BadOption, match=words):
        Option(199, "draws", minimum=0, maximum=1_000_000, fewest=2).check("draws", value, "test")


def test_draws_may_be_written_as_powers_of_ten():
    assert Option(199, "draws", minimum=0, maximum=1_000_000).check("draws", "1e3", "test") == 1000


@pytest.mark.parametrize("options", [{"wild_bootstrap_draws": 49}, {"few_treated": "conley_taber", "few_treated_draws": 49}])
def test_draws_do_not_depend_on_the_order_of_rows(options):
    data = panel()
    fields = {"outcome": "y", "unit": "unit", "time": "time", "cohort": "g", "options": options}
    one = estimate(data, "two_way_fixed_effects", **fields)
    other = estimate(data.sample(frac=1, random_state=1).reset_index(drop=True), "two_way_fixed_effects", **fields)
    for column in ("estimate", "p_value", "ci_low", "ci_high"):
        np.testing.assert_allclose(one[column].astype(float), other[column].astype(float), rtol=1e-8)


def test_joint_draws_do_not_depend_on_the_order_of_rows():
    data = panel()
    fields = {"outcome": "y", "unit": "unit", "time": "time", "cohort": "g", "options": {"outcomes": ["z"], "draws": 49}}
    one = estimate(data, "romano_wolf", **fields)
    other = estimate(data.sample(frac=1, random_state=1).reset_index(drop=True), "romano_wolf", **fields)
    np.testing.assert_allclose(one["p_value"].astype(float), other["p_value"].astype(float), rtol=1e-8)


def test_an_upper_end_below_the_lower_is_named_by_line():
    data = spells().assign(upper=lambda d: d["t1"] + 1)
    data.loc[2, "upper"] = 0.01
    with pytest.raises(NotIdentified, match=r"row 4, column 'upper', value '0\.01': ends before it starts"):
        estimate(data, "aft_weibull", duration="t1", upper="upper", controls=("x",))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_of_options_are_finite(value):
    with pytest.raises(BadOption, match="must be a finite number"):
        Option(0.0, "power of the weight").check("rho", value, "test")


@pytest.mark.parametrize("estimator", ["fractional_response", "poisson_pseudo_likelihood"])
def test_few_clusters_of_a_likelihood_are_said(estimator):
    data = panel().assign(share=lambda d: 1 / (1 + np.exp(-d["y"])), half=lambda d: d["unit"] % 2)
    found = estimate(data, estimator, outcome="share", controls=("x",), cluster=("half",))
    assert found["reason"].str.startswith("2 clusters").all()
    assert "reason" not in estimate(data, estimator, outcome="share", controls=("x",), cluster=("unit",))
