"""Group-time averages on data with missing waves, sampling weights, other units of measurement, and no units at all."""

import warnings

import numpy as np
import pandas as pd
import pytest

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification
from analysis.estimators import callaway_santanna, goodman_bacon, romano_wolf_cohorts

PLACE = ("cohort", "event_time", "setting")
ABOUT = {"outcome": "y", "unit": "unit", "time": "time", "cohort": "cohort"}


def panel(seed=0, units=90, periods=range(1, 9), cohorts=(0, 4, 6)):
    """Effects differ by cohort and event time, trends by x; dyadic numbers, so that large shifts lose nothing."""
    rng = np.random.default_rng(seed)
    data = pd.DataFrame([(u, t) for u in range(units) for t in periods], columns=["unit", "time"])
    data["cohort"] = np.array(cohorts)[data["unit"] % len(cohorts)]
    data["x"] = np.round(rng.normal(size=units) * 64)[data["unit"]] / 64
    data["w"] = rng.integers(1, 5, units)[data["unit"]]
    on = (data["cohort"] > 0) & (data["time"] >= data["cohort"])
    effect = on * (1 + 0.25 * (data["time"] - data["cohort"]) + 0.1 * data["cohort"])
    y = rng.normal(size=units)[data["unit"]] + data["time"] * (0.3 + 0.2 * data["x"]) + effect + rng.normal(size=len(data))
    data["y"] = np.round(y * 1024) / 1024
    return data


def sections(seed=0, rows=1500):
    """Every row another person; who is sampled differs by x, and so do trends."""
    rng = np.random.default_rng(seed)
    data = pd.DataFrame({"time": rng.integers(1, 6, rows), "x": np.round(rng.normal(size=rows) * 64) / 64})
    data["cohort"] = np.where(rng.random(rows) < 1 / (1 + np.exp(0.5 - data["x"])), rng.choice([3, 4], rows), 0)
    on = (data["cohort"] > 0) & (data["time"] >= data["cohort"])
    data["y"] = np.round((0.4 * data["x"] * data["time"] + on + rng.normal(size=rows)) * 1024) / 1024
    data["w"], data["town"] = rng.integers(1, 5, rows), rng.integers(0, 40, rows)
    return data


def run(data, options=None, **more):
    given = {key: value for key, value in (ABOUT | more).items() if value}
    return callaway_santanna.estimate(data, Specification("t", "callaway_santanna", options=options or {}, seed=1, **given))


def row(rows, term="att", **where):
    return next(r for r in rows if r["term"] == term and all(r.get(key) == value for key, value in where.items()))


def plain(text):
    return text.replace("‹@", "").replace("›", "")


def numbers(rows):
    return {(r["term"], *map(r.get, PLACE)): (r["estimate"], r["std_error"]) for r in rows if "estimate" in r}


def other_library(data, **given):
    from moderndid import att_gt

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return att_gt(data, "y", "time", gname="cohort", **given)


def agree(rows, theirs, tolerance=1e-6, of_errors=None):
    """Hold every cell's estimate, and its error within `of_errors`, against the other library's; return how many there are."""
    ours, compared = numbers(rows), 0
    for g, t, value, error in zip(theirs.groups, theirs.times, theirs.att_gt, np.asarray(theirs.se_gt, float), strict=True):
        if np.isfinite(error) and error > 0:
            found = ours["att_gt", int(g), int(t - g), None]
            assert found[0] == pytest.approx(value, rel=tolerance)
            assert found[1] == pytest.approx(error, rel=of_errors or tolerance)
            compared += 1
    return compared


# ---------------------------------------------------------------------- base periods
def test_the_base_is_the_last_period_observed_before_treatment():
    data = panel().query("time != 3")  # cohort 4 has no period just before
    rows = run(data)
    mean = data.pivot_table(index="cohort", columns="time", values="y")
    cells = [(g, t, b) for g, b in ((4, 2), (6, 5)) for t in range(g, 9)]
    by_hand = np.mean([mean.loc[g, t] - mean.loc[g, b] - mean.loc[0, t] + mean.loc[0, b] for g, t, b in cells])
    assert row(rows)["estimate"] == pytest.approx(by_hand, rel=1e-12)
    assert plain(row(rows)["left_out"]) == "an observed period 3 (base of cohort 4: 2)"


@pytest.mark.parametrize("base", ["universal", "varying"])
def test_cells_with_a_missing_wave_equal_another_library(base):
    data = panel().query("time != 3 and time != 7")
    rows = run(data, {"aggregation": "group_time", "base_period": base})
    assert agree(rows, other_library(data, idname="unit", base_period=base)) >= 8


def test_randomization_uses_the_same_bases():
    data = panel(units=30).query("time != 3")
    rows = run(data, {"randomization_draws": 19})
    assert row(rows, inference="randomization_t")["estimate"] == pytest.approx(row(rows, inference="analytic")["estimate"], rel=1e-12)


