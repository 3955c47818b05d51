"""Every estimator against numbers printed in papers, vignettes and manuals.

The data sets are in the folder of external files (validation/); without it the tests are skipped and say so.
"""

import numpy as np
import pandas as pd
import pytest

from analysis.estimators import callaway_santanna, fixed_effects, hausman, mundlak, random_effects, two_way_fixed_effects
from analysis.inference import cluster
from analysis.inference.cohort_average import aggregate, cells_of, evaluate, panel_of
from analysis.inference.honest_bounds import relative_magnitude
from analysis.rawfiles import ROOT, external_folder
from analysis.specification import Specification

FOLDER = ROOT / external_folder() / "validation"


def read(name):
    if not (FOLDER / name).exists():
        pytest.skip(f"{name} is not in {external_folder()}/validation; set IPS_DATA")
    return pd.read_csv(FOLDER / name)


def specification(outcome, unit, time, **more):
    return Specification("test", "test", outcome, unit, time, **more)


def row(rows, term, **where):
    found = [r for r in rows if r["term"] == term and all(r.get(k) == v for k, v in where.items())]
    assert len(found) == 1, found
    return found[0]


@pytest.fixture(scope="module")
def minimum_wage():
    """County teen employment, Callaway and Sant'Anna (2021), shipped with R's did."""
    data = read("mpdta.csv").rename(columns={"first.treat": "cohort"})
    return data.assign(cohort=data["cohort"].where(data["cohort"] > 0))


def callaway(data, **options):
    return callaway_santanna.estimate(data, specification("lemp", "countyreal", "year", cohort="cohort", options=options))


@pytest.mark.parametrize(
    ("aggregation", "estimate", "error"),
    [("simple", -0.039951, 0.012034), ("dynamic", -0.077240, 0.019965), ("calendar", -0.041700, 0.015972)],
)
def test_callaway_santanna_overall(minimum_wage, aggregation, estimate, error):
    # R did 2.1.2, never treated, analytic standard errors.
    found = row(callaway(minimum_wage, aggregation=aggregation), "att", inference="analytic")
    assert found["estimate"] == pytest.approx(estimate, abs=1e-6)
    assert found["std_error"] == pytest.approx(error, abs=1e-6)


def test_callaway_santanna_by_group(minimum_wage):
    """R did prints -.031018 (.012415). Its error takes the estimated cohort shares of the first three group-time cells,
    all of cohort 2004, for those of the three cohorts; with each cohort's own share it is .012446."""
    found = row(callaway(minimum_wage, aggregation="group"), "att", inference="analytic")
    assert found["estimate"] == pytest.approx(-0.031018, abs=1e-6)
    assert found["std_error"] == pytest.approx(0.012446, abs=1e-6)
    assert group_error_as_printed(minimum_wage) == pytest.approx(0.012415, abs=1e-6)


def group_error_as_printed(data):
    panel = panel_of(data, "lemp", "countyreal", "year", "cohort")
    cells = cells_of(panel)
    parts = [aggregate(evaluate(cells, panel.cohort), (cells.event_time >= 0) & (cells.cohort == g)) for g in (2004, 2006, 2007)]
    share = np.array([20, 40, 131]) / 500
    influence = sum(w * part[1][0] for w, part in zip(share / share.sum(), parts, strict=True))
    first_cell = [(panel.cohort == 2004) - p for p in share]
    change = np.array(first_cell) / share.sum() - sum(first_cell)[None, :] * share[:, None] / share.sum() ** 2
    influence = influence + np.array([part[0][0] for part in parts]) @ change
    return np.sqrt(influence @ influence) / len(influence)


