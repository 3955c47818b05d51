"""Cox's likelihood on covariates of any scale, on ties that rounding split, and where it has no maximum; Firth's penalty. SIMULATED."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.optimize import minimize, minimize_scalar

from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification
from analysis.estimators import cox, recurrent_events
from analysis.inference.cox_partial_likelihood import Spells, maximise
from analysis.inference.firth_partial_likelihood import PenalizedMaximum
from analysis.inference.tied_times import joined


def spells(seed=0, n=160):
    rng = np.random.default_rng(seed)
    data = pd.DataFrame({"x": rng.normal(size=n), "d": rng.integers(0, 2, n), "s": rng.integers(0, 4, n), "c": rng.integers(0, 20, n)})
    data["months"] = rng.integers(1, 30, n)
    data["entry"] = np.where(rng.random(n) < 0.5, 0.0, rng.integers(0, 29, n) % data["months"])
    return data.assign(e=(rng.random(n) < 0.6).astype(int))


def fit(data, estimator=cox, **given):
    fields = {"duration": "months", "event": "e", "controls": ("x", "d")} | given
    return {r["term"]: r for r in estimator.estimate(data, Specification("t", estimator.__name__.rsplit(".", 1)[-1], **fields))}


@pytest.mark.parametrize(("shift", "scale"), [(1e7, 1.0), (-3e7, 1.0), (0.0, 4e9), (1e9, 4e9), (0.0, 1e-9), (2e-9, 1e-9)])
@pytest.mark.parametrize("given", [{}, {"strata": ("s",), "cluster": ("c",), "entry": "entry"}], ids=["plain", "late"])
def test_estimates_errors_and_tests_follow_the_units_of_a_covariate(shift, scale, given):
    data = spells()
    base, moved = fit(data, **given), fit(data.assign(x=shift + scale * data["x"]), **given)
    for term, row in base.items():
        unit = scale if term == "x" else 1.0
        assert moved[term]["estimate"] * unit == pytest.approx(row["estimate"], rel=1e-7)
        assert moved[term]["p_value"] == pytest.approx(row["p_value"], rel=1e-7)
        if term in ("x", "d"):
            assert moved[term]["std_error"] * unit == pytest.approx(row["std_error"], rel=1e-8)


def slow(beta, x, entry, stop, event, strata):
    """Return Efron's log likelihood and information, death by death."""
    total, information = 0.0, np.zeros((len(beta), len(beta)))
    risk = np.exp(x @ beta)
    for s in np.unique(strata):
        for t in np.unique(stop[(event == 1) & (strata == s)]):
            dying = (event == 1) & (stop == t) & (strata == s)
            at_risk = (stop >= t) & (entry < t) & (strata == s)
            for step in range(dying.sum()):
                weight = risk * at_risk - step / dying.sum() * risk * dying
                total -= np.log(weight.sum())
                information += np.cov(x.T, aweights=weight, ddof=0)
            total += (x[dying] @ beta).sum()
    return total, information


def test_likelihood_score_and_information_are_those_of_a_loop_over_deaths():
    data = spells(1)
    about = [data[name].to_numpy(float) for name in ("entry", "months", "e", "s")]
    x = data[["x", "d"]].to_numpy(float)
    best = maximise(Spells(about[0], about[1], about[2], x, about[3]))
    theirs = minimize(lambda b: -slow(b, x, *about)[0], np.zeros(2), method="BFGS", options={"gtol": 1e-6})
    assert best.beta == pytest.approx(theirs.x, abs=1e-5)
    assert best.information == pytest.approx(slow(best.beta, x, *about)[1], rel=1e-9)
    assert best.covariance @ best.information == pytest.approx(np.eye(2), abs=1e-10)
    assert best.score_residuals().sum(0) == pytest.approx([0, 0], abs=1e-9)


def test_ties_that_rounding_split_are_ties():
    data = spells(2)
    years = data.assign(months=data["months"] * 0.1 * (1 + np.random.default_rng(0).choice([-1, 0, 1], len(data)) * 2.0**-52))
    whole, split = fit(data), fit(years)
    assert years["months"].nunique() > data["months"].nunique()
    for term in whole:
        assert split[term]["estimate"] == pytest.approx(whole[term]["estimate"], rel=1e-9)


def test_gap_times_are_tied_after_the_subtraction():
    """0.3 - 0.2 and 0.1 are one gap."""
    rng = np.random.default_rng(3)
    rows = []
    for unit in range(60):
        clock, x = 0, rng.normal()
        for _ in range(3):
            stop = clock + int(rng.integers(1, 5))
            rows.append((unit, clock, stop, int(rng.random() < 0.8), x))
            clock = stop
    data = pd.DataFrame(rows, columns=["unit", "start", "stop", "e", "x"])
    given = {"unit": "unit", "entry": "start", "duration": "stop", "controls": ("x",), "options": {"model": "pwp_gap"}}
    whole = fit(data, recurrent_events, **given)
    tenths = fit(data.assign(start=data["start"] * 0.1, stop=data["stop"] * 0.1), recurrent_events, **given)
    assert tenths["x"]["estimate"] == pytest.approx(whole["x"]["estimate"], rel=1e-9)


