"""Specification curves: each shortcut against the estimator it stands for, and the size of the joint test."""

import numpy as np
import pandas as pd
import pytest

from analysis.core.specification import Specification
from analysis.core.verdict_rule import Region
from analysis.estimators import borusyak_jaravel_spiess, callaway_santanna, two_way_fixed_effects
from analysis.specification_curve import permuted_estimates, two_way
from analysis.specification_curve.explore import Setting, explore, same, times
from analysis.specification_curve.joint import tests as joint_tests
from analysis.specification_curve.names import PERMUTED
from analysis.specification_curve.permutations import permute
from analysis.specification_curve.summary import arranged, region_in_unit, summaries

UNITS, PERIODS = 40, 10


def panel_of(seed, effect=0.0, holes=0.0):
    generator = np.random.default_rng(seed)
    cohort = np.repeat([np.nan, 2005, 2007], [24, 8, 8])
    frame = pd.DataFrame({"unit": np.repeat(np.arange(UNITS), PERIODS), "year": np.tile(np.arange(2000, 2000 + PERIODS), UNITS)})
    frame["cohort"] = pd.array(cohort[frame["unit"]], dtype="Int64")
    frame["half"] = frame["unit"] % 2
    frame["trait"], frame["other"] = generator.normal(size=(2, UNITS))[:, frame["unit"]]
    frame["x"] = generator.normal(size=len(frame)) + 0.1 * frame["year"]
    frame["z"] = generator.normal(size=len(frame))
    treated = (frame["year"] >= frame["cohort"]).fillna(False).astype(float)
    frame["y"] = generator.normal(size=UNITS)[frame["unit"]] + 0.5 * frame["x"] + generator.normal(size=len(frame)) + effect * treated
    return frame[generator.uniform(size=len(frame)) >= holes].reset_index(drop=True)


def curve_of(**more):
    return {
        "draws": 99,
        "dates": {"first": "cohort"},
        "outcomes": {"level": {"column": "y", "transform": "level", "per": None}},
        "samples": {"all": {}},
        "controls": {"x": "trait", "z": "other"},
        "controls_times": "year",
        "fixed_effects": {"year": ["unit", "year"], "year by half": ["unit", "half*year"]},
        "cluster": ["unit"],
        "estimators": {"CS": {"estimator": "callaway_santanna"}, "imputation": {"estimator": "borusyak_jaravel_spiess"}},
        **more,
    }


SETTING = Setting("unit", "year", Region(low=0.0), 1)


@pytest.mark.parametrize("holes", [0.0, 0.15])
@pytest.mark.parametrize("controls", [(), ("x",), ("z", "x")])
def test_shared_columns_give_the_estimator_s_own_numbers(holes, controls):
    data = panel_of(1, effect=1.0, holes=holes)
    treatment = (data["year"] >= data["cohort"]).fillna(False).to_numpy(float)
    blocks = {name: data[[name]].to_numpy() for name in controls}
    swept = two_way.sweep(data, "y", {"first": treatment}, blocks, ["unit", "year"])
    (fit,) = two_way.fits(data, swept, [controls], ["unit"])
    specification = Specification("t", "two_way_fixed_effects", "y", "unit", "year", "cohort", controls=controls)
    row = next(row for row in two_way_fixed_effects.estimate(data, specification) if row["term"] == "att")
    assert fit.estimate == pytest.approx(row["estimate"], rel=1e-9)
    assert fit.errors["unit"][0] == pytest.approx(row["std_error"], rel=1e-9)


@pytest.mark.parametrize("control_group", ["never_treated", "not_yet_treated"])
def test_permuted_cohort_means_are_callaway_santanna(control_group):
    data = panel_of(2, effect=1.0)
    permutations = permute(data, "unit", "year", {"first": "cohort"}, [], 3, 7)
    table = permutations.table(data["y"].to_numpy(), permutations.cells(data, "unit", "year"), np.nan)
    found = permuted_estimates.cohort_means(table, permutations, "first", control_group == "not_yet_treated")
    for draw in range(4):
        again = data.assign(cohort=pd.Series(permutations.first["first"][draw]).replace(np.inf, np.nan)[data["unit"]].to_numpy())
        specification = Specification("t", "callaway_santanna", "y", "unit", "year", "cohort", options={"control_group": control_group})
        row = next(row for row in callaway_santanna.estimate(again, specification) if row["term"] == "att")
        assert found[draw] == pytest.approx(row["estimate"], rel=1e-9)


@pytest.mark.parametrize("holes", [0.0, 0.15])
def test_permuted_imputation_is_borusyak_jaravel_spiess(holes):
    data = panel_of(3, effect=1.0, holes=holes)
    permutations = permute(data, "unit", "year", {"first": "cohort"}, [], 2, 7)
    found = permuted_estimates.imputation(
        permutations.table(data["y"].to_numpy(), permutations.cells(data, "unit", "year"), np.nan), permutations, "first"
    )
    for draw in range(3):
        again = data.assign(cohort=pd.Series(permutations.first["first"][draw]).replace(np.inf, np.nan)[data["unit"]].to_numpy())
        specification = Specification("t", "borusyak_jaravel_spiess", "y", "unit", "year", "cohort")
        row = next(row for row in borusyak_jaravel_spiess.estimate(again, specification) if row["term"] == "att")
        assert found[draw] == pytest.approx(row["estimate"], rel=1e-7)