@pytest.mark.parametrize(
    ("cohort", "event_time", "estimate", "error"),
    [
        (2004, 0, -0.010503, 0.023251),
        (2004, 1, -0.070423, 0.030985),
        (2004, 2, -0.137259, 0.036436),
        (2004, 3, -0.100811, 0.034359),
        (2006, 1, -0.041224, 0.020229),
        (2007, 0, -0.026054, 0.016655),
    ],
)
def test_callaway_santanna_group_time(minimum_wage, cohort, event_time, estimate, error):
    found = row(callaway(minimum_wage, aggregation="group_time"), "att_gt", cohort=cohort, event_time=event_time, inference="analytic")
    assert found["estimate"] == pytest.approx(estimate, abs=1e-6)
    assert found["std_error"] == pytest.approx(error, abs=1.1e-6)


def test_callaway_santanna_equals_its_library(minimum_wage):
    from diff_diff import CallawaySantAnna

    for control in ("never_treated", "not_yet_treated"):
        ours = row(callaway(minimum_wage, control_group=control), "att", inference="analytic")
        data = minimum_wage.assign(cohort=minimum_wage["cohort"].fillna(0))
        theirs = CallawaySantAnna(control_group=control).fit(data, "lemp", "countyreal", "year", "cohort")
        assert ours["estimate"] == pytest.approx(theirs.overall_att, abs=1e-10)
        assert ours["std_error"] == pytest.approx(theirs.overall_se, abs=1e-8)


def test_callaway_santanna_with_a_covariate(minimum_wage):
    # R did 2.1.2, ~ lpop, doubly robust: -.041752 (.011503).
    rows = callaway_santanna.estimate(minimum_wage, specification("lemp", "countyreal", "year", cohort="cohort", controls=("lpop",)))
    found = row(rows, "att", inference="analytic")
    assert found["estimate"] == pytest.approx(-0.041752, abs=1e-6)
    assert found["std_error"] == pytest.approx(0.011503, abs=2e-5)


def test_two_way_fixed_effects(minimum_wage):
    # R fixest 0.14.2, clustered by county: -.036549 (.013265).
    rows = two_way_fixed_effects.estimate(minimum_wage, specification("lemp", "countyreal", "year", cohort="cohort"))
    found = row(rows, "att", inference="cluster")
    assert found["estimate"] == pytest.approx(-0.036549, abs=1e-6)
    assert found["std_error"] == pytest.approx(0.013265, abs=1e-6)


def grunfeld(module, **options):
    fixed = options.pop("fixed_effects", ())
    return module.estimate(
        read("Grunfeld.csv"), specification("inv", "firm", "year", controls=("value", "capital"), fixed_effects=fixed, options=options)
    )


def test_fixed_effects():
    # Croissant and Millo (2008, JSS 27(2)); R fixest for the two-way model.
    rows = grunfeld(fixed_effects, covariance="unadjusted")
    assert [row(rows, t)["estimate"] for t in ("value", "capital")] == pytest.approx([0.1101238, 0.3100653], abs=1e-7)
    assert [row(rows, t)["std_error"] for t in ("value", "capital")] == pytest.approx([0.0118567, 0.0173545], abs=1e-7)
    both = grunfeld(fixed_effects, fixed_effects=("firm", "year"))
    assert [row(both, t)["estimate"] for t in ("value", "capital")] == pytest.approx([0.1177159, 0.3579163], abs=1e-7)
    assert row(both, "value")["std_error"] == pytest.approx(0.0108244, abs=1e-7)


def test_fixed_effects_on_job_training():
    # Wooldridge, Introductory Econometrics, example 14.1.
    data = read("jtrain.csv")
    rows = fixed_effects.estimate(
        data, specification("lscrap", "fcode", "year", controls=("d88", "d89", "grant", "grant_1"), options={"covariance": "unadjusted"})
    )
    assert row(rows, "grant")["n_obs"] == 162
    assert [row(rows, t)["estimate"] for t in ("grant", "grant_1")] == pytest.approx([-0.25231, -0.42159], abs=1e-5)
    assert [row(rows, t)["std_error"] for t in ("grant", "grant_1")] == pytest.approx([0.15063, 0.21020], abs=1e-5)