def test_bounds_are_of_cohorts_with_one_reference_and_consecutive_event_times():
    options = {"aggregation": "dynamic", "honest": [0.5], "pretrend_power": 0.5}
    holed = panel(cohorts=(0, 4, 6, 7)).query("time != 3")
    moved, without = run(holed, options), run(holed[holed["cohort"] != 4], options)
    for term in ("att_honest", "pretrend_slope"):
        assert row(moved, term)["estimate"] == pytest.approx(row(without, term)["estimate"])
        assert "without cohort" in row(moved, term)["reason"]
    alone = run(panel(cohorts=(0, 4)).query("time != 3"), options)
    assert "no common reference" in row(alone, "att_honest")["reason"]
    gap = run(panel(cohorts=(0, 6)).query("time != 3"), options)
    assert "not observed" in row(gap, "att_honest")["reason"] and row(gap, "pretrend_slope")["estimate"] > 0


def test_units_treated_from_the_first_period_on_are_left_out_with_their_number():
    data = panel(cohorts=(0, 4, 6, 1))
    rows, without = run(data, {"aggregation": "dynamic"}), run(data[data["cohort"] != 1], {"aggregation": "dynamic"})
    assert numbers(rows).keys() == numbers(without).keys()
    for key, value in numbers(without).items():
        assert numbers(rows)[key] == pytest.approx(value)
    counts = ("n_obs", "n_units", "n_treated", "n_clusters", "n_treated_clusters", "within_sd")
    assert [row(rows)[name] for name in counts] == [row(without)[name] for name in counts]
    left = int((data["cohort"] == 1).sum())
    for one in (row(rows), row(rows, "event", event_time=0)):
        assert plain(one["left_out"]) == f"cohort 1 and {left} rows of {left // 8} units treated from the first period on"
    assert "no observed base period" in row(rows, "att_gt", cohort=1)["reason"]


