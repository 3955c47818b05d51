"""Estimators that must agree with each other, or add up, whatever the data. SIMULATED panels."""

from dataclasses import replace
from importlib import import_module

import numpy as np
import pandas as pd
import pytest

from analysis.core.specification import Specification
from analysis.simulations.data_generating_processes import correlated_effects, lagged_outcome, staggered


@pytest.fixture(scope="module")
def panel():
    return staggered.simulate(np.random.default_rng(3), 0.7)[0]


def run(estimator, data, **more):
    fields = {"outcome": "y", "unit": "unit", "time": "time", "cohort": "cohort"} | more
    return import_module(f"analysis.estimators.{estimator}").estimate(data, Specification("identity", estimator, seed=1, **fields))


def value(rows, term="att", column="estimate", **where):
    return next(r[column] for r in rows if r["term"] == term and all(r.get(k) == v for k, v in where.items()))


def events(rows):
    return {r["event_time"]: r["estimate"] for r in rows if r["term"] == "event"}


def test_sun_abraham_is_callaway_santanna_with_never_treated_controls(panel):
    first = run("sun_abraham", panel, options={"aggregation": "dynamic"})
    second = run("callaway_santanna", panel, options={"aggregation": "dynamic"})
    assert events(first) == pytest.approx(events(second), abs=1e-10)
    assert value(first) == pytest.approx(value(run("callaway_santanna", panel)), abs=1e-10)


def test_sun_abraham_from_means_is_the_saturated_regression(panel):
    from analysis.estimators import sun_abraham

    panel = panel.assign(one=1.0)
    plain = Specification("identity", "sun_abraham", "y", "unit", "time", cohort="cohort", options={"aggregation": "group_time"})
    means = sun_abraham.estimate(panel, plain)
    regression = sun_abraham.estimate(panel, replace(plain, weights="one"))  # with weights, the regression is run
    assert [(row["cohort"], row["event_time"]) for row in means] == [(row["cohort"], row["event_time"]) for row in regression]
    for name, tolerance in (("estimate", {"abs": 1e-9}), ("std_error", {"rel": 1e-8})):
        assert [row[name] for row in means] == pytest.approx([row[name] for row in regression], **tolerance)


def test_imputation_two_stage_and_extended_two_way_have_one_estimate(panel):
    found = [value(run(name, panel)) for name in ("borusyak_jaravel_spiess", "gardner_two_stage", "extended_two_way_fixed_effects")]
    assert found[1:] == pytest.approx(found[:1] * 2, abs=1e-9)


def test_single_pre_period_cohorts_are_not_dropped(panel):
    """Software that drops singletons of the first stage loses cohorts with one untreated period without a word."""
    late = panel[panel["time"] >= 3]  # cohort 4 keeps one period before treatment
    rows = [run(name, late) for name in ("borusyak_jaravel_spiess", "gardner_two_stage", "extended_two_way_fixed_effects")]
    treated_rows = int(((late["cohort"] > 0) & (late["time"] >= late["cohort"])).sum())
    by_group = run("gardner_two_stage", late, options={"aggregation": "group"})
    assert {r["cohort"] for r in by_group if r["term"] == "group"} == {4, 6, 8}
    for found in rows:
        assert value(found, column="n_obs") == len(late)
        assert value(found, column="n_treated") == 48
    assert value(rows[0]) == pytest.approx(value(rows[1]), abs=1e-9) == value(rows[2])
    # The overall effect is the mean over every treated observation, those of the early cohort included.
    shares = late[(late["cohort"] > 0) & (late["time"] >= late["cohort"])].groupby("cohort").size() / treated_rows
    mean = sum(shares[r["cohort"]] * r["estimate"] for r in by_group if r["term"] == "group")
    assert value(rows[0]) == pytest.approx(mean, abs=1e-9)


def test_bacon_weights_add_to_one_and_to_the_coefficient(panel):
    rows = run("goodman_bacon", panel)
    kinds = ("treated_vs_untreated", "earlier_vs_later", "later_vs_earlier")
    weights = [value(rows, f"weight:{kind}") for kind in kinds]
    effects = [value(rows, f"effect:{kind}") for kind in kinds]
    assert sum(weights) == pytest.approx(1, abs=1e-10)
    assert np.dot(weights, effects) == pytest.approx(value(run("two_way_fixed_effects", panel)), abs=1e-9)


