"""Checks of an estimate: what is left out in turn, balanced samples, families of outcomes, omitted confounders, breakdown."""

import numpy as np
import pandas as pd
import pytest

from analysis.core.errors import DataError
from analysis.core.estimation import estimated
from analysis.core.preparation import balanced
from analysis.core.specification import Specification
from analysis.estimators import callaway_santanna, sensitivity_to_unobservables, stacked_did
from analysis.inference import honest_bounds
from analysis.panels import province_year
from analysis.simulations.data_generating_processes import staggered
from analysis.sources import province_borders
from tests.raw import cleaned
from tests.study import STUDY


def rows(found):
    """Return the rows by term, and where it has one by term and setting."""
    return {(row["term"], row["setting"]) if row.get("setting") else row["term"]: row for row in found}


@pytest.fixture(scope="module")
def panel():
    table, _ = staggered.simulate(np.random.default_rng(1), 0.5)
    table["city"] = (table["unit"].rank(method="dense").astype(int) // 4).astype(str)
    table["x"] = table.groupby("unit")["y"].transform("first")
    return table


def specification(**changes):
    given = {"name": "t", "estimator": "callaway_santanna", "outcome": "y", "unit": "unit", "time": "time", "cohort": "cohort"}
    return Specification(**{**given, **changes})


def test_leaving_a_cluster_out_is_estimating_without_it(panel):
    asked = specification(cluster=("city",), options={"leave_one_out": True})
    found = rows(callaway_santanna.estimate(panel, asked))
    treated = set(panel.loc[panel["cohort"].fillna(0) > 0, "city"])
    assert {key[1] for key in found if key[0] == "att_without"} == treated
    name = sorted(treated)[0]
    without = rows(callaway_santanna.estimate(panel[panel["city"] != name].reset_index(drop=True), specification(cluster=("city",))))["att"]
    assert found["att_without", name]["estimate"] == pytest.approx(without["estimate"])
    assert found["att_without", name]["std_error"] == pytest.approx(without["std_error"])


def test_without_a_treated_unit_the_randomization_is_that_of_the_rest(panel):
    asked = specification(options={"leave_one_out": True, "randomization_draws": 99}, seed=7)
    found = [row for row in callaway_santanna.estimate(panel, asked) if row["inference"] == "randomization_t"]
    treated = panel.loc[panel["cohort"].fillna(0) > 0, "unit"].unique()
    assert {row.get("setting") for row in found} == {None, *map(str, treated)}
    unit = sorted(treated)[0]
    rest = panel[panel["unit"] != unit].reset_index(drop=True)
    alone = callaway_santanna.estimate(rest, specification(options={"randomization_draws": 99}, seed=7))
    alone = next(row for row in alone if row["term"] == "att" and row["inference"] == "randomization_t")
    own = next(row for row in found if row.get("setting") == str(unit))
    same = ("estimate", "p_value", "ci_low", "ci_high", "n_obs", "n_units", "n_treated", "n_treated_clusters")
    assert [own[key] for key in same] == pytest.approx([alone[key] for key in same])


def test_leaving_clusters_out_keeps_the_controls(panel):
    asked = specification(cluster=("city",), controls=("x",), options={"leave_one_out": True, "method": "reg"})
    found = rows(callaway_santanna.estimate(panel, asked))
    name = next(key[1] for key in found if key[0] == "att_without")
    rest = panel[panel["city"] != name].reset_index(drop=True)
    without = callaway_santanna.estimate(rest, specification(cluster=("city",), controls=("x",), options={"method": "reg"}))
    assert found["att_without", name]["estimate"] == pytest.approx(rows(without)["att"]["estimate"])


def test_leaving_a_risk_set_out_is_estimating_without_it(panel):
    cohort = panel["cohort"].fillna(0)
    stacks = []
    for cell, year in zip("ab", sorted(set(cohort) - {0}), strict=False):
        own = panel[cohort.isin([0, year])].assign(cell=cell, stack=year)
        own = own.assign(treated=own["cohort"] == year, event_time=own["time"] - year)
        stacks.append(own[own["event_time"].between(-2, 2)])
    table = pd.concat(stacks, ignore_index=True)
    asked = specification(
        estimator="stacked_did", cohort="", options={"event_window": [-2, 2], "effect_window": [0, 2], "leave_one_out": True}
    )
    found = rows(stacked_did.estimate(table, asked))
    plain = specification(estimator="stacked_did", cohort="", options={"event_window": [-2, 2], "effect_window": [0, 2]})
    alone = rows(stacked_did.estimate(table[table["cell"] == "b"].reset_index(drop=True), plain))
    assert found["att_without", "a"]["estimate"] == pytest.approx(alone["att"]["estimate"])
    assert set(found) >= {("att_without", "a"), ("att_without", "b")}


def test_a_balanced_sample_keeps_units_with_every_period():
    table = pd.DataFrame({"u": ["a", "a", "b", "b", "c"], "t": [1, 2, 1, 2, 1], "y": [1.0, 2, 3, np.nan, 4]})
    assert balanced(table, "y", "u", "t")["u"].unique().tolist() == ["a"]
    # A period that nobody has is no hole.
    assert len(balanced(table.assign(y=table["y"].where(table["t"] == 1)), "y", "u", "t")) == 3


def test_a_family_is_every_outcome_of_the_name_with_its_transform():
    name = "province_family"
    settings = STUDY["specifications"][name]
    members = [o for o, about in STUDY["outcomes"].items() if about.get("family") == settings["family"]]
    generator = np.random.default_rng(0)
    years = range(2010, 2020)
    table = pd.DataFrame([(f"p{i}", year) for i in range(12) for year in years], columns=["province", "year"])
    table["usable"], table["cohort_midyear"] = (
        True,
        pd.array([2015 if p in ("p0", "p1", "p2", "p3") else pd.NA for p in table["province"]], "Int64"),
    )
    for outcome in members:
        table[STUDY["outcomes"][outcome]["column"]] = np.exp(generator.normal(size=len(table)))
    table.attrs["evidence"] = "real"
    short = {**settings, "options": {"draws": 99}}
    found = estimated(
        table, name, short, settings["outcomes"][0], STUDY["outcomes"][settings["outcomes"][0]], STUDY["contracts"]["estimate"]
    )
    assert set(found["term"]) == set(members) and set(found["inference"]) == {"cluster", "romano_wolf"}
    wide = found.pivot(index="term", columns="inference", values="p_value")
    assert (wide["romano_wolf"] >= wide["cluster"] - 0.12).all()


def confounded(seed, strength, units=80, periods=10):
    """A treatment and an outcome with one seen and one hidden confounder, net of unit and period effects."""
    generator = np.random.default_rng(seed)
    seen, hidden, noise, error = generator.normal(size=(4, units, periods))
    d = 0.5 * seen + 0.5 * strength * hidden + noise + generator.normal(size=(units, 1))
    y = 0.3 * d + seen + hidden + error + generator.normal(size=(units, 1)) + generator.normal(size=periods)
    index = pd.MultiIndex.from_product([range(units), range(periods)], names=["unit", "time"])
    return pd.DataFrame(
        {name: v.ravel() for name, v in {"y": y, "d": d, "seen": seen, "hidden": hidden}.items()}, index=index
    ).reset_index()


def sensitivity(table, **options):
    asked = Specification("s", "sensitivity_to_unobservables", "y", "unit", "time", treatment="d", controls=("seen",), options=options)
    return rows(sensitivity_to_unobservables.estimate(table, asked))


def test_the_adjusted_effect_is_centred_on_the_truth_where_the_hidden_matters_as_much_as_the_seen():
    # Variances net of unit and period, from the design: d has 1.5, y 3.735, y given d, seen and hidden 1, given d and seen 1.8.
    factor = (1 - 1 / 3.735) / (1 - 1.8 / 3.735)
    found = []
    for seed in range(40):
        table = confounded(seed, 1.0)
        plain = sensitivity(table)
        full = rows(
            sensitivity_to_unobservables.estimate(
                table, Specification("s", "sensitivity_to_unobservables", "y", "unit", "time", treatment="d", controls=("seen", "hidden"))
            )
        )
        assert full["att"]["estimate"] == pytest.approx(0.3, abs=0.2)
        assert plain["att"]["estimate"] > plain["oster_effect"]["estimate"]
        found.append((sensitivity(table, r2_factor=factor)["oster_effect"]["estimate"], plain["att"]["estimate"]))
    corrected, biased = np.mean(found, axis=0)
    assert biased > 0.6
    assert corrected == pytest.approx(0.3, abs=0.03)


def test_the_confounder_as_strong_as_the_control_takes_away_what_the_hidden_one_would():
    corrected = np.mean([sensitivity(confounded(seed, 1.0))["adjusted", "seen"]["estimate"] for seed in range(20)])
    assert corrected == pytest.approx(0.3, abs=0.1)


def test_a_trend_that_parts_before_breaks_a_result_down_and_a_clean_jump_survives():
    times = np.array([-3, -2, 0, 1])
    covariance = np.eye(4) * 0.01**2
    clean = honest_bounds.breakdown(times, np.array([-0.004, 0.003, 1.0, 1.0]), covariance)
    drifting = honest_bounds.breakdown(times, np.array([-0.6, -0.3, 0.3, 0.6]), covariance)
    nothing = honest_bounds.breakdown(times, np.array([-0.004, 0.003, 0.001, -0.002]), covariance)
    assert clean == honest_bounds.MOST
    assert 0 < drifting < honest_bounds.MOST
    assert nothing == 0


def test_borders_stand_twice_and_bad_ones_are_refused():
    borders = cleaned("province_borders")
    pairs = set(zip(borders["province"], borders["neighbour"], strict=True))
    assert {(b, a) for a, b in pairs} == pairs and len(pairs) == 2 * 69
    assert {b for a, b in pairs if a == "Beijing"} == {"Hebei", "Tianjin"}
    names = pd.DataFrame({"province": ["Beijing", "Hebei", "Tianjin"]})
    bad = pd.DataFrame({"province": ["Beijing", "Hebei", "Beijing"], "neighbour": ["Hebei", "Beijing", "Tientsin"], "kind": "land"})
    with pytest.raises(DataError, match=r"row 3.*stands once(?s:.*)row 4.*Tientsin(?s:.*)Tianjin.*has no neighbour"):
        province_borders.clean(bad, names)


def test_neighbours_are_untreated_provinces_beside_treated_ones():
    panel = province_year.build(cleaned("province_statistics"), cleaned("province_onset"), cleaned("province_borders"))
    beside = set(panel.loc[panel["borders_treated"], "province"])
    assert {"Hebei", "Fujian", "Guangxi"} <= beside and not beside & {"Beijing", "Guangdong", "Heilongjiang", "Tibet"}
    assert (panel["cohort_midyear"] - panel["cohort_early"]).dropna().eq(3).all()
    first = panel[panel["first_treated_year"]]
    assert first["year"].eq(first["cohort_midyear"]).all()


def test_a_robustness_value_by_the_clustered_error_ends_where_the_test_does(panel):
    asked = specification(estimator="sensitivity_to_unobservables", controls=("z",), cluster=("city",))
    table = panel.assign(z=np.random.default_rng(2).normal(size=len(panel)))
    found = {row["term"]: row for row in sensitivity_to_unobservables.estimate(table, asked)}
    main = found["att"]
    to_zero, clustered = found["robustness_value"]["estimate"], found["robustness_value_clustered"]["estimate"]
    # Where the clustered test rejects, something is left to take away, and less than all of it; where not, nothing.
    assert (0 < clustered < to_zero) if main["p_value"] < 0.05 else clustered == 0