def test_fixed_effects_on_investment_and_q():
    # Croissant and Millo (2019), chapter 2; data of Schaller (1990).
    rows = fixed_effects.estimate(
        read("TobinQ.csv"), specification("ikn", "cusip", "year", controls=("qn",), options={"covariance": "unadjusted"})
    )
    assert (row(rows, "qn")["estimate"], row(rows, "qn")["std_error"]) == pytest.approx((0.003792, 0.000173), abs=1e-6)


def test_random_effects_and_hausman():
    # Croissant and Millo (2008): Swamy-Arora; Hausman 2.3304, p = .3119.
    rows = grunfeld(random_effects, covariance="unadjusted")
    assert [row(rows, t)["estimate"] for t in ("value", "capital")] == pytest.approx([0.1097812, 0.3081130], abs=1e-7)
    assert row(rows, "const")["estimate"] == pytest.approx(-57.834415, abs=1e-6)
    test = row(grunfeld(hausman), "hausman")
    assert (test["estimate"], test["p_value"]) == pytest.approx((2.3304, 0.3119), abs=1e-4)


def test_mundlak_reproduces_the_within_coefficients_of_a_balanced_panel():
    rows = grunfeld(mundlak)
    assert [row(rows, t)["estimate"] for t in ("value", "capital")] == pytest.approx([0.1101238, 0.3100653], abs=1e-7)


def test_cluster_robust_variance():
    # Petersen's test data (2009, RFS 22: 435-480): firm .050596, year .033389.
    data = read("PetersenCL.csv")
    firm, year = (next(c for c in data if c.lower().startswith(k)) for k in ("firm", "year"))
    design = np.column_stack([np.ones(len(data)), data["x"]])
    residuals = data["y"] - design @ np.linalg.lstsq(design, data["y"], rcond=None)[0]
    for name, published in ((firm, 0.050596), (year, 0.033389)):
        error = np.sqrt(cluster.covariance(design, residuals.to_numpy(), data[name].to_numpy(), 2)[1, 1])
        assert error == pytest.approx(published, abs=1e-6)


def test_honest_bounds():
    # Rambachan and Roth's vignette: health insurance, states expanding in 2014, first effect, relative magnitude 0.5: [.0241, .0673].
    from moderndid import load_ehec

    coefficients, covariance = event_study_of_insurance(load_ehec().to_pandas())
    times = np.array([-6, -5, -4, -3, -2, 0, 1])
    low, high = relative_magnitude(times, coefficients, covariance, 0.5, weights=np.array([1.0, 0.0]))
    assert (low, high) == pytest.approx((0.0241, 0.0673), abs=1e-3)


def event_study_of_insurance(data):
    """Return event coefficients 2008-2012, 2014, 2015 and their covariance, state and year effects, clustered by state."""
    from analysis.inference.absorb import absorbed, codes_of, residualize

    data = data[(data["year"] < 2016) & (data["yexp2"].isna() | (data["yexp2"] == 2014) | (data["yexp2"] > 2015))].reset_index(drop=True)
    treated = (data["yexp2"] == 2014).to_numpy(float)
    events = [year for year in sorted(data["year"].unique()) if year != 2013]
    design = np.column_stack([treated * (data["year"] == year) for year in events])
    codes = codes_of(data, ["stfips", "year"])
    net = residualize(np.column_stack([design, data["dins"]]), codes)
    x, y = net[:, :-1], net[:, -1]
    beta = np.linalg.lstsq(x, y, rcond=None)[0]
    covariance = cluster.covariance(x, y - x @ beta, codes[:, 0], x.shape[1] + absorbed(codes, codes[:, 0]))
    assert beta[-2:] == pytest.approx([0.0464469, 0.0692062], abs=1e-6)
    assert np.sqrt(np.diag(covariance))[-2:] == pytest.approx([0.0091519, 0.0103500], abs=1e-6)
    return beta, covariance
