"""Durations, hazards and fractions on awkward scales, without a maximum, and at the edges of what they take."""

import importlib

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import optimize, stats

from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification

pytestmark = pytest.mark.fast


def fit(name, panel, **given):
    module = importlib.import_module(f"analysis.estimators.{name}")
    rows = module.estimate(panel, Specification("test", name, options=given.pop("options", {}), **given))
    return {row["term"]: row for row in rows}


def spells(seed=0, n=300):
    rng = np.random.default_rng(seed)
    data = pd.DataFrame({"x": rng.normal(size=n).round(4), "d": rng.integers(0, 2, n), "founded": rng.normal(2000, 6, n).round()})
    time = np.exp(1.6 + 0.3 * data["x"] - 0.4 * data["d"] - 0.03 * (data["founded"] - 2000) + 0.6 * np.log(rng.exponential(size=n)))
    data["time"], data["ended"] = np.minimum(time, 9.0).round(4), (time < 9).astype(int)
    data["low"], data["high"] = np.floor(data["time"]), np.where(data["ended"] == 1, np.floor(data["time"]) + 1, np.nan)
    data["whole"] = np.ceil(data["time"])
    return data


def test_a_founding_year_is_what_it_is_when_centred():
    data = spells()
    given = {"duration": "time", "event": "ended", "controls": ("d", "founded")}
    rows = fit("aft_loglogistic", data, **given)

    def minus_log_likelihood(theta):
        location = theta[0] * data["d"] + theta[1] * (data["founded"] - 2000) + theta[2]
        law = stats.fisk(np.exp(-theta[3]), scale=np.exp(location))
        return -np.where(data["ended"] == 1, law.logpdf(data["time"]), law.logsf(data["time"])).sum()

    own = optimize.minimize(minus_log_likelihood, [0, 0, 1, 0], method="BFGS", options={"gtol": 1e-5}).x
    assert [rows[t]["estimate"] for t in ("d", "founded", "log_scale")] == pytest.approx(own[[0, 1, 3]], abs=1e-5)
    assert rows["const"]["estimate"] == pytest.approx(own[2] - 2000 * own[1], abs=1e-2)
    squared = data.assign(squared=data["founded"] ** 2, cubed=data["founded"] ** 3)
    rows = fit("aft_loglogistic", squared, **(given | {"controls": ("d", "founded", "squared", "cubed")}))
    centred = data["founded"] - 2000
    own = fit("aft_loglogistic", data.assign(a=centred, b=centred**2, c=centred**3), **(given | {"controls": ("d", "a", "b", "c")}))
    for ours, theirs in (("d", "d"), ("cubed", "c")):
        for number in ("estimate", "std_error"):
            assert rows[ours][number] == pytest.approx(own[theirs][number], rel=1e-6)


CASES = {
    "aft_weibull": {"duration": "time", "event": "ended"},
    "aft_lognormal": {"duration": "low", "upper": "high"},
    "aft_loglogistic": {"duration": "time", "event": "ended", "options": {"covariance": "robust"}},
    "discrete_time_hazard": {"duration": "whole", "event": "ended"},
    "fractional_response": {"outcome": "share"},
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("unit", "origin"), [(1e9, 0), (1e-9, 0), (1, 1e8), (4e9, 2e11)])
def test_units_and_origins_of_a_covariate_change_nothing(name, unit, origin):
    data = spells(1).assign(share=lambda d: 1 / (1 + np.exp(-d["x"] + d["time"] - 3)))
    before = fit(name, data, treatment="d", controls=("x",), **CASES[name])
    after = fit(name, data.assign(x=data["x"] * unit + origin), treatment="d", controls=("x",), **CASES[name])
    for term in set(before) - {"const"}:
        for number in ("estimate", "std_error"):
            size = unit if term in ("x", "ape:x") else 1
            assert after[term][number] * size == pytest.approx(before[term][number], rel=1e-8, abs=0), (term, number)


