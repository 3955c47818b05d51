"""Weights in cohort estimators: replicated units, and other software."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification
from analysis.estimators import borusyak_jaravel_spiess, gardner_two_stage, sun_abraham

MODULES = (sun_abraham, borusyak_jaravel_spiess, gardner_two_stage)


@pytest.fixture(scope="module")
def data():
    """An unbalanced staggered panel with effects that differ by cohort and grow; integer weights of units."""
    random = np.random.default_rng(8)
    units, periods = 60, 8
    unit, time = np.repeat(np.arange(units), periods), np.tile(np.arange(1, periods + 1), units)
    cohort = random.choice([0, 3, 5, 6], units)[unit]
    x = random.normal(size=len(unit)) + 0.2 * unit
    effect = np.where((cohort > 0) & (time >= cohort), 1 + 0.3 * (time - cohort) + 0.2 * cohort, 0)
    y = random.normal(size=units)[unit] + 0.2 * time + effect + 0.5 * x + random.normal(size=len(unit))
    frame = pd.DataFrame({"unit": unit, "time": time, "cohort": cohort, "y": y, "x": x})
    frame["w"] = random.integers(1, 4, units)[unit].astype(float)
    frame["noise"] = random.uniform(0.5, 2, len(unit))
    return frame[random.random(len(unit)) < 0.9].reset_index(drop=True)


def run(module, data, **given):
    fields = {"outcome": "y", "unit": "unit", "time": "time", "cohort": "cohort"} | given
    return module.estimate(data, Specification("t", module.__name__.rsplit(".", 1)[-1], **fields))


def values(rows, name="estimate"):
    return {(row["term"], *map(row.get, ("cohort", "event_time", "setting"))): row[name] for row in rows if "estimate" in row}


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("options", [{"aggregation": "dynamic"}, {"aggregation": "group"}])
def test_a_weight_of_three_is_three_units(module, options, data):
    copies = pd.concat(
        [data[data["w"] > i].assign(unit=lambda d, i=i: d["unit"].astype(str) + f" copy {i}") for i in range(3)], ignore_index=True
    )
    for more in ({}, {"shares": "observations"}) if module is sun_abraham else ({},):
        weighted = values(run(module, data, controls=("x",), weights="w", options=options | more))
        replicated = values(run(module, copies, controls=("x",), options=options | more))
        assert weighted.keys() == replicated.keys()
        assert list(weighted.values()) == pytest.approx(list(replicated.values()), abs=1e-9)


@pytest.mark.parametrize("module", MODULES)
def test_weights_of_one_and_their_unit_change_nothing(module, data):
    plain = run(module, data, controls=("x",))[0]
    for one in (1.0, 250.0):
        same = run(module, data.assign(one=one), controls=("x",), weights="one")[0]
        assert (same["estimate"], same["std_error"]) == pytest.approx((plain["estimate"], plain["std_error"]), rel=1e-10)


@pytest.mark.parametrize("module", MODULES)
def test_a_weight_that_is_not_positive_is_refused(module, data):
    with pytest.raises(NotIdentified, match="w holds weights that are not positive"):
        run(module, data.assign(w=data["w"].where(data["unit"] != 3, 0.0)), weights="w")


def test_two_stage_with_weights_is_did2s(data):
    pyfixest = pytest.importorskip("pyfixest")
    fitted = data.assign(treat=((data["cohort"] > 0) & (data["time"] >= data["cohort"])).astype(int))
    # pyfixest drops units with one untreated row from its first stage alone, and then cannot add up.
    fitted = fitted[fitted.groupby("unit")["treat"].transform(lambda d: (d == 0).sum()) > 1].reset_index(drop=True)
    theirs = pyfixest.did2s(
        fitted,
        yname="y",
        first_stage="~ x | unit + time",
        second_stage="~ i(treat, ref=0)",
        treatment="treat",
        cluster="unit",
        weights="noise",
    )
    ours = run(gardner_two_stage, fitted, controls=("x",), weights="noise")[0]
    assert ours["estimate"] == pytest.approx(float(theirs.coef().iloc[0]), rel=1e-7)
    assert ours["std_error"] == pytest.approx(float(theirs.se().iloc[0]), rel=1e-6)


def test_imputation_is_that_of_diff_diff(data):
    from diff_diff import ImputationDiD, SurveyDesign

    fields = ("y", "unit", "time", "cohort")
    for cluster in ("unit", "city"):
        frame = data.assign(city=data["unit"] % 17)
        theirs = ImputationDiD(cluster=cluster, pretrends=True).fit(frame, *fields, covariates=["x"])
        table = theirs.aggregate("event_study").to_dataframe().set_index("event_time")
        rows = run(
            borusyak_jaravel_spiess, frame, controls=("x",), cluster=(cluster,), options={"aggregation": "dynamic", "pretrends": True}
        )
        assert (rows[0]["estimate"], rows[0]["std_error"]) == pytest.approx((theirs.overall_att, theirs.overall_se), rel=1e-7)
        for row in rows[1:]:
            right = table.loc[row["event_time"]]
            assert (row["estimate"], row["std_error"]) == pytest.approx((right["att"], right["se"]), rel=1e-7)
    weighted = ImputationDiD().fit(data, *fields, covariates=["x"], survey_design=SurveyDesign(weights="w"))
    assert run(borusyak_jaravel_spiess, data, controls=("x",), weights="w")[0]["estimate"] == pytest.approx(weighted.overall_att, rel=1e-7)


def test_shares_of_observations_are_those_of_fixest(data):
    """R's fixest averages cells of an event time by their observations; shares of units ignore holes."""
    own = {
        (row["cohort"], row["event_time"]): row["estimate"]
        for row in run(sun_abraham, data, options={"aggregation": "group_time"})
        if row.get("cohort")
    }
    elapsed = data["time"] - data["cohort"]
    treated = data["cohort"] > 0
    size = data[treated].groupby(["cohort", elapsed[treated]]).size()
    units = data.groupby("cohort")["unit"].nunique()
    for shares, mass in (("observations", lambda g, e: size[g, e]), ("units", lambda g, e: units[g])):
        after = {key: mass(*key) for key in own if key[1] >= 0}
        expected = sum(own[key] * m for key, m in after.items()) / sum(after.values())
        assert run(sun_abraham, data, options={"shares": shares})[0]["estimate"] == pytest.approx(expected, rel=1e-12)


