"""Every estimator against the true effect in simulated data: bias, coverage, size. SIMULATED throughout."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from analysis.core.estimates import NotIdentified
from analysis.core.rawfiles import ROOT
from analysis.core.specification import Specification
from analysis.estimators import (
    attrition_bounds,
    callaway_santanna,
    country_exposure,
    fixed_effects,
    hausman,
    misclassification_bounds,
    mundlak,
    random_effects,
    stacked_did,
    two_way_fixed_effects,
)

COHORTS = [2018, 2018, 2019, 2020, 2021, 2021, 2023] + [np.nan] * 24
YEARS = np.arange(2009, 2025)


def provinces(generator, effect=0.0, growing=False, cohorts=COHORTS):
    """Return a panel like the provinces': few treated, serially correlated errors, sizes that differ."""
    units, periods = len(cohorts), len(YEARS)
    error = np.zeros((units, periods))
    scale = generator.uniform(0.5, 1.5, units)
    error[:, 0] = generator.normal(size=units)
    for t in range(1, periods):
        error[:, t] = 0.6 * error[:, t - 1] + generator.normal(size=units) * 0.8
    cohort = generator.permutation(cohorts)
    since = YEARS[None, :] - cohort[:, None]
    treated = since >= 0
    tau = np.where(treated, effect * (1 + since if growing else 1), 0.0)
    y = generator.normal(size=units)[:, None] * 2 + YEARS[None, :] * 0.1 + error * scale[:, None] + tau
    long = (
        pd.DataFrame(y, columns=YEARS)
        .assign(unit=np.arange(units), cohort=cohort)
        .melt(["unit", "cohort"], var_name="year", value_name="y")
    )
    return long.astype({"year": int})


def specification(options=None, seed=1, **more):
    given = {"unit": "unit", "time": "year", "cohort": "cohort"} | more
    return Specification("test", "test", "y", options=options or {}, seed=seed, **given)


def row_of(rows, term, **where):
    return next(r for r in rows if r["term"] == term and all(r.get(k) == v for k, v in where.items()))


def test_randomization_holds_size_and_coverage_where_analytic_errors_do_not():
    generator = np.random.default_rng(0)
    rejected, covered, errors = [], [], []
    for seed in range(200):
        rows = callaway_santanna.estimate(provinces(generator, effect=0.5), specification({"randomization_draws": 199}, seed))
        primary = row_of(rows, "att", inference="randomization_t")
        errors.append(primary["estimate"] - 0.5)
        covered.append(primary["ci_low"] <= 0.5 <= primary["ci_high"])
        # Two treated units, each alone in its cohort, have no variance of their own: analytic errors collapse.
        rows = callaway_santanna.estimate(
            provinces(generator, cohorts=[2019, 2021] + [np.nan] * 29), specification({"randomization_draws": 199}, seed)
        )
        rejected.append([row_of(rows, "att", inference=name)["p_value"] <= 0.05 for name in ("randomization_t", "analytic")])
    assert abs(np.mean(errors)) < 3 * np.std(errors) / np.sqrt(len(errors))
    assert 0.91 <= np.mean(covered) <= 0.99
    assert np.mean([r[0] for r in rejected]) <= 0.085
    assert np.mean([r[1] for r in rejected]) > 0.25


def test_the_detectable_effect_is_detected_four_times_in_five():
    generator = np.random.default_rng(5)
    detectable = np.median(
        [
            row_of(
                callaway_santanna.estimate(provinces(generator), specification({"randomization_draws": 199}, s)),
                "att",
                inference="randomization_t",
            )["mde80"]
            for s in range(40)
        ]
    )
    hits = [
        row_of(
            callaway_santanna.estimate(provinces(generator, detectable), specification({"randomization_draws": 199}, s)),
            "att",
            inference="randomization_t",
        )["p_value"]
        <= 0.05
        for s in range(120)
    ]
    assert 0.68 <= np.mean(hits) <= 0.92


def test_growing_effects_bias_two_way_fixed_effects_and_not_group_time_averages():
    generator = np.random.default_rng(1)
    gaps = {"cs": [], "twfe": []}
    for _ in range(120):
        data = provinces(generator, effect=0.5, growing=True, cohorts=[2012] * 12 + [2018] * 12 + [np.nan] * 7)
        truth = data.loc[data["year"] >= data["cohort"]]
        truth = (0.5 * (1 + truth["year"] - truth["cohort"])).mean()
        gaps["cs"].append(row_of(callaway_santanna.estimate(data, specification()), "att")["estimate"] - truth)
        gaps["twfe"].append(row_of(two_way_fixed_effects.estimate(data, specification()), "att")["estimate"] - truth)
    assert abs(np.mean(gaps["cs"])) < 3 * np.std(gaps["cs"]) / np.sqrt(120)
    assert np.mean(gaps["twfe"]) < -0.3