def test_weighted_stack_is_callaway_santanna_in_a_balanced_window(panel):
    stack = run("stacked_did", panel, options={"event_window": [-1, 1], "effect_window": [0, 0]})
    cells = run("callaway_santanna", panel, options={"aggregation": "dynamic", "control_group": "not_yet_treated"})
    never_only = panel[(panel["cohort"] == 0) | (panel["cohort"] == 6)]
    one = run("stacked_did", never_only, options={"event_window": [-2, 2], "effect_window": [0, 2]})
    same = run("callaway_santanna", never_only, options={"aggregation": "dynamic"})
    assert value(one) == pytest.approx(np.mean([events(same)[e] for e in range(3)]), abs=1e-10)
    assert np.sign(value(stack)) == np.sign(events(cells)[0])


def test_any_size_and_permuted_averages_are_one_estimator(panel):
    """inference.group_time_averages (any size) and inference.group_time_draws (permuted thousands of times)."""
    from analysis.inference.group_time_averages import averages
    from analysis.inference.group_time_cells import panel_of
    from analysis.inference.group_time_draws import cells_of, permuted_averages

    holes = panel.drop(panel.index[::17])
    wide = panel_of(holes, "y", "unit", "time", "cohort")
    for not_yet in (False, True):
        cells = cells_of(wide)
        after = cells.event_time >= 0
        # The actual cohorts are one of many assignments, the average after treatment one of two.
        labels = np.stack([np.random.default_rng(3).permutation(wide.cohort), wide.cohort])
        effect, influence = permuted_averages(cells, labels, [~after, after], not_yet)
        for draw, cohort in enumerate(labels):
            permuted = replace(wide, cohort=cohort)
            found = averages(permuted, np.array([cells.cohort, cells.period, cells.base]), [~after, after], not_yet)
            assert found.values == pytest.approx(effect[0, draw], abs=1e-12)
            assert pytest.approx(influence[0, draw], abs=1e-9) == found.influence.T


def test_gmm_lies_between_within_and_pooled():
    data = lagged_outcome.simulate(np.random.default_rng(1), 0.5, units=400)[0]
    for name in ("arellano_bond", "blundell_bond"):
        rows = run(name, data, cohort="")
        assert value(rows, "L1.y:within") < value(rows, "L1.y") < value(rows, "L1.y:pooled")


def test_first_differences_are_within_with_two_periods():
    data = correlated_effects.simulate(np.random.default_rng(2), 0.5, periods=2)[0]
    within = run("fixed_effects", data, cohort="", treatment="x", fixed_effects=("unit", "time"))
    differences = run("first_difference", data, cohort="", treatment="x", fixed_effects=("time",))
    assert value(within, "x") == pytest.approx(value(differences, "x"), abs=1e-10)


def test_mundlak_is_within_in_a_balanced_panel():
    data = correlated_effects.simulate(np.random.default_rng(2), 0.5)[0]
    within = run("fixed_effects", data, cohort="", treatment="x", fixed_effects=("unit", "time"))
    assert value(run("mundlak", data, cohort="", treatment="x", fixed_effects=("time",)), "x") == pytest.approx(
        value(within, "x"), abs=1e-8
    )


@pytest.mark.parametrize("effects", [("unit",), ("unit", "time"), ("unit", "time", "third")])
def test_swept_out_effects_are_dummies(effects):
    """Coefficients, HC3 and CR3 against the same regression with a dummy for every level."""
    import statsmodels.api as sm

    generator = np.random.default_rng(5)
    data = correlated_effects.simulate(generator, 0.5, units=12, periods=5)[0]
    data = data.drop(data.index[[3, 17, 40]]).assign(third=generator.integers(3, size=57), unit=lambda d: d["unit"].astype(str))
    dummies = pd.get_dummies(data[list(effects)].astype(str), drop_first=True, dtype=float)
    full = sm.OLS(data["y"], sm.add_constant(pd.concat([data[["x"]], dummies], axis=1)))
    covariances = {"hc3": "HC3", "hc1": "HC1", "unadjusted": "nonrobust"} if len(effects) < 3 else {"hc1": "HC1"}
    for ours, theirs in covariances.items():
        rows = run("fixed_effects", data, cohort="", treatment="x", fixed_effects=effects, options={"covariance": ours})
        result = full.fit(cov_type=theirs)
        assert value(rows, "x") == pytest.approx(result.params["x"], abs=1e-8)
        assert value(rows, "x", "std_error") == pytest.approx(result.bse["x"], rel=1e-6)
    left_out = [
        sm.OLS(part["y"], sm.add_constant(pd.concat([part[["x"]], dummies.loc[part.index]], axis=1))).fit().params["x"]
        for part in (data[data["unit"] != unit] for unit in data["unit"].unique())
    ]
    if len(effects) < 3:
        rows = run("fixed_effects", data, cohort="", treatment="x", fixed_effects=effects, options={"covariance": "cr3"})
        jackknife = np.sqrt(11 / 12 * np.sum((np.array(left_out) - value(rows, "x")) ** 2))
        assert value(rows, "x", "std_error") == pytest.approx(jackknife, rel=1e-6)


