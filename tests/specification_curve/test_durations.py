"""Specification curve of durations: each shared step against the estimator it stands for, and the size of the joint test."""

import numpy as np
import pandas as pd
import pytest
from lifelines import LogLogisticAFTFitter, LogNormalAFTFitter, WeibullAFTFitter

from analysis.core.specification import Specification
from analysis.core.verdict_rule import Region
from analysis.estimators import mixture_cure_regression
from analysis.inference.cure_likelihood import DISTRIBUTIONS, Spells, derivatives
from analysis.inference.cure_maximum import maximise
from analysis.specification_curve import durations
from analysis.specification_curve.explore import Setting
from analysis.specification_curve.joint import tests as joint_tests

SETTING = Setting("firm", "year", Region(low=0.0), 3)
MODELS = {
    "cure": {"estimator": "mixture_cure_regression", "options": {"distribution": "weibull"}},
    "AFT": {"estimator": "aft_weibull"},
}


def spells_of(seed, effect=0.0, firms=80):
    """Projects of firms, half of which issue once; `effect` on log time of those filed afterwards; a fifth never sells."""
    generator = np.random.default_rng(seed)
    frame = pd.DataFrame({"firm": np.repeat(np.arange(firms), 6)})
    day = lambda size: pd.to_datetime("2010-01-01") + pd.to_timedelta(generator.integers(0, 3000, size), unit="D")  # noqa: E731
    issued = day(firms).strftime("%Y-%m-%d")
    frame["first_issue"] = pd.array(np.where(np.arange(firms) % 2, issued, None), dtype="string")[frame["firm"]]
    frame["filed"] = day(len(frame)).strftime("%Y-%m-%d")
    frame["issuer"] = frame["first_issue"].notna().astype(int)
    frame["exposed"] = (frame["filed"] >= frame["first_issue"]).fillna(False).astype(int)
    frame["x"] = generator.normal(size=len(frame))
    firm_effect = 0.3 * generator.normal(size=firms)[frame["firm"]]
    months = np.exp(
        3 + effect * frame["exposed"] + 0.2 * frame["issuer"] + firm_effect + 0.5 * np.log(generator.exponential(size=len(frame)))
    )
    sold = (generator.uniform(size=len(frame)) < 0.8) & (months < 48)
    frame["low"] = np.where(sold, np.floor(months), 48.0)
    frame["high"] = np.where(sold, np.floor(months) + 1, np.nan)
    frame["middle"], frame["ended"] = np.where(sold, frame["low"] + 0.5, 48.0), sold.astype(int)
    return frame


def curve_of(**more):
    return {
        "draws": 19,
        "dates": {"first": "first_issue"},
        "spells": {"begins": "filed", "treatment": "exposed", "always": ["issuer"]},
        "outcomes": {
            "interval": {"duration": "low", "upper": "high", "permuted": True},
            "middle": {"duration": "middle", "event": "ended", "permuted": False},
        },
        "samples": {"all": {}, "issuers": {"issuer": {"equals": 1}}},
        "controls": ["x"],
        "cluster": ["firm"],
        "estimators": MODELS,
        **more,
    }


@pytest.mark.parametrize("cure", [True, False])
@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_derivatives_are_those_of_the_likelihood(distribution, cure):
    generator = np.random.default_rng(1)
    low = generator.uniform(0, 40, 60).round()
    high = np.where(np.arange(60) % 3 == 0, np.inf, low + np.where(np.arange(60) % 3 == 1, 0, 6))
    spells = Spells.between(low + (np.arange(60) % 3 == 1), high + (np.arange(60) % 3 == 1))
    point = [generator.normal(3, 0.3, 60), -0.3, generator.normal(size=60) if cure else None]
    found = derivatives(spells, distribution, *point)
    for place in (0, 1, 2) if cure else (0, 1):
        ends = [derivatives(spells, distribution, *(p + h if i == place else p for i, p in enumerate(point))) for h in (1e-5, -1e-5)]
        numeric = (ends[0].value - ends[1].value) / 2e-5
        assert found.first[place].sum() == pytest.approx(numeric, rel=1e-6, abs=1e-6)
        used = 3 if cure else 2
        np.testing.assert_allclose(found.second[:used, place], (ends[0].first - ends[1].first)[:used] / 2e-5, rtol=1e-5, atol=1e-6)


LIBRARY = {
    "weibull": (WeibullAFTFitter, "lambda_"),
    "lognormal": (LogNormalAFTFitter, "mu_"),
    "loglogistic": (LogLogisticAFTFitter, "alpha_"),
}


