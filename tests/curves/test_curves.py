"""Specification curves: each shortcut against the estimator it stands for, and the size of the joint test."""

import numpy as np
import pandas as pd
import pytest

from analysis.claims import Region
from analysis.curves import redealt, two_way
from analysis.curves.deals import deal
from analysis.curves.explore import REDEALT, Setting, explore
from analysis.curves.joint import tests as joint_tests
from analysis.estimators import borusyak_jaravel_spiess, callaway_santanna, two_way_fixed_effects
from analysis.inference.absorb import Absorber
from analysis.specification import Specification
from analysis.stages.curve import arranged, region_in_unit

UNITS, PERIODS = 40, 10


def panel_of(seed, effect=0.0, holes=0.0):
    generator = np.random.default_rng(seed)
    cohort = np.repeat([np.nan, 2005, 2007], [24, 8, 8])
    frame = pd.DataFrame({"unit": np.repeat(np.arange(UNITS), PERIODS), "year": np.tile(np.arange(2000, 2000 + PERIODS), UNITS)})
    frame["cohort"] = pd.array(cohort[frame["unit"]], dtype="Int64")
    frame["half"] = frame["unit"] % 2
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
        "controls": ["x", "z"],
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
    found = {
        set_of: fit
        for fit in two_way.fits(data, "y", {"first": treatment}, ["x", "z"], ["unit", "year"], ["unit"])
        for set_of in [fit.controls]
    }
    fit = found[tuple(sorted(controls))]
    specification = Specification("t", "two_way_fixed_effects", "y", "unit", "year", "cohort", controls=controls)
    row = next(row for row in two_way_fixed_effects.estimate(data, specification) if row["term"] == "att")
    assert fit.estimate == pytest.approx(row["estimate"], rel=1e-9)
    assert fit.errors["unit"][0] == pytest.approx(row["std_error"], rel=1e-9)


@pytest.mark.parametrize("control_group", ["never_treated", "not_yet_treated"])
def test_redealt_cohort_means_are_callaway_santanna(control_group):
    data = panel_of(2, effect=1.0)
    deals = deal(data, "unit", "year", {"first": "cohort"}, [], 3, 7)
    table = deals.table(data["y"].to_numpy(), deals.cells(data, "unit", "year"), np.nan)
    found = redealt.cohort_means(table, deals, "first", control_group == "not_yet_treated")
    for draw in range(4):
        again = data.assign(cohort=pd.Series(deals.first["first"][draw]).replace(np.inf, np.nan)[data["unit"]].to_numpy())
        specification = Specification("t", "callaway_santanna", "y", "unit", "year", "cohort", options={"control_group": control_group})
        row = next(row for row in callaway_santanna.estimate(again, specification) if row["term"] == "att")
        assert found[draw] == pytest.approx(row["estimate"], rel=1e-9)


@pytest.mark.parametrize("holes", [0.0, 0.15])
def test_redealt_imputation_is_borusyak_jaravel_spiess(holes):
    data = panel_of(3, effect=1.0, holes=holes)
    deals = deal(data, "unit", "year", {"first": "cohort"}, [], 2, 7)
    found = redealt.imputation(deals.table(data["y"].to_numpy(), deals.cells(data, "unit", "year"), np.nan), deals, "first")
    for draw in range(3):
        again = data.assign(cohort=pd.Series(deals.first["first"][draw]).replace(np.inf, np.nan)[data["unit"]].to_numpy())
        specification = Specification("t", "borusyak_jaravel_spiess", "y", "unit", "year", "cohort")
        row = next(row for row in borusyak_jaravel_spiess.estimate(again, specification) if row["term"] == "att")
        assert found[draw] == pytest.approx(row["estimate"], rel=1e-7)


def test_score_of_a_deal_is_the_numerator_of_its_regression():
    data = panel_of(4)
    deals = deal(data, "unit", "year", {"first": "cohort"}, [], 5, 7)
    net = Absorber(two_way.effect_codes(data, ["unit", "year"])).residualize(data["y"].to_numpy())[:, 0]
    found = redealt.score(deals.table(net, deals.cells(data, "unit", "year"), 0.0), deals, "first")
    for draw in range(6):
        treated = data["year"].to_numpy() >= deals.first["first"][draw][data["unit"]]
        assert found[draw] == pytest.approx(net[treated].sum(), abs=1e-9)


def test_deals_keep_strata_and_move_all_dates_of_a_unit_together():
    data = panel_of(5).assign(later=lambda d: d["cohort"] + 1)
    deals = deal(data, "unit", "year", {"first": "cohort", "later": "later"}, ["half"], 50, 3)
    moved = np.where(np.isfinite(deals.first["first"]), deals.first["first"] + 1, np.inf)
    assert np.array_equal(moved, deals.first["later"])
    for half in (0, 1):
        members = np.arange(UNITS) % 2 == half
        counts = np.isfinite(deals.first["first"][:, members]).sum(1)
        assert (counts == counts[0]).all() and len(np.unique(deals.first["first"], axis=0)) > 40


def test_curve_has_every_combination_once():
    rows, statistics = explore(panel_of(6, effect=2.0), curve_of(), SETTING)
    table = pd.DataFrame(rows)
    assert len(table) == (4 * 2 + 2) * 2 and statistics.shape == (100, 10)
    assert not table.duplicated([c for c in table if table[c].dtype == object and c != "reading"]).any()
    assert (table["reading"].str.startswith("consistent")).all() and (table.loc[table["inference"] == REDEALT, "p_value"] <= 0.02).all()


def test_joint_test_keeps_its_size_and_finds_an_effect():
    def p_values(effect, seeds):
        shapes = curve_of(estimators={"CS": {"estimator": "callaway_santanna"}}, draws=79)
        return np.array([list(joint_tests(explore(panel_of(seed, effect, 0.1), shapes, SETTING)[1]).values())[:3] for seed in seeds])

    null = (p_values(0.0, range(100, 180)) <= 0.10).mean(0)
    assert (null <= 0.19).all() and (null.max() > 0)  # 80 replications at 10 %: three simulation errors
    assert (p_values(1.0, range(3)) <= 0.05).all()


def test_main_specification_must_be_one_of_the_curve():
    rows, _ = explore(panel_of(7), curve_of(), SETTING)
    with pytest.raises(LookupError, match="matches 0 specifications"):
        arranged("c", pd.DataFrame(rows), {"estimator": "nothing"}, {"columns": {}})


def test_region_of_a_ratio_becomes_proportions():
    region = region_in_unit({"region": {"low": 0.127, "high": 0.203}}, "proportion")
    assert (region.low, region.high) == pytest.approx((0.1354, 0.2251), abs=1e-4)