def test_missing_cells_and_lost_cohorts_are_counted():
    data = provinces(np.random.default_rng(2))
    first = data["year"].min()
    issued = data.loc[data["cohort"].notna(), "unit"].unique()[:2]
    data.loc[data["unit"].isin(issued), "cohort"] = first  # treated from the first year on: no year before
    rows = callaway_santanna.estimate(data, specification())
    lost = row_of(rows, "att_gt")
    assert lost["cohort"] == first and "no observed base period" in lost["reason"]
    assert row_of(rows, "att")["n_units"] == data["unit"].nunique() - 2
    assert f"{2 * data['year'].nunique()} rows of 2 units treated from the first period on" in row_of(rows, "att")["left_out"]


@pytest.mark.parametrize("cohorts", [[np.nan] * 31, [2018] * 31, [2009] * 5 + [np.nan] * 26])
def test_no_comparison_is_refused(cohorts):
    with pytest.raises(NotIdentified):
        callaway_santanna.estimate(provinces(np.random.default_rng(3), cohorts=cohorts), specification())


def test_hidden_issuers_are_bounded():
    generator = np.random.default_rng(4)
    for _ in range(5):
        data = provinces(generator, effect=1.0)
        with_true_labels = row_of(callaway_santanna.estimate(data, specification()), "att")["estimate"]
        hide = data.loc[data["cohort"] == 2021, "unit"].unique()  # two treated units pass for never treated
        data.loc[data["unit"].isin(hide), "cohort"] = np.nan
        rows = misclassification_bounds.estimate(data, specification())
        assert row_of(rows, "att_lowest")["estimate"] <= with_true_labels <= row_of(rows, "att_highest")["estimate"]