def test_the_decomposition_keeps_units_treated_from_the_first_period_on():
    data = panel(cohorts=(0, 4, 6, 1)).assign(on=lambda d: (d["cohort"] > 0) & (d["time"] >= d["cohort"]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = goodman_bacon.estimate(data, Specification("t", "goodman_bacon", **ABOUT))
    swept = data[["y", "on"]].astype(float)
    swept = swept - swept.groupby(data["unit"]).transform("mean") - swept.groupby(data["time"]).transform("mean") + swept.mean()
    assert row(rows)["estimate"] == pytest.approx(swept["y"] @ swept["on"] / (swept["on"] @ swept["on"]), rel=1e-9)


@pytest.mark.parametrize("never", [0, np.nan, np.inf])
def test_never_treated_has_three_spellings(never):
    data = panel()
    again = data.assign(cohort=data["cohort"].replace(0, never) if never != 0 else data["cohort"])
    assert numbers(run(again)) == numbers(run(data))


# ---------------------------------------------------------------------- weights
@pytest.mark.parametrize("aggregation", ["simple", "dynamic", "group", "calendar", "group_time"])
@pytest.mark.parametrize("more", [{}, {"controls": ("x",)}])
def test_whole_weights_are_copies_of_units(aggregation, more):
    data = panel().query("time != 3")
    copies = pd.concat([data[data["w"] > k].assign(unit=lambda d, k=k: d["unit"] + 1000 * k) for k in range(4)])
    weighted, copied = (numbers(run(d, {"aggregation": aggregation}, **w, **more)) for d, w in ((data, {"weights": "w"}), (copies, {})))
    assert weighted.keys() == copied.keys() and len(weighted) > 0
    for key in weighted:
        if key[0] != "pretrend":
            assert weighted[key][0] == pytest.approx(copied[key][0], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("method", ["dr", "reg", "ipw"])
def test_weighted_cells_equal_another_library(method):
    data = panel()
    rows = run(data, {"aggregation": "group_time", "base_period": "varying", "method": method}, weights="w", controls=("x",))
    theirs = other_library(data, idname="unit", xformla="~x", weightsname="w", est_method=method)
    assert agree(rows, theirs, 1e-5) == 14


def test_the_error_of_a_weighted_average_is_that_of_its_influence():
    """Each unit's influence on the average by removing an infinitesimal part of its weight."""
    data, step = panel(units=30), 1e-5
    base = row(run(data, weights="w"))
    influence = []
    for unit in range(30):
        moved = data.assign(w=data["w"] * (1.0 + step * (data["unit"] == unit)))
        influence.append((row(run(moved, weights="w"))["estimate"] - base["estimate"]) / step)
    assert base["std_error"] == pytest.approx(np.sqrt(np.sum(np.square(influence))), rel=1e-3)


def test_weights_enter_the_draws_too():
    data = panel(units=45)
    rows = run(data, {"randomization_draws": 19, "bootstrap_draws": 199}, weights="w")
    values = {r["inference"]: r["estimate"] for r in rows if r["term"] == "att"}
    assert values["randomization_t"] == pytest.approx(values["analytic"], rel=1e-12)
    found = row(rows, inference="multiplier_bootstrap")["std_error"]
    assert found == pytest.approx(row(rows, inference="analytic")["std_error"], rel=0.25)


def test_weights_that_change_within_a_unit_or_are_not_positive_are_refused():
    with pytest.raises(NotIdentified, match="one weight"):
        run(panel().assign(w=lambda d: d["w"] + 0.1 * d["time"]), weights="w")
    with pytest.raises(NotIdentified, match="not positive"):
        run(panel().assign(w=lambda d: d["w"] - 1.0), weights="w")


# ---------------------------------------------------------------------- repeated cross-sections
@pytest.mark.parametrize("method", ["dr", "reg", "ipw"])
@pytest.mark.parametrize("control_group", ["never_treated", "not_yet_treated"])
@pytest.mark.parametrize("weights", ["", "w"])
def test_cells_of_repeated_cross_sections_equal_another_library(method, control_group, weights):
    data = sections()
    options = {"panel": False, "aggregation": "group_time", "base_period": "varying", "method": method, "control_group": control_group}
    rows = run(data, options, unit="", controls=("x",), weights=weights)
    given = {"est_method": method, "control_group": control_group.replace("_", ""), "xformla": "~x", "panel": False}
    # Its influences keep terms that vanish in large samples; ours are the derivative of the estimate (tested below).
    assert agree(rows, other_library(data, **given, **({"weightsname": "w"} if weights else {})), 1e-5, 0.06) == 8


@pytest.mark.parametrize("weights", ["", "w"])
def test_cells_without_controls_compare_four_means(weights):
    data = sections()
    rows = run(data, {"panel": False, "aggregation": "group_time"}, unit="", weights=weights)
    w = data["w"] if weights else pd.Series(1.0, data.index)
    group = data.assign(wy=w * data["y"], w=w).groupby(["cohort", "time"])[["wy", "w"]].sum()
    mean = group["wy"] / group["w"]
    for g, t, b in ((3, 3, 2), (3, 5, 2), (4, 5, 3), (4, 1, 3)):
        found = row(rows, "att_gt", cohort=g, event_time=t - g)
        assert found["estimate"] == pytest.approx(mean[g, t] - mean[g, b] - mean[0, t] + mean[0, b], rel=1e-10)
        parts = [data[(data["cohort"] == c) & (data["time"] == p)].index for c in (g, 0) for p in (t, b)]
        variance = sum(((w[i] * (data["y"][i] - (w[i] @ data["y"][i]) / w[i].sum())) ** 2).sum() / w[i].sum() ** 2 for i in parts)
        assert found["std_error"] == pytest.approx(np.sqrt(variance), rel=1e-10)


@pytest.mark.parametrize("aggregation", ["simple", "dynamic", "group", "calendar"])
def test_averages_of_repeated_cross_sections_equal_another_library(aggregation):
    from moderndid import aggte

    data = sections()
    options = {"panel": False, "aggregation": aggregation, "base_period": "varying"}
    found = row(run(data, options, unit="", controls=("x",)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = aggte(other_library(data, xformla="~x", panel=False), type=aggregation)
    assert found["estimate"] == pytest.approx(theirs.overall_att, rel=1e-6)
    assert found["std_error"] == pytest.approx(theirs.overall_se, rel=0.02)


@pytest.mark.parametrize("controls", [(), ("x",)])
def test_influences_of_rows_are_what_their_weights_do(controls):
    data, step = sections(rows=300), 1e-5
    for aggregation in ("simple", "group"):
        options = {"panel": False, "aggregation": aggregation}
        base = row(run(data, options, unit="", weights="w", controls=controls, cluster=("town",)))
        influence = []
        for town in np.unique(data["town"]):
            moved = data.assign(w=data["w"] * (1.0 + step * (data["town"] == town)))
            influence.append((row(run(moved, options, unit="", weights="w", controls=controls))["estimate"] - base["estimate"]) / step)
        towns = len(influence)
        assert base["std_error"] == pytest.approx(np.sqrt(np.sum(np.square(influence)) * towns / (towns - 1)), rel=1e-3)


def test_without_units_a_panel_of_rows_clusters_by_the_unit_where_it_is_named():
    data = panel()
    options = {"panel": False}
    followed, rows, named = run(data), run(data, options, unit=""), run(data, options)
    assert row(rows)["estimate"] == pytest.approx(row(followed)["estimate"], rel=1e-10)  # a balanced panel: the same means
    assert row(named)["n_clusters"] == 90 and row(named)["std_error"] == pytest.approx(row(followed)["std_error"] * np.sqrt(90 / 89))
    assert row(rows)["std_error"] > row(named)["std_error"]  # unit effects do not cancel between rows


def test_the_declaration_lets_the_unit_out_of_cross_sections_only():
    given = {key: ABOUT[key] for key in ("outcome", "time", "cohort")}
    method = callaway_santanna.METHOD
    method.check(Specification("t", "callaway_santanna", options={"panel": False}, **given), set(given))
    with pytest.raises(BadOption, match="--unit"):
        method.check(Specification("t", "callaway_santanna", **given), set(given))


# ---------------------------------------------------------------------- units of measurement, and nothing to measure
@pytest.mark.parametrize("options", [{}, {"panel": False}])
@pytest.mark.parametrize("controls", [(), ("x",)])
@pytest.mark.parametrize(("factor", "shift"), [(1e-9, 0.0), (1e9, 0.0), (1.0, 2.0**26)])
def test_results_change_with_the_outcome_as_algebra_says(options, controls, factor, shift):
    data = panel()
    rows = numbers(run(data, options | {"aggregation": "dynamic"}, controls=controls))
    again = numbers(run(data.assign(y=data["y"] * factor + shift), options | {"aggregation": "dynamic"}, controls=controls))
    for key, value in rows.items():
        assert again[key] == pytest.approx(tuple(factor * part for part in value), rel=1e-8)


@pytest.mark.parametrize("options", [{"panel": panel, "method": method} for panel in (True, False) for method in ("dr", "reg", "ipw")])
@pytest.mark.parametrize(("factor", "shift"), [(1e-9, 0.0), (1e9, 0.0), (1.0, 2.0**26)])
def test_results_do_not_change_with_the_unit_of_a_control(options, factor, shift):
    data = panel(units=150)
    rows = numbers(run(data, options, controls=("x",)))
    again = numbers(run(data.assign(x=data["x"] * factor + shift), options, controls=("x",)))
    for key, value in rows.items():
        assert again[key] == pytest.approx(value, rel=1e-8)


def test_treatment_that_a_control_foretells_is_refused_with_cohort_and_period():
    data = panel(units=300)
    data["x"] += 6.0 * (data["cohort"] == 4) + 0.01 * data["unit"] % 3
    rows = run(data, controls=("x",))
    refusal = next(r for r in rows if "reason" in r)
    assert (
        refusal["reason_code"] == "SUPPORT"
        and plain(refusal["reason"]).startswith("cohort 4, period ")
        and ("overlap" in refusal["reason"] or "separate" in refusal["reason"])
    )
    assert np.isfinite(row(run(data, {"method": "reg"}, controls=("x",)))["estimate"])


def test_an_outcome_that_does_not_vary_is_refused_and_one_without_noise_gets_no_test():
    data = panel()
    with pytest.raises(NotIdentified, match="does not vary"):
        run(data.assign(y=1e6 / 3))
    still = data.assign(y=(data["unit"] / 7 + data["time"] / 3) * 1e5)
    rows = run(still, {"aggregation": "group_time", "bootstrap_draws": 49, "randomization_draws": 19})
    assert all("p_value" not in r for r in rows) and row(rows)["reason_code"] == "ROUNDING"
    assert row(rows, "pretrend")["reason_code"] == "SUPPORT"


def test_the_pretrend_test_has_no_unit():
    data = panel()
    tests = [row(run(data.assign(y=data["y"] * k), {"aggregation": "group_time"}), "pretrend") for k in (1, 1e-9, 1e9)]
    assert [t["estimate"] for t in tests] == pytest.approx([tests[0]["estimate"]] * 3, rel=1e-8)
    # More effects than units: their covariance cannot have full rank, whatever rounding says.
    few = run(panel(units=12, periods=range(1, 19), cohorts=(0, 14, 16)), {"aggregation": "group_time"})
    assert "no joint covariance" in row(few, "pretrend")["reason"]


def test_choices_outside_their_range_are_refused():
    for options in ({"pretrend_power": 80}, {"honest": [-1]}, {"honest_smoothness": [-0.1]}):
        with pytest.raises(BadOption, match="must be"):
            run(panel(), {"aggregation": "dynamic"} | options)
    with pytest.raises(BadOption, match="at least 1"):
        romano_wolf_cohorts.estimate(panel(), Specification("t", "romano_wolf_cohorts", options={"draws": 0}, **ABOUT))
    for options, more in (
        ({"panel": False, "randomization_draws": 9}, {}),
        ({"panel": False}, {"unit": "", "cohort": "", "treatment": "w"}),
    ):
        with pytest.raises(ValueError, match="panel"):
            run(panel(), options, **more)
