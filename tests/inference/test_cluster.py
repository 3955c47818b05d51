"""Two-way clustered variances that subtraction leaves indefinite."""

import numpy as np
import pandas as pd
import pytest

from analysis.core.specification import Specification
from analysis.estimators import fixed_effects, pooled


def rows(data, module=pooled, **more):
    name = module.__name__.rsplit(".", 1)[-1]
    given = {"outcome": "y", "controls": ("x", "z"), "cluster": ("a", "b")} | more
    return {row["term"]: row for row in module.estimate(data, Specification("t", name, **given))}


def indefinite() -> pd.DataFrame:
    """Crossed clusters whose errors cancel in every row and column, so that the intersection outweighs both."""
    rng = np.random.default_rng(6)
    data = pd.DataFrame([(a, b) for a in range(6) for b in range(6)], columns=["a", "b"])
    data["x"], data["z"] = rng.normal(size=(2, 36))
    data["y"] = np.where((data["a"] + data["b"]) % 2, 1.0, -1.0) * (1 + data["x"] ** 2) + 0.01 * rng.normal(size=36)
    return data


def test_a_repair_is_said_and_does_not_depend_on_units():
    data = indefinite()
    plain, changed = rows(data), rows(data.assign(x=1e9 * data["x"] + 1e10, z=data["z"] - 0.5 * data["x"]))
    assert "set to zero" in plain["x"]["reason"] and "alone the error is" in plain["x"]["reason"]
    # y = b x + c z = (b + c/2) x + c (z - x/2): the coefficient of z is the same one.
    assert changed["z"]["std_error"] == pytest.approx(plain["z"]["std_error"], rel=1e-9)


def test_a_variance_that_needs_no_repair_is_the_formula():
    data = indefinite()
    data["y"] = np.random.default_rng(0).normal(size=6)[data["a"]] + np.random.default_rng(1).normal(size=6)[data["b"]] + data["x"]
    data["x"] += np.random.default_rng(2).normal(size=6)[data["a"]] * 2
    found = rows(data, controls=("x",))
    x = np.column_stack([data["x"], np.ones(36)])
    bread = np.linalg.inv(x.T @ x)
    scores = x * (data["y"].to_numpy() - x @ bread @ x.T @ data["y"].to_numpy())[:, None]
    meat = sum(
        sign * part.T @ part
        for sign, part in ((1, pd.DataFrame(scores).groupby(data["a"]).sum().to_numpy()), (1, pd.DataFrame(scores).groupby(data["b"]).sum().to_numpy()), (-1, scores))
    )  # fmt: skip
    error = np.sqrt(6 / 5 * 35 / 34 * np.diag(bread @ meat @ bread))
    assert found["x"]["std_error"] == pytest.approx(error[0]) and "reason" not in found["x"]


def test_a_regressor_in_large_units_needs_no_repair():
    rng = np.random.default_rng(3)
    data = pd.DataFrame({"a": np.repeat(np.arange(12), 20), "b": np.tile(np.arange(20), 12), "u": np.repeat(np.arange(24), 10)})
    data["x"], data["z"] = rng.normal(size=(2, 240)) + rng.normal(size=12)[data["a"]]
    data["y"] = data["x"] + rng.normal(size=12)[data["a"]] + rng.normal(size=20)[data["b"]] + rng.normal(size=240)
    about = {"module": fixed_effects, "unit": "u", "fixed_effects": ("u",)}
    plain, changed = rows(data, **about), rows(data.assign(z=4e9 * data["z"]), **about)
    assert changed["x"]["std_error"] == pytest.approx(plain["x"]["std_error"], rel=1e-10)
    assert changed["z"]["std_error"] == pytest.approx(plain["z"]["std_error"] / 4e9, rel=1e-10)