@pytest.mark.parametrize("name", ["aft_weibull", "mixture_cure_regression", "discrete_time_hazard"])
def test_a_group_in_which_nothing_ends_is_named(name):
    data = spells(2)
    data["ended"] = data["ended"].where(data["d"] == 0, 0)
    with pytest.raises(NotIdentified, match="no spell ends where d = 1"):
        fit(name, data, duration="whole", event="ended", treatment="d", controls=("x",))


def test_firth_gives_a_hazard_that_a_separated_group_can_have():
    data = spells(2)
    data["ended"] = data["ended"].where(data["d"] == 0, 0)
    given = {"duration": "whole", "event": "ended", "treatment": "d", "controls": ("x",)}
    for link in ("logit", "cloglog"):
        row = fit("discrete_time_hazard", data, **given, options={"penalty": "firth", "link": link})["d"]
        assert -8 < row["estimate"] < -2 and row["inference"] == "unadjusted" and row["std_error"] > 1
    with pytest.raises(ValueError, match="takes no --cluster"):
        fit("discrete_time_hazard", data, **given, cluster=("founded",), options={"penalty": "firth"})


@pytest.mark.parametrize("baseline", ["dummies", "cubic"])
def test_hazards_by_calendar_year_are_those_by_age(baseline):
    data = spells(3)
    given = {
        "duration": "whole",
        "event": "ended",
        "entry": "start",
        "treatment": "d",
        "controls": ("x",),
        "options": {"baseline": baseline},
    }
    before = fit("discrete_time_hazard", data.assign(start=0), **given)
    after = fit("discrete_time_hazard", data.assign(start=2000, whole=data["whole"] + 2000), **given)
    for term in ("d", "x"):
        assert after[term]["estimate"] == pytest.approx(before[term]["estimate"], rel=1e-9)
        assert after[term]["std_error"] == pytest.approx(before[term]["std_error"], rel=1e-9)


def test_a_period_in_which_all_end_moves_nothing():
    """Its dummy has no finite coefficient; the others are those of the regression without its rows."""
    data = spells(4)
    data["ended"] = data["ended"].where(data["whole"] < data["whole"].max(), 1)
    row = fit("discrete_time_hazard", data, duration="whole", event="ended", controls=("x",))["x"]
    long = data.loc[data.index.repeat(data["whole"].astype(int))]
    long = long.assign(period=long.groupby(level=0).cumcount() + 1)
    long["y"] = ((long["period"] == long["whole"]) & (long["ended"] == 1)).astype(float)
    long = long[long["period"] < data["whole"].max()]
    design = pd.get_dummies(long["period"], dtype=float).assign(x=long["x"]).to_numpy()
    link = sm.families.links.CLogLog()
    theirs = sm.GLM(long["y"].to_numpy(), design, family=sm.families.Binomial(link)).fit(tol=1e-13, tol_criterion="params", maxiter=300)
    assert row["estimate"] == pytest.approx(theirs.params[-1], rel=1e-9)


def test_hazards_refuse_what_has_no_answer():
    data = spells(5)
    given = {"duration": "whole", "event": "ended", "controls": ("x",)}
    with pytest.raises(NotIdentified, match="from 1 on"):
        early = data.assign(start=-3)
        fit("discrete_time_hazard", early, **given, entry="start", options={"baseline": "log"})
    with pytest.raises(NotIdentified, match="unit-periods"):
        fit("discrete_time_hazard", data.assign(whole=data["whole"] * 1e7), **given)
    with pytest.raises(NotIdentified, match=r"collinear: a, b$"):
        more = data.assign(a=data["d"] * 3.0, b=1 - data["d"])
        fit("discrete_time_hazard", more, **(given | {"controls": ("x", "a", "b")}))


