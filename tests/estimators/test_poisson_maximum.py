"""Poisson with effects: whether a maximum exists, what has to be left out, and units of the outcome."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification
from analysis.estimators import poisson_pseudo_likelihood
from analysis.inference import absorb

pytestmark = pytest.mark.fast


def panel(units: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    data = pd.DataFrame({"i": np.repeat(np.arange(units), 6), "t": np.tile(np.arange(6), units)})
    data["x"] = rng.normal(size=len(data))
    data["y"] = rng.poisson(np.exp(0.4 * data["x"] + rng.normal(size=units)[data["i"]] + 0.1 * data["t"])).astype(float)
    return data


def rows(data, **more):
    fields = {"outcome": "y", "unit": "i", "time": "t", "controls": ("x",), "fixed_effects": ("i", "t")} | more
    return {row["term"]: row for row in poisson_pseudo_likelihood.estimate(data, Specification("t", "poisson_pseudo_likelihood", **fields))}


def by_dummies(data) -> float:
    dummies = pd.concat([pd.get_dummies(data["i"], dtype=float), pd.get_dummies(data["t"], drop_first=True, dtype=float)], axis=1)
    design = np.column_stack([data["x"], dummies])
    return sm.GLM(data["y"], design, family=sm.families.Poisson()).fit(tol=1e-12).params.iloc[0]


def test_pairs_of_very_different_size_are_no_separation():
    rng = np.random.default_rng(3)
    data = pd.DataFrame({"i": np.repeat(np.arange(50), 8), "t": np.tile(np.arange(8), 50), "x": rng.normal(size=400)})
    data["y"] = np.repeat(10.0 ** rng.uniform(-3, 12, 50), 8) * np.exp(0.5 * data["x"]) * rng.exponential(size=400)
    data.loc[rng.random(400) < 0.2, "y"] = 0.0
    # Given the pairs' totals it is a logit of shares, in which the size of a pair is a mere weight.
    scaled = data.assign(y=data["y"] / data.groupby("i")["y"].transform("sum"))
    for weights_of_pairs in (data, data.assign(y=1e9 * data["y"]), data.assign(y=1e-9 * data["y"])):
        found = rows(weights_of_pairs, fixed_effects=("i",))["x"]
        total = data.groupby("i")["y"].transform("sum")
        share = np.exp(found["estimate"] * data["x"])
        share /= share.groupby(data["i"]).transform("sum")
        score = (data["x"] * total * (scaled["y"] - share)).sum() / (np.abs(data["x"]) * total).sum()
        assert abs(score) < 1e-10 and found["n_obs"] == 400


def test_iterated_effects_give_the_estimate_of_dummies(monkeypatch):
    data = panel()
    data = data[data.groupby("i")["y"].transform("sum") > 0]
    expected = by_dummies(data)
    assert rows(data)["x"]["estimate"] == pytest.approx(expected, rel=1e-8)
    monkeypatch.setattr(absorb, "LEVELS_SOLVED", 0)
    assert rows(data)["x"]["estimate"] == pytest.approx(expected, rel=1e-8)


def test_zeros_that_effects_predict_are_left_out_and_counted():
    """Two groups of units and of periods meet in zeros only: their effects run to minus infinity together."""
    data = panel()
    data["y"] += 1
    data["k"] = np.where(data["i"] < 5, data["t"] // 3, 2)  # the first units' periods have effects of two further kinds
    data["m"] = data["i"] // 10
    low = (data["i"] < 5) & (data["k"] == 0)
    data.loc[low & (data["m"] == 0), "y"] = 0.0
    data.loc[data.index[:1], "k"] = 1
    inside = data["k"] != 0
    found = rows(data, fixed_effects=("m", "k"))["x"]
    assert found["n_obs"] == inside.sum()
    assert f"{(~inside).sum()} rows of m or k with zeros only" in found["left_out"]
    assert found["estimate"] == pytest.approx(rows(data[inside], fixed_effects=("m", "k"))["x"]["estimate"], rel=1e-8)


def test_a_combination_of_effects_that_is_positive_for_zeros_only():
    rng = np.random.default_rng(5)
    data = panel()
    data["y"] += 1
    # Of four cells of two effects, positive outcomes fill three that hang together by one level each; the fourth is empty of them.
    data["a"], data["b"] = rng.integers(0, 2, len(data)), rng.integers(0, 2, len(data))
    data["c"] = data["a"] * data["b"]
    corner = data["c"] == 1
    data.loc[corner & (data["x"] > 0), "y"] = 0.0
    data["s"] = (corner & (data["x"] > 0)).astype(float)
    with pytest.raises(NotIdentified, match=r"no maximum: without \d+ zeros .* s does not vary"):
        rows(data, controls=("x", "s"), fixed_effects=("a", "b"))
    found = rows(data.assign(e=data["a"] + 2 * (data["s"] > 0)), controls=("x",), fixed_effects=("a", "e"))["x"]
    assert found["n_obs"] == (data["s"] == 0).sum()


def test_units_of_the_outcome_move_the_constant_alone():
    data = panel()
    plain, scaled = (
        rows(data.assign(y=factor * data["y"], x=data["x"] + shift), fixed_effects=()) for factor, shift in ((1.0, 0.0), (1e-9, 2.0**20))
    )
    assert scaled["x"]["estimate"] == pytest.approx(plain["x"]["estimate"], rel=1e-8)
    assert scaled["x"]["std_error"] == pytest.approx(plain["x"]["std_error"], rel=1e-8)
    moved = plain["const"]["estimate"] + np.log(1e-9) - 2.0**20 * plain["x"]["estimate"]
    assert scaled["const"]["estimate"] == pytest.approx(moved, rel=1e-8)


def test_what_leaves_nothing_to_estimate_is_said():
    data = panel()
    with pytest.raises(NotIdentified, match="the outcome does not vary"):
        rows(data.assign(y=2.0))
    with pytest.raises(NotIdentified, match="x and double are collinear"):
        rows(data.assign(double=2 * data["x"]), controls=("x", "double"))
    with pytest.raises(NotIdentified, match="fixed does not vary within i, t"):
        rows(data.assign(fixed=data["i"] % 3), controls=("x", "fixed"))
    perfect = rows(data.assign(y=np.exp(0.5 * data["x"] + data["i"] / 9)))["x"]
    assert perfect["estimate"] == pytest.approx(0.5) and perfect["reason_code"] == "EXACT" and "p_value" not in perfect