def test_units_dated_after_the_panel_hide_nothing_where_they_are_known():
    data = provinces(np.random.default_rng(5), effect=1.0)
    late = sorted(data.loc[data["cohort"].isna(), "unit"].unique())[:2]
    data.loc[data["unit"].isin(late), "cohort"] = data["year"].max() + 1
    asked = specification(options={"later_known": True, "randomization_draws": 0})
    counts = {
        known: row_of(misclassification_bounds.estimate(data, one), "share_negative")["n_obs"]
        for known, one in ((False, specification(options={"randomization_draws": 0})), (True, asked))
    }
    never = data.loc[data["cohort"].isna(), "unit"].nunique()
    pairs = {known: n * (n - 1) // 2 * 9 for known, n in ((False, never + 2), (True, never))}
    assert counts == pairs


def firms(generator, effect=0.0, leave_treated=0.0, leave_control=0.0, n_treated=12, n_control=120):
    """Return stacks like the firms': two cells per stack, controls in several stacks, and exit after the event."""
    rows = []
    level = generator.normal(size=n_control)
    for stack in (2016, 2018, 2020):
        for cell in ("US", "other"):
            own = n_treated // 6
            for unit in [f"t{stack}{cell}{i}" for i in range(own)] + [f"c{i}" for i in range(n_control) if (i % 2 == 0) == (cell == "US")]:
                treated = unit.startswith("t")
                walk = np.cumsum(generator.normal(size=8) * 0.3)
                leaves = generator.random() < (leave_treated if treated else leave_control)
                for k, event_time in enumerate(range(-4, 4)):
                    if leaves and event_time >= 2:
                        break
                    y = (0 if treated else level[int(unit[1:])]) + walk[k] + (effect if treated and event_time >= 0 else 0)
                    rows.append((stack, f"{stack} {cell}", unit, stack + event_time, event_time, treated, y))
    return pd.DataFrame(rows, columns=["stack", "cell", "firm", "year", "event_time", "treated", "y"])


def stacked(options=None, seed=1, time="year"):
    return Specification("test", "test", "y", unit="firm", time=time, options=options or {}, seed=seed)


def test_stacked_estimates_are_unbiased_and_randomization_holds_size():
    generator = np.random.default_rng(6)
    errors, rejected = [], []
    for seed in range(60):
        errors.append(row_of(stacked_did.estimate(firms(generator, effect=0.7), stacked()), "att", inference="cluster")["estimate"] - 0.7)
        rows = stacked_did.estimate(firms(generator), stacked({"randomization_draws": 99}, seed))
        rejected.append(row_of(rows, "att", inference="randomization_t")["p_value"] <= 0.05)
    assert abs(np.mean(errors)) < 3 * np.std(errors) / np.sqrt(60)
    assert np.mean(rejected) <= 0.12


def test_stacked_weights_are_those_of_the_treated():
    """On one stack with one cell the estimate is a plain difference of mean changes."""
    data = firms(np.random.default_rng(7)).query("stack == 2016 and cell == '2016 US'")
    wide = data.pivot(index="firm", columns="event_time", values="y")
    change = wide[0] - wide[-1]
    treated = change.index.str.startswith("t")
    event = row_of(stacked_did.estimate(data, stacked()), "event", event_time=0, inference="cluster")
    assert event["estimate"] == pytest.approx(change[treated].mean() - change[~treated].mean())


def test_attrition_bounds_close_when_both_groups_stay_alike_and_open_when_not():
    generator = np.random.default_rng(8)
    rows = attrition_bounds.estimate(
        firms(generator, effect=0.5, n_treated=60), stacked({"event_times": [2], "bootstrap_draws": 20}, time="")
    )
    assert row_of(rows, "att_lower")["estimate"] == pytest.approx(row_of(rows, "att_upper")["estimate"])
    assert row_of(rows, "att_lower")["estimate"] == pytest.approx(0.5, abs=0.35)
    rows = attrition_bounds.estimate(
        firms(generator, effect=0.5, leave_control=0.4, n_treated=60), stacked({"event_times": [2], "bootstrap_draws": 20}, time="")
    )
    low, high = row_of(rows, "att_lower")["estimate"], row_of(rows, "att_upper")["estimate"]
    assert high - low > 0.2
    assert low < 0.5 < high
    assert row_of(rows, "stay_treated")["estimate"] == 1.0


def test_exposure_of_one_country_is_randomized_over_countries():
    generator = np.random.default_rng(9)
    rejected = []
    for _ in range(60):
        country_trend = generator.normal(size=20) * 0.5  # what firm-clustered errors do not see
        rows = [
            (c, f"{c}-{i}", t, generator.normal() + country_trend[c] * (t >= 3)) for c in range(20) for i in range(12) for t in range(6)
        ]
        data = pd.DataFrame(rows, columns=["country", "unit", "year", "y"]).assign(country=lambda d: d["country"].astype(str))
        result = country_exposure.estimate(data, specification({"exposed": "0", "first": 3}, cohort=""))
        rejected.append([row_of(result, "att", inference=name)["p_value"] <= 0.05 for name in ("cluster", "randomization_countries")])
    assert np.mean([r[0] for r in rejected]) > 0.4
    assert np.mean([r[1] for r in rejected]) <= 0.12


def correlated(generator, correlation):
    units, periods = 60, 8
    effect = generator.normal(size=units)
    x = generator.normal(size=(units, periods)) + correlation * effect[:, None]
    y = 1.0 * x + effect[:, None] + generator.normal(size=(units, periods))
    return pd.DataFrame(
        {"unit": np.repeat(np.arange(units), periods), "year": np.tile(np.arange(periods), units), "x": x.ravel(), "y": y.ravel()}
    )


def test_hausman_and_mundlak_reject_correlated_effects_and_not_others():
    generator = np.random.default_rng(10)
    about = specification(cohort="", controls=("x",))
    size = {"hausman": [], "mundlak": []}
    for _ in range(100):
        data = correlated(generator, 0.0)
        size["hausman"].append(row_of(hausman.estimate(data, about), "hausman")["p_value"] < 0.05)
        size["mundlak"].append(row_of(mundlak.estimate(data, about), "mundlak")["p_value"] < 0.05)
    assert max(map(np.mean, size.values())) < 0.13
    data = correlated(generator, 1.0)
    assert row_of(hausman.estimate(data, about), "hausman")["p_value"] < 1e-6
    assert row_of(mundlak.estimate(data, about), "mundlak")["p_value"] < 1e-6
    assert row_of(fixed_effects.estimate(data, about), "x")["estimate"] == pytest.approx(1.0, abs=0.15)
    assert row_of(random_effects.estimate(data, about), "x")["estimate"] > 1.1


def test_collinear_regressors_are_refused():
    data = correlated(np.random.default_rng(11), 0.0).assign(twice=lambda d: 2 * d["x"])
    with pytest.raises(NotIdentified, match="collinear"):
        fixed_effects.estimate(data, specification(controls=("x", "twice"), cohort=""))


def test_unknown_options_are_refused_with_the_nearest():
    with pytest.raises(LookupError, match="randomization_draws"):
        callaway_santanna.estimate(provinces(np.random.default_rng(12)), specification({"randomisation_draws": 9}))


def test_results_do_not_depend_on_the_hash_seed():
    program = (
        "import numpy as np; from tests.estimators.test_true_effects import *;"
        "d = provinces(np.random.default_rng(3), 0.5);"
        "a = two_way_fixed_effects.estimate(d, specification({'randomization_draws': 49}));"
        "b = fixed_effects.estimate(correlated(np.random.default_rng(1), 0.5), specification(controls=('x',), fixed_effects=('unit', 'year'), cohort=''));"
        "c = callaway_santanna.estimate(d, specification({'randomization_draws': 49}));"
        "print([(r['term'], r['estimate'], r['std_error'], r.get('p_value')) for r in a + b + c])"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("0", "1", "42")
    }
    assert len(outputs) == 1
