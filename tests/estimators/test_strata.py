"""Labels permuted within strata, against every assignment written out; units that may not change stratum."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from analysis import estimate

STRATA = {"a": ["a1", "a2", "a3", "a4"], "b": ["b1", "b2", "b3"]}
COLUMNS = {"outcome": "y", "unit": "unit", "time": "year", "cohort": "first"}


@pytest.fixture(scope="module")
def panel():
    """Seven units in two strata, one treated in each, four years."""
    random = np.random.default_rng(11)
    rows = [(stratum, unit, year) for stratum, units in STRATA.items() for unit in units for year in range(2000, 2006)]
    frame = pd.DataFrame(rows, columns=["stratum", "unit", "year"])
    frame["first"] = frame["unit"].map({"a2": 2003, "b1": 2004}).fillna(0)
    effect = ((frame["first"] > 0) & (frame["year"] >= frame["first"])) * 1.0
    frame["y"] = (
        frame["unit"].map({u: random.normal() for u in frame["unit"].unique()}) + effect + random.normal(scale=0.7, size=len(frame))
    )
    return frame


def relabelled(panel, treated):
    """Return the panel with the unit of stratum a treated in 2003 and that of b in 2004."""
    return panel.assign(first=panel["unit"].map(dict(zip(treated, (2003, 2004), strict=True))).fillna(0))


@pytest.mark.parametrize("method", ["callaway_santanna", "two_way_fixed_effects", "romano_wolf_cohorts"])
def test_the_p_value_is_the_share_of_the_assignments_that_could_have_been(panel, method):
    ratios = {}
    for treated in product(*STRATA.values()):
        alone = "callaway_santanna" if method == "romano_wolf_cohorts" else method
        row = estimate(relabelled(panel, treated), alone, **COLUMNS).query("term == 'att'").iloc[0]
        ratios[treated] = abs(row["estimate"] / row["std_error"])
    exact = np.mean([ratio >= ratios["a2", "b1"] * (1 - 1e-9) for ratio in ratios.values()])
    draws = {"draws" if method == "romano_wolf_cohorts" else "randomization_draws": 6000}
    found = estimate(panel, method, **COLUMNS, permuted_within="stratum", seed=2, **draws)
    p_value = found.loc[found["inference"] == "randomization_t", "p_value"].iloc[0]
    assert p_value == pytest.approx(exact, abs=0.02)
    if method != "romano_wolf_cohorts":
        assert found.loc[found["term"] == "assignments", "estimate"].tolist() == [len(ratios)]


def test_names_of_strata_and_the_order_of_rows_do_not_matter(panel):
    one = estimate(panel, "callaway_santanna", **COLUMNS, permuted_within="stratum", randomization_draws=99)
    other = panel.assign(stratum=panel["stratum"].map({"a": 10.5, "b": 20.0})).sample(frac=1, random_state=3)
    two = estimate(other, "callaway_santanna", **COLUMNS, permuted_within="stratum", randomization_draws=99)
    assert one["p_value"].dropna().round(12).tolist() == two["p_value"].dropna().round(12).tolist()


def test_a_unit_that_changes_its_stratum_is_named(panel):
    moved = panel.assign(stratum=panel["stratum"].where((panel["unit"] != "a3") | (panel["year"] < 2002), "b"))
    found = estimate(moved, "callaway_santanna", **COLUMNS, permuted_within="stratum", randomization_draws=99)
    assert found["estimate"].isna().all() and "unit a3 changes its stratum" in found["reason"].iloc[0]


def test_strata_without_draws_are_refused(panel):
    with pytest.raises(ValueError, match="permuted_within needs randomization_draws"):
        estimate(panel, "callaway_santanna", **COLUMNS, permuted_within="stratum")


def test_a_joint_test_of_the_years_before_comes_with_the_event_study(panel):
    found = estimate(
        panel,
        "callaway_santanna",
        **COLUMNS,
        aggregation="dynamic",
        event_window=[-3, 2],
        permuted_within="stratum",
        randomization_draws=199,
    )
    joint = found[found["term"] == "pretrend_joint"].iloc[0]
    before = found[(found["term"] == "event") & (found["inference"] == "analytic") & (found["event_time"] < -1)]
    assert joint["estimate"] == pytest.approx((before["estimate"] / before["std_error"]).abs().max())
    assert 0 < joint["p_value"] <= 1
    assert (found["term"] == "pretrend_joint_slope").sum() == 1
