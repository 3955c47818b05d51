"""The difference of two standardized effects: against callaway_santanna of one combined outcome, and a true difference."""

import numpy as np
import pandas as pd
import pytest

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification
from analysis.estimators import callaway_santanna, difference_of_effects
from analysis.inference.absorb import within_sd
from tests.estimators.test_step_down_families import few


def found(table, draws=99, seed=7, **options):
    asked = Specification(
        "t", "difference_of_effects", "y0", "unit", "time", "cohort", options={"outcomes": ["y1"], "draws": draws, **options}, seed=seed
    )
    return {(row["term"], row.get("setting")): row for row in difference_of_effects.estimate(table, asked)}


def scale(table, name):
    untreated = (table["cohort"] == 0) | (table["time"] < table["cohort"])
    return within_sd(table.dropna(subset=[name]), name, "unit", "time", untreated[table[name].notna()])


@pytest.mark.parametrize("control_group", ["never_treated", "not_yet_treated"])
def test_it_is_the_effect_on_the_difference_of_standardized_outcomes(control_group):
    table = few(3, effect=0.5)
    table["z"] = table["y0"] / scale(table, "y0") - table["y1"] / scale(table, "y1")
    options = {"randomization_draws": 199, "control_group": control_group}
    about = ("z", "unit", "time", "cohort")
    other = callaway_santanna.estimate(table, Specification("t", "callaway_santanna", *about, options=options, seed=7))
    (whole,) = [row for row in other if row["inference"] == "randomization_t"]
    row = found(table, 199, control_group=control_group)["difference", None]
    for key in ("estimate", "p_value", "ci_low", "ci_high", "ci90_low", "mde80"):
        assert row[key] == pytest.approx(whole[key], rel=1e-9)


def test_strata_are_those_of_callaway_santanna():
    table = few(3, effect=0.5)
    table["side"] = table["unit"] % 2
    table["z"] = table["y0"] / scale(table, "y0") - table["y1"] / scale(table, "y1")
    options = {"randomization_draws": 99, "permuted_within": "side"}
    other = callaway_santanna.estimate(
        table, Specification("t", "callaway_santanna", "z", "unit", "time", "cohort", options=options, seed=7)
    )
    (whole,) = [row for row in other if row["inference"] == "randomization_t"]
    row = found(table, permuted_within="side")["difference", None]
    assert row["p_value"] == whole["p_value"] and row["ci_low"] == pytest.approx(whole["ci_low"], rel=1e-9)


def test_outcomes_with_holes_of_their_own():
    table = few(5, effect=0.5)
    table.loc[(table["time"] == 4) | (table["unit"] == 20), "y1"] = np.nan
    alone = {}
    for name in ("y0", "y1"):
        asked = Specification("t", "callaway_santanna", name, "unit", "time", "cohort", options={}, seed=7)
        alone[name] = callaway_santanna.estimate(table.dropna(subset=[name]), asked)[0]["estimate"] / scale(table, name)
    rows = found(table)
    assert rows["difference", None]["estimate"] == pytest.approx(alone["y0"] - alone["y1"])
    assert rows["effect", "y1"]["estimate"] == pytest.approx(alone["y1"])


def test_a_cohort_that_one_outcome_does_not_show_before_treatment_may_leave_both():
    table = few(5, effect=0.5)
    table.loc[table["time"] == 4, "y1"] = np.nan
    last, left_out = found(table), found(table, missing_base="leave_out")
    without = found(table[table["cohort"] != 5])
    for key, row in without.items():
        assert {name: left_out[key][name] for name in row if name != "left_out"} == {k: v for k, v in row.items() if k != "left_out"}
        assert left_out[key]["left_out"] == "cohort 5, not observed in period 4" and "left_out" not in row
    assert last["difference", None]["estimate"] != left_out["difference", None]["estimate"]
    assert last["difference", None]["left_out"] == "y1: an observed period 4 (base of cohort 5: 3)"
    assert "left_out" not in last["effect", "y0"]
    with pytest.raises(NotIdentified, match="no cohort is observed in the period before"):
        found(table[table["cohort"] != 7], missing_base="leave_out")


def test_scale_sign_and_order():
    table = few(8, effect=0.5)
    row = found(table)["difference", None]
    scaled = found(table.assign(y0=table["y0"] * 1e6 + 3, y1=table["y1"] / 1e6))["difference", None]
    swapped = found(table.rename(columns={"y0": "y1", "y1": "y0"}))["difference", None]
    assert scaled["estimate"] == pytest.approx(row["estimate"], rel=1e-8) and scaled["p_value"] == row["p_value"]
    assert (swapped["estimate"], swapped["ci_low"]) == pytest.approx((-row["estimate"], -row["ci_high"]), rel=1e-6)
    assert found(table.sample(frac=1, random_state=1))["difference", None]["p_value"] == row["p_value"]


def test_it_keeps_its_size_and_holds_the_truth():
    rejected, held = [], []
    for seed in range(120):
        null = few(seed, outcomes=2)
        rejected.append(found(null, 99, seed)["difference", None]["p_value"] <= 0.05)
        planted = null.assign(y0=null["y0"] + 0.4 * ((null["cohort"] > 0) & (null["time"] >= null["cohort"])))
        row = found(planted, 99, seed)["difference", None]
        truth = 0.4 / scale(planted, "y0")
        held.append(row["ci_low"] <= truth <= row["ci_high"])
    assert 0.0 <= np.mean(rejected) <= 0.10
    assert np.mean(held) >= 0.90


def test_what_it_refuses():
    table = few(1)
    with pytest.raises(BadOption, match="two outcomes"):
        found(table, outcomes=["y1", "y2"])
    with pytest.raises(BadOption, match="two outcomes"):
        found(table, outcomes=["y0"])
    with pytest.raises(NotIdentified):
        found(table.assign(y1=1.0))
    with pytest.raises(NotIdentified):
        found(table[table["cohort"] > 0])
    assert isinstance(found(table)["effect", "y0"]["estimate"], float) and pd.notna(found(table)["difference", None]["p_value"])