def test_times_far_enough_apart_stay_apart_and_long_chains_are_cut():
    (same,) = joined(np.array([0.3, 0.1 + 0.2, 0.4]))
    assert len(np.unique(same)) == 2
    apart = np.array([1.0, 1.0 + 1e-6, 2.0])
    assert (joined(apart)[0] == apart).all()
    dense = 1 + np.arange(10_000) * 1e-9  # neighbours agree to rounding, the ends do not
    (binned,) = joined(dense)
    assert np.abs(binned - dense).max() < 2e-8 and len(np.unique(binned)) > 500


def refused(data, code, **given):
    with pytest.raises(NotIdentified) as error:
        fit(data, **given)
    assert error.value.code == code
    return str(error.value)


def test_covariates_that_cannot_be_told_apart_are_named_and_others_are_not():
    data = spells(4).assign(y=lambda d: 1e7 + 2 * d["x"], w=lambda d: d["x"] ** 2)
    assert "collinear: x, y;" in refused(data, "SINGULAR", controls=("w", "x", "d", "y"))
    assert refused(data, "SINGULAR", controls=("x", "s"), strata=("s",)).startswith("s does not vary within the strata")
    assert refused(data.assign(k=0.1), "SINGULAR", controls=("x", "k")).startswith("k does not vary")
    early = data.assign(k=(data["months"] < data.loc[data["e"] == 1, "months"].min()) * 1.0)
    early.loc[0, ["months", "e", "k"]] = [0.5, 0, 1.0]
    assert refused(early, "SINGULAR", controls=("x", "k")).startswith("k does not vary among the spells at risk")
    squares = spells(4).assign(y=lambda d: 2000 + d["s"], y2=lambda d: d["y"] ** 2)
    assert np.isfinite(fit(squares, controls=("y", "y2"))["y2"]["std_error"])


def test_separation_is_refused_with_the_covariates_that_separate():
    data = spells(5)
    none = data.assign(e=np.where(data["d"] == 1, 0, data["e"]))
    assert "no maximum in d:" in refused(none, "SEPARATION")
    assert "no maximum in d:" in refused(none, "SEPARATION", options={"covariance": "robust"})
    ordered = data.assign(z=-data["months"])
    assert "z" in refused(ordered, "SEPARATION", controls=("x", "z"))
    mixed = data.assign(a=data["x"], b=data["x"] + none["d"])  # d = b - a separates
    assert "no maximum in a, b:" in refused(mixed.assign(e=none["e"]), "SEPARATION", controls=("a", "b"))


def test_a_strong_effect_or_a_value_far_from_all_others_is_no_separation():
    rng = np.random.default_rng(6)
    x = rng.normal(size=300)
    strong = pd.DataFrame({"months": rng.exponential(size=300) * np.exp(-6 * x), "e": 1, "x": x})
    row = fit(strong, controls=("x",))["x"]
    assert row["estimate"] == pytest.approx(6, abs=4 * row["std_error"])
    data = spells(7)
    data.loc[3, "x"] = 1e6
    assert np.isfinite(fit(data)["x"]["std_error"])


def slow_penalized(beta, *about):
    loglik, information = slow(beta, *about)
    return loglik + np.linalg.slogdet(information)[1] / 2


@pytest.mark.parametrize("separated", [True, False])
def test_firths_penalty_is_that_of_a_slow_maximization(separated):
    data = spells(8, n=50)
    if separated:
        data["e"] = np.where(data["d"] == 1, 0, data["e"])
    x = data[["x", "d"]].to_numpy(float)
    about = (x, *(data[name].to_numpy(float) for name in ("entry", "months", "e")), np.zeros(50))
    best = PenalizedMaximum(Spells(about[1], about[2], about[3], x, about[4]))
    theirs = minimize(lambda b: -slow_penalized(b, *about), np.zeros(2), method="BFGS")
    assert best.beta == pytest.approx(theirs.x, abs=1e-4)
    assert best.covariance == pytest.approx(np.linalg.inv(slow(best.beta, *about)[1]), rel=1e-8)

    def profile(b):
        return minimize_scalar(lambda a: -slow_penalized(np.array([a, b]), *about), bracket=(best.beta[0], best.beta[0] + 0.1)).fun

    assert best.p_value(1) == pytest.approx(stats.chi2.sf(2 * (profile(0.0) - theirs.fun), 1), rel=1e-4)
    for end in best.interval(1, 0.95):
        assert 2 * (profile(end) - theirs.fun) == pytest.approx(stats.chi2.ppf(0.95, 1), abs=1e-5)


def test_penalized_rows_carry_the_profile_interval_and_refuse_clustered_errors():
    data = spells(9)
    data["e"] = np.where(data["d"] == 1, 0, data["e"])
    row = fit(data, options={"penalty": "firth"})["d"]
    assert row["inference"] == "penalized_profile" and row["ci_low"] < row["estimate"] < row["ci_high"] < 0
    units = fit(data.assign(d=data["d"] * 1e-6), options={"penalty": "firth"})["d"]
    assert [units[q] * 1e-6 for q in ("estimate", "ci_low", "ci_high")] == pytest.approx(
        [row[q] for q in ("estimate", "ci_low", "ci_high")], rel=1e-6
    )
    with pytest.raises(ValueError, match="no robust or clustered errors"):
        fit(data, cluster=("c",), options={"penalty": "firth"})