@pytest.mark.parametrize("distribution", LIBRARY)
def test_without_a_share_that_never_ends_it_is_lifelines(distribution):
    data = spells_of(2, effect=-0.3)
    x = np.column_stack([data["exposed"], data["x"], np.ones(len(data))]).astype(float)
    ours = maximise(Spells.between(data["low"].to_numpy(), data["high"].fillna(np.inf).to_numpy()), distribution, x)
    fitter, location = LIBRARY[distribution]
    frame = data[["exposed", "x", "low", "high"]].assign(low=data["low"].clip(lower=1e-10), high=data["high"].fillna(np.inf))
    theirs = fitter().fit_interval_censoring(frame, "low", "high").params_[location]
    # The library stops when its likelihood hardly rises; ours is at the top.
    assert np.abs(ours.scores.sum(0)).max() < 1e-6
    assert ours.theta[:2] == pytest.approx([theirs["exposed"], theirs["x"]], abs=3e-4)


def test_rows_are_the_estimator_s_own():
    data = spells_of(4, effect=-0.3)
    rows, *_ = durations.explore(data, curve_of(), SETTING)
    found = pd.DataFrame(rows).set_index(["sample", "outcome", "estimator", "controls"])
    assert len(found) == 2 * 2 * 2 * 2 and found.index.is_unique
    for sample, outcome, controls in (("all", "interval", "x"), ("all", "middle", "none"), ("issuers", "interval", "none")):
        shape = {"duration": "low", "upper": "high"} if outcome == "interval" else {"duration": "middle", "event": "ended"}
        always = () if sample == "issuers" else ("issuer",)
        about = Specification(
            name="cure", estimator="mixture_cure_regression", outcome="", unit="firm", cluster=("firm",), treatment="exposed",
            controls=always + (("x",) if controls == "x" else ()), options={"reference": "effective_clusters"}, **shape,
        )  # fmt: skip
        own = next(
            r
            for r in mixture_cure_regression.estimate(data[data["issuer"] == 1] if sample == "issuers" else data, about)
            if r["term"] == "exposed"
        )
        row = found.loc[(sample, outcome, "cure", controls)]
        for name in ("estimate", "std_error", "ci_low", "ci_high"):
            assert row[name] == pytest.approx(own[name], abs=1e-8), (sample, outcome, name)


def test_a_permutation_moves_dates_among_issuers_and_its_score_is_the_slope_of_the_likelihood():
    data = spells_of(5)
    curve = curve_of(controls=[], samples={"all": {}}, estimators={"AFT": MODELS["AFT"]})
    permutations = durations.permute(data, curve, "first_issue", SETTING)
    assert (permutations["permuted_0"] == data["exposed"]).all()
    for values in permutations.values():
        assert not values[data["issuer"] == 0].any()
    assert any((values != permutations["permuted_0"]).any() for values in permutations.values())
    _, scores, _ = durations.explore(data, curve, SETTING)
    spells = Spells.between(data["low"].to_numpy(), data["high"].fillna(np.inf).to_numpy())
    x = np.column_stack([data["issuer"], np.ones(len(data))]).astype(float)
    null = maximise(spells, "weibull", x)
    location = x @ null.theta[:2]
    for draw in (0, 7):
        ends = [
            derivatives(spells, "weibull", location + h * permutations[f"permuted_{draw}"], null.theta[2], None).value
            for h in (1e-5, -1e-5)
        ]
        assert scores[draw, 0] == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-5, abs=1e-4)


def test_joint_test_keeps_its_size_and_finds_an_effect():
    curve = curve_of(samples={"all": {}}, outcomes={"interval": {"duration": "low", "upper": "high", "permuted": True}})

    def p_values(effect, draws):
        return np.array([joint_tests(durations.explore(spells_of(s, effect, 40), curve, SETTING)[1])["p_median"] for s in range(draws)])

    assert 0.02 <= (p_values(0.0, 60) <= 0.1).mean() <= 0.2
    assert (p_values(-0.6, 20) <= 0.1).mean() > 0.7


def test_a_control_that_does_not_vary_is_no_choice():
    data = spells_of(6).assign(x=1.0)
    rows, *_ = durations.explore(data, curve_of(samples={"all": {}}, estimators={"AFT": MODELS["AFT"]}), SETTING)
    assert {row["controls"] for row in rows} == {"none"} and len(rows) == 2