def test_a_share_is_between_nothing_and_all_and_varies():
    data = spells(6).assign(share=lambda d: d["time"] / 10, unit=np.arange(300) // 3, year=np.arange(300) % 3)
    given = {"outcome": "share", "controls": ("x",)}
    with pytest.raises(NotIdentified, match=r"column .share., value .* lies between 0 and 1"):
        fit("fractional_response", data.assign(share=data["share"] * 100), **given)
    with pytest.raises(NotIdentified, match=r"share is 0\.3 in every row"):
        fit("fractional_response", data.assign(share=0.3), **given)
    with pytest.raises(NotIdentified, match="share is 1 in every row where d = 1") as refusal:
        fit("fractional_response", data.assign(share=data["share"].where(data["d"] == 0, 1)), **given, treatment="d")
    assert "firth" not in str(refusal.value)  # which is for outcomes of 0 and 1
    with pytest.raises(NotIdentified, match="share is 0 in every row where the dummy of 2 = 1"):
        empty = data.assign(share=data["share"].where(data["year"] < 2, 0))
        fit("fractional_response", empty, **given, unit="unit", time="year", fixed_effects=("year",))
    with pytest.raises(NotIdentified, match="outcomes of 0 and 1"):
        fit("fractional_response", data, **given, options={"penalty": "firth"})
    with pytest.raises(ValueError, match="independent rows"):
        fit("fractional_response", data.assign(share=data["ended"]), **given, unit="unit", options={"penalty": "firth"})


def test_what_never_changes_within_a_unit_has_no_mean_beside_it():
    data = spells(7).assign(share=lambda d: d["time"] / 10, unit=np.arange(300) // 3)
    data["fixed"] = data.groupby("unit")["x"].transform("first") * 0.1 + 0.3
    rows = fit("fractional_response", data, outcome="share", unit="unit", controls=("x", "fixed"), options={"unit_means": True})
    design = data[["x", "fixed"]].assign(mean=data.groupby("unit")["x"].transform("mean"), const=1.0)
    theirs = sm.GLM(data["share"], design, family=sm.families.Binomial()).fit(tol=1e-13, tol_criterion="params")
    assert rows["fixed"]["estimate"] == pytest.approx(theirs.params["fixed"], rel=1e-8)


def test_accelerated_failure_refuses_what_has_no_logarithm_or_no_order():
    data = spells(8)
    with pytest.raises(NotIdentified, match="below"):
        fit("aft_weibull", data.assign(high=data["high"] - 3), duration="low", upper="high", treatment="d")
    with pytest.raises(NotIdentified, match="at duration 0"):
        fit("aft_weibull", data.assign(low=0.0, high=data["high"].where(data.index > 3, 0.0)), duration="low", upper="high", treatment="d")
    with pytest.raises(NotIdentified, match=r"no variation in c among"):
        fit("aft_weibull", data.assign(c=5.0), duration="time", event="ended", treatment="d", controls=("c",))


def test_a_share_at_its_edge_is_refused_for_its_group_only():
    rng = np.random.default_rng(9)
    n = 400
    time = np.where((np.arange(n) < 200) & (rng.uniform(size=n) < 0.4), 99.0, rng.weibull(1.5, n))
    data = pd.DataFrame({"time": np.minimum(time, 8.0), "ended": (time < 8).astype(int), "group": np.arange(n) // 200})
    rows = fit("mixture_cure", data, duration="time", event="ended", strata=("group",))
    assert rows["never[0]"]["estimate"] == pytest.approx(1 - data["ended"][:200].mean(), abs=0.02)
    assert "never ends goes to 0" in rows["never[1]"]["reason"] and "estimate" not in rows["never[1]"]
    assert "no estimate" in rows["difference"]["reason"]


def test_covariates_of_the_share_are_columns():
    data = spells(10, 600)
    never = np.random.default_rng(1).uniform(size=600) < 0.2 + 0.3 * data["d"]
    data["time"], data["ended"] = np.where(never, 30, np.minimum(data["time"], 8.9)), np.where(never, 0, 1)
    given = {"duration": "time", "event": "ended", "controls": ("x",)}
    rows = fit("mixture_cure_regression", data, **given, options={"share_controls": ["d"]})
    assert rows["ends:d"]["estimate"] == pytest.approx(np.log(0.5 / 0.5) - np.log(0.8 / 0.2), abs=0.5)
    with pytest.raises(NotIdentified, match="every spell ends where d = 0"):
        certain = data.assign(ended=data["ended"].where(data["d"] == 1, 1))
        fit("mixture_cure_regression", certain, **given, options={"share_controls": ["d"]})
