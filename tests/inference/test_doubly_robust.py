"""Effects given covariates: against moderndid's port of DRDID on a balanced panel, and against a true effect on one with holes."""

import warnings

import numpy as np
import pandas as pd
import pytest

from analysis.core.specification import Specification
from analysis.estimators import callaway_santanna
from analysis.inference.doubly_robust import Unsupported, effect


def fit(panel, **options):
    given = {"unit": "unit", "time": "time", "cohort": "cohort", "controls": ("x",), "options": options}
    return callaway_santanna.estimate(panel, Specification("test", "callaway_santanna", outcome="y", **given))


def simulated(seed, holes=0.0, n=3000):
    """Trends and treatment both depend on x, so that only the conditional comparison is right."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    cohort = np.where(rng.random(n) < 1 / (1 + np.exp(1.0 - x)), rng.choice([4, 5], n), 0)
    rows = [(i, t) for i in range(n) for t in range(1, 7)]
    panel = pd.DataFrame(rows, columns=["unit", "time"])
    panel["x"], panel["cohort"] = x[panel["unit"]], cohort[panel["unit"]]
    on = (panel["cohort"] > 0) & (panel["time"] >= panel["cohort"])
    panel["y"] = rng.normal(size=n)[panel["unit"]] + 0.4 * panel["x"] * panel["time"] + 1.0 * on + rng.normal(size=len(panel)) * 0.5
    return panel[rng.random(len(panel)) >= holes].reset_index(drop=True)


@pytest.mark.parametrize("method", ["dr", "reg", "ipw"])
@pytest.mark.parametrize("control_group", ["never_treated", "not_yet_treated"])
def test_cells_equal_a_second_implementation(method, control_group):
    from moderndid import att_gt, load_mpdta

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = pd.DataFrame(load_mpdta().to_pandas() if hasattr(load_mpdta(), "to_pandas") else load_mpdta())
        theirs = att_gt(
            data, "lemp", "year", "countyreal", "first.treat", "~lpop", est_method=method, control_group=control_group.replace("_", "")
        )
    given = {"unit": "countyreal", "time": "year", "cohort": "first.treat", "controls": ("lpop",)}
    options = {"method": method, "control_group": control_group, "aggregation": "group_time", "base_period": "varying"}
    rows = callaway_santanna.estimate(data, Specification("t", "callaway_santanna", outcome="lemp", options=options, **given))
    ours = {(row["cohort"], row["cohort"] + row["event_time"]): row for row in rows if row["term"] == "att_gt"}
    se = np.asarray(theirs.se_gt, float)
    compared = 0
    for g, t, value, error in zip(theirs.groups, theirs.times, theirs.att_gt, se, strict=True):
        assert ours[int(g), int(t)]["estimate"] == pytest.approx(value, abs=1e-7)
        assert ours[int(g), int(t)]["std_error"] == pytest.approx(error, rel=1e-5)
        compared += 1
    assert compared == 12


@pytest.mark.parametrize("holes", [0.0, 0.25])
def test_units_with_holes_stay_and_the_truth_is_covered(holes):
    hits, seen = 0, []
    for seed in range(30):
        panel = simulated(seed, holes, n=800)
        row = next(row for row in fit(panel) if row["term"] == "att")
        hits += row["ci_low"] <= 1.0 <= row["ci_high"]
        seen.append(row["estimate"])
        assert row["n_units"] == panel["unit"].nunique()
    assert abs(np.mean(seen) - 1.0) < 0.03
    assert hits >= 25


def test_the_unconditional_comparison_is_biased_here():
    panel = simulated(1)
    specification = Specification("t", "callaway_santanna", outcome="y", unit="unit", time="time", cohort="cohort")
    plain = next(row for row in callaway_santanna.estimate(panel, specification) if row["term"] == "att")
    assert abs(plain["estimate"] - 1.0) > 0.3


def test_separation_and_collinearity_are_refused():
    treated = np.r_[np.ones(20), np.zeros(20)].astype(int)
    change = np.random.default_rng(0).normal(size=40)
    with pytest.raises(Unsupported, match="separate"):
        effect(change, treated, np.column_stack([np.ones(40), treated + np.linspace(0, 0.1, 40)]), "dr")
    with pytest.raises(Unsupported, match="collinear"):
        effect(change, treated, np.ones((40, 2)), "reg")


def test_a_cohort_that_the_covariates_separate_is_neither_counted_nor_silent():
    panel = simulated(3, n=600)
    # Every firm of cohort 5 has a trait that no control has: no propensity score exists for them.
    panel["x"] = panel["x"] + np.where(panel["cohort"] == 5, 50.0, 0.0)
    panel["city"] = np.where(panel["cohort"] == 5, 100 + panel["unit"] % 7, panel["unit"] % 20)
    fourth = panel.loc[panel["cohort"] == 4, ["unit", "city"]].drop_duplicates()
    about = {"unit": "unit", "time": "time", "cohort": "cohort", "controls": ("x",), "cluster": ("city",)}
    rows = callaway_santanna.estimate(panel, Specification("t", "callaway_santanna", outcome="y", **about))
    att = next(row for row in rows if row["term"] == "att")
    assert att["n_treated"] == len(fourth) and att["n_treated_clusters"] == fourth["city"].nunique()
    assert att["left_out"].replace("‹@", "").replace("›", "") == "cohort 5"
    kept = callaway_santanna.estimate(panel[panel["cohort"] != 5], Specification("t", "callaway_santanna", outcome="y", **about))
    assert att["estimate"] == pytest.approx(next(row for row in kept if row["term"] == "att")["estimate"])