def test_clusters_that_cut_across_units_of_a_balanced_panel_are_those_of_the_regression():
    random = np.random.default_rng(2)
    unit, time = np.repeat(np.arange(30), 6), np.tile(np.arange(1, 7), 30)
    cohort = np.repeat([0, 3, 5], 10)[unit]
    frame = pd.DataFrame({"unit": unit, "time": time, "cohort": cohort, "y": random.normal(size=180) + unit, "one": 1.0})
    frame["across"] = random.integers(0, 9, 180)
    means = run(sun_abraham, frame, cluster=("across",))
    regression = run(sun_abraham, frame, cluster=("across",), weights="one")
    cells = [(g, e) for g in (3, 5) for e in np.unique(time - g) if e != -1]
    x = np.column_stack(
        [(cohort == g) & (time - g == e) for g, e in cells] + [unit == i for i in range(30)] + [time == t for t in range(2, 7)]
    ).astype(float)
    bread = np.linalg.inv(x.T @ x)
    beta = bread @ x.T @ frame["y"].to_numpy()
    sums = pd.DataFrame(x * (frame["y"].to_numpy() - x @ beta)[:, None]).groupby(frame["across"]).sum().to_numpy()
    after = np.array([e >= 0 for _, e in cells] + [False] * 35) / sum(e >= 0 for _, e in cells)
    factor = 9 / 8 * 179 / (180 - x.shape[1])
    error = np.sqrt(after @ (factor * bread @ sums.T @ sums @ bread) @ after)
    for rows in (means, regression):
        assert (rows[0]["estimate"], rows[0]["std_error"]) == pytest.approx((after @ beta, error), rel=1e-9)


def test_specifications_are_not_changed_by_running_them(data):
    specification = Specification("t", "sun_abraham", "y", "unit", "time", cohort="cohort", weights="w")
    before = replace(specification)
    sun_abraham.estimate(data, specification)
    assert specification == before


def test_weighted_imputation_has_the_error_of_theorem_3(data):
    """Written out: weights of untreated rows are minus a projection, and effects are taken around those of cohort and period."""
    free = ~((data["cohort"] > 0) & (data["time"] >= data["cohort"])).to_numpy()
    known = data["unit"].isin(data.loc[free, "unit"]).to_numpy()
    data, free = data[known].reset_index(drop=True), free[known]
    w, y = data["noise"].to_numpy(), data["y"].to_numpy()
    every = np.column_stack(
        [*(data["unit"] == u for u in data["unit"].unique()), *(data["time"] == t for t in range(2, 9)), data["x"]]
    ).astype(float)
    part = every[free] * np.sqrt(w[free])[:, None]
    effect = y - every @ np.linalg.lstsq(part, y[free] * np.sqrt(w[free]), rcond=None)[0]
    v = np.where(free, 0, w) / w[~free].sum()
    table = pd.DataFrame({"v2": v**2, "v2e": v**2 * effect}).groupby([data["cohort"], data["time"]]).transform("sum")
    centre = np.where(free, 0, table["v2e"] / table["v2"].replace(0, 1))
    influence = v * (effect - centre)
    influence[free] = -(w[free] * (every[free] @ np.linalg.pinv(part.T @ part) @ every.T @ v)) * effect[free]
    error = np.sqrt((pd.Series(influence).groupby(data["unit"]).sum() ** 2).sum())
    row = run(borusyak_jaravel_spiess, data, controls=("x",), weights="noise")[0]
    assert (row["estimate"], row["std_error"]) == pytest.approx((v @ effect, error), rel=1e-9)


@pytest.mark.parametrize("module", [borusyak_jaravel_spiess, gardner_two_stage])
def test_what_cannot_be_imputed_is_left_out_counted_and_named(module, data):
    late = data[~((data["unit"] == 7) & (data["time"] < data["cohort"].where(data["cohort"] > 0, 99)))]
    assert data.loc[data["unit"] == 7, "cohort"].iloc[0] > 0
    row = run(module, late)[0]
    lost = int((late["unit"] == 7).sum())
    assert f"{lost} observations of 1 units without an untreated period (7)" in row["left_out"]
    without = run(module, data[data["unit"] != 7])[0]
    assert (row["estimate"], row["std_error"], row["n_obs"]) == pytest.approx((without["estimate"], without["std_error"], without["n_obs"]))