@pytest.mark.parametrize("holes", [0.0, 0.15])
@pytest.mark.parametrize("effects", [["unit", "year"], ["half*year", "unit"]])
def test_permuted_coefficients_are_those_of_a_regression_on_each_permute(holes, effects):
    data = panel_of(4, holes=holes)
    years = data["year"].to_numpy(float)
    permutations = permute(data, "unit", "year", {"first": "cohort"}, [], 5, 7)
    # A trait times every year has a column too many, and the two controls share it.
    blocks = {"x": times(data["trait"].to_numpy(), years, "year"), "z": times(data["other"].to_numpy(), years, "trend")}
    treated = [years >= permutations.first["first"][draw][data["unit"]] for draw in range(6)]
    swept = two_way.sweep(data, "y", {"first": treated[0].astype(float)}, blocks, effects)
    regressions = permuted_estimates.Regressions(
        swept, permutations, permutations.cells(data, "unit", "year"), swept.codes[:, 1 - effects.index("unit")]
    )
    for fit in two_way.fits(data, swept, [(), ("x",), ("z", "x")], ["unit"]):
        found = regressions.coefficients(fit)
        dummies = [pd.get_dummies(column, dtype=float).to_numpy() for column in swept.codes.T]
        others = np.column_stack([*dummies, *(blocks[name] for name in fit.controls)])
        for draw in range(6):
            solution = np.linalg.lstsq(np.column_stack([treated[draw], others]), data["y"].to_numpy(), rcond=None)[0]
            assert found[draw] == pytest.approx(solution[0], rel=1e-7)


def test_cohorts_after_the_last_period_of_a_sample_are_controls():
    data = panel_of(2, effect=1.0)
    permutations = permute(data, "unit", "year", {"first": "cohort"}, [], 1, 7)
    early = data[data["year"] <= 2006]
    table = permutations.table(early["y"].to_numpy(), permutations.cells(early, "unit", "year"), np.nan)
    row = callaway_santanna.estimate(early, Specification("t", "callaway_santanna", "y", "unit", "year", "cohort"))
    expected = next(one for one in row if one["term"] == "att")["estimate"]
    assert permuted_estimates.cohort_means(table, permutations, "first", False)[0] == pytest.approx(expected, rel=1e-9)


def test_a_permutation_that_is_not_the_estimate_stops_the_curve():
    with pytest.raises(ArithmeticError, match=r"1\.2 as estimated and 1 as a permutation"):
        same(1.2, np.array([1.0, 0.3]))


def test_permutations_keep_strata_and_move_all_dates_of_a_unit_together():
    data = panel_of(5).assign(later=lambda d: d["cohort"] + 1)
    permutations = permute(data, "unit", "year", {"first": "cohort", "later": "later"}, ["half"], 50, 3)
    moved = np.where(np.isfinite(permutations.first["first"]), permutations.first["first"] + 1, np.inf)
    assert np.array_equal(moved, permutations.first["later"])
    for half in (0, 1):
        members = np.arange(UNITS) % 2 == half
        counts = np.isfinite(permutations.first["first"][:, members]).sum(1)
        assert (counts == counts[0]).all() and len(np.unique(permutations.first["first"], axis=0)) > 40


def test_curve_has_every_combination_once():
    rows, statistics, permuted = explore(panel_of(6, effect=2.0), curve_of(), SETTING)
    table = pd.DataFrame(rows)
    assert pd.DataFrame(permuted)["estimator"].value_counts().to_dict() == {"two-way fixed effects": 8, "CS": 1, "imputation": 1}
    assert len(table) == (4 * 2 + 2) * 2 and statistics.shape == (100, 10)
    assert not table.duplicated([c for c in table if table[c].dtype == object and c != "reading"]).any()
    assert (table["reading"].str.startswith("consistent")).all() and (table.loc[table["inference"] == PERMUTED, "p_value"] <= 0.02).all()


def test_joint_test_keeps_its_size_and_finds_an_effect():
    def p_values(effect, seeds):
        shapes = curve_of(estimators={"CS": {"estimator": "callaway_santanna"}}, draws=79)
        return np.array([list(joint_tests(explore(panel_of(seed, effect, 0.1), shapes, SETTING)[1]).values())[:3] for seed in seeds])

    null = (p_values(0.0, range(100, 180)) <= 0.10).mean(0)
    assert (null <= 0.19).all() and (null.max() > 0)  # 80 replications at 10 %: three simulation errors
    assert (p_values(1.0, range(3)) <= 0.05).all()


def test_main_specification_must_be_one_of_the_curve():
    rows, *_ = explore(panel_of(7), curve_of(), SETTING)
    with pytest.raises(LookupError, match="matches 0 specifications"):
        arranged("c", pd.DataFrame(rows), {"estimator": "nothing"}, {"columns": {}})


def test_readings_count_every_specification_once_and_each_choice_is_summarised():
    rows, statistics, permuted = explore(panel_of(6, effect=2.0), curve_of(), SETTING)
    table = pd.DataFrame(rows).assign(main=lambda d: (d["estimator"] == "CS") & (d["inference"] == PERMUTED))
    settings = {"title": "t", "claim": "D1", "unit": "level", "draws": 99}
    found = pd.DataFrame(list(summaries("c", settings, Region(low=0.0), table, statistics, pd.DataFrame(permuted)))).set_index("subset")
    assert found.loc["all", ["n_specifications", "n_read", "n_joint"]].tolist() == [10, 10, 10]
    assert found.loc["all", "n_distinct"] == table["estimate"].round(8).nunique()
    by_estimator = found[found.index.str.startswith("estimator: ")]
    assert by_estimator["n_joint"].sum() == 10 and by_estimator["n_read"].sum() == 10
    alone = joint_tests(statistics[:, [choice["estimator"] == "CS" for choice in permuted]])
    assert found.loc["estimator: CS", "p_median"] == alone["p_median"]


def test_region_of_a_ratio_becomes_proportions():
    region = region_in_unit({"region": {"low": 0.127, "high": 0.203}}, "proportion")
    assert (region.low, region.high) == pytest.approx((0.1354, 0.2251), abs=1e-4)