def test_weighted_two_stage_least_squares_is_linearmodels():
    from linearmodels.iv import IV2SLS

    from analysis.simulations.data_generating_processes import endogenous_regressor

    data = endogenous_regressor.simulate(np.random.default_rng(4), 0.5)[0].assign(w=lambda d: 1 + (d["time"] == 2))
    rows = run(
        "two_stage_least_squares",
        data,
        cohort="",
        treatment="x",
        instruments=("z", "z2"),
        weights="w",
        options={"covariance": "hc1"},
        unit="",
    )
    theirs = IV2SLS(data["y"], np.ones(len(data)), data[["x"]], data[["z", "z2"]], weights=data["w"]).fit(cov_type="robust", debiased=True)
    assert value(rows, "x") == pytest.approx(theirs.params["x"], abs=1e-10)
    assert value(rows, "x", "std_error") == pytest.approx(theirs.std_errors["x"], rel=1e-8)


def test_score_residuals_follow_spells_left_out():
    """The robust variance of Cox with late entry, ties and strata, against leaving clusters out."""
    from analysis.inference.cluster import cluster_sums
    from analysis.inference.cox_partial_likelihood import Spells, maximise

    generator = np.random.default_rng(0)
    n = 240
    entry = generator.integers(0, 5, n).astype(float)
    spells = Spells(
        entry, entry + generator.integers(1, 8, n), (generator.random(n) < 0.6).astype(int), generator.normal(size=(n, 2)), np.arange(n) % 2
    )
    clusters = generator.integers(60, size=n)
    best = maximise(spells)
    influence = cluster_sums(best.score_residuals() @ np.linalg.inv(best.information), clusters)
    assert best.score_residuals().sum(0) == pytest.approx([0, 0], abs=1e-8)
    left_out = []
    for c in np.unique(clusters):
        keep = clusters != c
        left_out.append(maximise(Spells(*(part[keep] for part in (spells.entry, spells.stop, spells.event, spells.x, spells.strata)))).beta)
    for j in range(2):
        assert np.corrcoef(influence[:, j], best.beta[j] - np.array(left_out)[:, j])[0, 1] > 0.99
        assert np.std(influence[:, j]) == pytest.approx(np.std(np.array(left_out)[:, j]), rel=0.15)


def test_late_entry_at_an_event_time_is_not_at_risk_there():
    """A spell that enters at t is not at risk for an end at t: splitting spells changes nothing."""
    from lifelines import CoxPHFitter

    generator = np.random.default_rng(1)
    whole = pd.DataFrame(
        {"stop": generator.integers(1, 12, 200).astype(float), "event": generator.integers(0, 2, 200), "x": generator.normal(size=200)}
    )
    cut = whole["stop"] > 5
    first = whole.assign(entry=0.0, event=np.where(cut, 0, whole["event"]), stop=np.where(cut, 5.0, whole["stop"]))
    second = whole[cut].assign(entry=5.0)
    split = pd.concat([first, second], ignore_index=True)
    fields = {"outcome": "", "unit": "", "time": "", "cohort": "", "duration": "stop", "event": "event", "controls": ("x",)}
    one, two = run("cox", whole, **fields), run("cox", split, **fields, entry="entry")
    assert value(two, "x") == pytest.approx(value(one, "x"), abs=1e-9)
    assert value(two, "x", "std_error") == pytest.approx(value(one, "x", "std_error"), abs=1e-9)
    theirs = CoxPHFitter().fit(whole, "stop", "event")
    assert value(one, "x") == pytest.approx(theirs.params_["x"], abs=1e-6)
