"""Families of outcomes whose treatment is permuted, the same permutation for every outcome."""

import numpy as np
import pandas as pd
import pytest

from analysis.core.specification import Specification
from analysis.estimators import callaway_santanna, romano_wolf_cohorts, romano_wolf_stacks, stacked_did
from analysis.simulations.data_generating_processes import staggered

ADJUSTED = ["romano_wolf", "westfall_young"]
STACKED = {"event_window": [-2, 2], "effect_window": [0, 2]}


def few(seed, outcomes=3, effect=0.0):
    """Twenty-six units, seven treated in two cohorts, outcomes that share half of their noise; the first one has `effect`."""
    generator = np.random.default_rng(seed)
    units, periods = 26, 10
    cohort = np.r_[np.full(4, 5), np.full(3, 7), np.zeros(units - 7, int)]
    table = pd.DataFrame({"unit": np.repeat(np.arange(units), periods), "time": np.tile(np.arange(1, periods + 1), units)})
    table["cohort"] = cohort[table["unit"]]
    shared = generator.normal(size=(units, periods))
    for k in range(outcomes):
        table[f"y{k}"] = (shared + generator.normal(size=(units, periods))).cumsum(1).ravel() / 4
    table["y0"] += effect * ((table["cohort"] > 0) & (table["time"] >= table["cohort"]))
    return table


def stacked(table):
    stacks = []
    for year in sorted(set(table["cohort"]) - {0}):
        own = table[table["cohort"].isin([0, year])].assign(stack=year, cell=str(year), event_time=lambda d, g=year: d["time"] - g)
        stacks.append(own.assign(treated=own["cohort"] == year)[lambda d: d["event_time"].between(-2, 2)])
    return pd.concat(stacks, ignore_index=True)


def cohorts(table, draws=99, seed=1, others=("y1", "y2")):
    asked = Specification(
        "t", "romano_wolf_cohorts", "y0", "unit", "time", "cohort", options={"outcomes": list(others), "draws": draws}, seed=seed
    )
    return pd.DataFrame(romano_wolf_cohorts.estimate(table, asked)).pivot(index="term", columns="inference", values="p_value")


def stacks(table, draws=99, seed=1, others=("y1", "y2")):
    asked = Specification(
        "t", "romano_wolf_stacks", "y0", "unit", "time", options={"outcomes": list(others), "draws": draws, **STACKED}, seed=seed
    )
    return pd.DataFrame(romano_wolf_stacks.estimate(table, asked)).pivot(index="term", columns="inference", values="p_value")


@pytest.mark.parametrize("control_group", ["never_treated", "not_yet_treated"])
def test_a_family_of_one_has_the_estimate_and_the_p_value_of_callaway_santanna(control_group):
    data = staggered.simulate(np.random.default_rng(3), 0.2)[0]
    about = ("y", "unit", "time", "cohort")
    options = {"randomization_draws": 199, "control_group": control_group}
    alone = callaway_santanna.estimate(data, Specification("t", "callaway_santanna", *about, options=options, seed=7))
    (main,) = [row for row in alone if row["term"] == "att" and row["inference"] == "randomization_t"]
    options = {"draws": 199, "control_group": control_group}
    found = romano_wolf_cohorts.estimate(data, Specification("t", "romano_wolf_cohorts", *about, options=options, seed=7))
    assert [row["p_value"] for row in found] == [main["p_value"]] * 3
    assert found[0]["estimate"] == pytest.approx(main["estimate"], abs=1e-12)
    assert (found[0]["ci_low"], found[0]["ci_high"]) == pytest.approx((main["ci_low"], main["ci_high"]))


def test_a_family_of_one_has_the_estimate_and_the_p_value_of_stacked_did():
    table = stacked(few(4, effect=0.3))
    options = {**STACKED, "randomization_draws": 199}
    alone = stacked_did.estimate(table, Specification("t", "stacked_did", "y0", "unit", "time", options=options, seed=7))
    (main,) = [row for row in alone if row["inference"] == "randomization_t"]
    options = {**STACKED, "draws": 199}
    found = romano_wolf_stacks.estimate(table, Specification("t", "romano_wolf_stacks", "y0", "unit", "time", options=options, seed=7))
    assert [row["p_value"] for row in found] == [main["p_value"]] * 3
    assert found[0]["estimate"] == pytest.approx(main["estimate"], abs=1e-12)


@pytest.mark.parametrize("family", [cohorts, lambda table: stacks(stacked(table))], ids=["cohorts", "stacks"])
def test_adjusted_p_values_are_no_smaller_than_alone_and_keep_their_order(family):
    for seed in range(3):
        found = family(few(seed, effect=0.6))
        assert (found[ADJUSTED].ge(found["randomization_t"], axis=0)).all(axis=None)
    # The same outcome three times is one hypothesis: every permutation moves the copies together, and nothing is to be adjusted.
    table = few(5)
    copies = family(table.assign(y1=table["y0"], y2=table["y0"]))
    for inference in ADJUSTED:
        assert copies[inference].tolist() == copies["randomization_t"].tolist()


def test_outcomes_with_holes_are_permuted_together():
    table = few(6)
    whole = cohorts(table, draws=199)
    # An outcome that never holds one control changes only itself up to the sharing of permutations: all still have p-values.
    table.loc[table["unit"] == 20, "y1"] = np.nan
    assert cohorts(table, draws=199).notna().all(axis=None) and whole.notna().all(axis=None)


@pytest.mark.parametrize("family", [cohorts, lambda table: stacks(stacked(table))], ids=["cohorts", "stacks"])
def test_any_false_rejection_is_as_rare_as_promised_and_a_true_effect_is_found(family):
    replications = 100
    wrong = sum((family(few(seed))[ADJUSTED] <= 0.10).any() for seed in range(replications))
    found = sum(family(few(seed, effect=3.0)).loc["y0", ADJUSTED] <= 0.10 for seed in range(20))
    # Binomial with size 0.10: 17 or more of 100 have probability 0.02.
    assert (wrong <= 17).all() and (found >= 18).all()


def test_the_effect_that_honest_bounds_of_stacks_bound_is_the_overall_one(monkeypatch):
    asked = {}

    def bounds_rows(times, effect, covariance, weights, options, counts):
        asked.update(times=times, effect=effect, covariance=covariance, weights=weights)
        return []

    monkeypatch.setattr(stacked_did, "bounds_rows", bounds_rows)
    table = stacked(few(8, effect=0.5))
    # Units that leave early: event times have unlike numbers of treated, and weights must follow them.
    table = table[~((table["unit"] < 2) & (table["event_time"] > 0))]
    options = {**STACKED, "honest": [0.5]}
    found = stacked_did.estimate(table, Specification("t", "stacked_did", "y0", "unit", "time", options=options))
    att = next(row for row in found if row["term"] == "att")
    events = {row["event_time"]: row for row in found if row["term"] == "event"}
    assert asked["times"].tolist() == sorted(events)
    assert asked["weights"].tolist() == pytest.approx([7 / 17, 5 / 17, 5 / 17])
    assert asked["weights"] @ asked["effect"][asked["times"] >= 0] == pytest.approx(att["estimate"], abs=1e-12)
    assert np.sqrt(np.diag(asked["covariance"])) == pytest.approx([events[e]["std_error"] for e in asked["times"]])


def test_bounds_of_stacks_need_the_year_before_and_the_year_of_the_event():
    options = {**STACKED, "reference": -2, "honest": [0.5]}
    with pytest.raises(ValueError, match="reference=-1"):
        stacked_did.estimate(stacked(few(8)), Specification("t", "stacked_did", "y0", "unit", "time", options=options))
