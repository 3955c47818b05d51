"""Linear estimators in odd units, and outcomes that leave nothing to estimate an error from."""

import numpy as np
import pandas as pd
import pytest

from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification
from analysis.estimators import (
    first_difference,
    fixed_effects,
    panel_diagnostics,
    pooled,
    sensitivity_to_unobservables,
    two_stage_least_squares,
    two_way_fixed_effects,
)

UNITS = 40


def panel() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    data = pd.DataFrame({"i": np.repeat(np.arange(UNITS), 8), "t": np.tile(np.arange(8), UNITS)})
    data["d"] = ((data["i"] % 2 == 1) & (data["t"] >= 4)).astype(float)
    data["z1"], data["z2"] = rng.normal(size=(2, len(data)))
    data["x"] = data["z1"] + 0.5 * data["z2"] + 0.4 * data["d"] + rng.normal(size=UNITS)[data["i"]] + rng.normal(size=len(data))
    data["y"] = data["d"] + 0.5 * data["x"] + rng.normal(size=UNITS)[data["i"]] + rng.normal(size=len(data))
    return data.assign(g=data["i"] % 10)


def rows(module, data, **more):
    fields = {"outcome": "y", "unit": "i", "time": "t", "treatment": "d", "controls": ("x",)} | more
    fields = {key: value for key, value in fields.items() if value}
    name = module.__name__.rsplit(".", 1)[-1]
    return {row["term"]: row for row in module.estimate(data, Specification("t", name, **fields))}


KERNEL = [
    *((pooled, {"options": {"covariance": kind}}) for kind in ("cluster", "cr3", "hc1", "hc3", "unadjusted", "driscoll_kraay")),
    *((fixed_effects, {"options": {"covariance": kind}}) for kind in ("cluster", "cr3", "hc3", "driscoll_kraay")),
    (fixed_effects, {"fixed_effects": ("i", "g", "t")}),
    (two_way_fixed_effects, {}),
    (first_difference, {}),
    (first_difference, {"options": {"constant": True}}),
    (two_stage_least_squares, {"treatment": "x", "controls": ("d",), "instruments": ("z1", "z2")}),
    (sensitivity_to_unobservables, {}),
]


@pytest.mark.parametrize(("module", "given"), KERNEL)
def test_scaling_and_shifting_change_what_algebra_says(module, given):
    data = panel()
    plain = rows(module, data, **given)
    changed = rows(
        module, data.assign(x=1e9 * data["x"], y=1e7 * data["y"] + 2.0**40, z1=data["z1"] * 1e-9, z2=data["z2"] + 2.0**24), **given
    )
    effect = next(term for term in ("d", "att") if term in plain)
    factors = {effect: 1e7, "x": 1e-2, "effective_f": 1.0, "hansen_j": 1.0, "robustness_value": 1.0, "oster_delta": 1.0}
    for term, factor in factors.items():
        for field in ("estimate", "std_error"):
            if np.isfinite(plain.get(term, {}).get(field, np.nan)):
                assert changed[term][field] == pytest.approx(factor * plain[term][field], rel=1e-6), (term, field)


@pytest.mark.parametrize(
    "module", [pooled, fixed_effects, two_way_fixed_effects, first_difference, panel_diagnostics, sensitivity_to_unobservables]
)
@pytest.mark.parametrize("value", [3.0, 0.1, 5e8, 0.0])
def test_an_outcome_that_does_not_vary_is_refused(module, value):
    with pytest.raises(NotIdentified, match="does not vary"):
        rows(module, panel().assign(y=value))


def test_an_outcome_that_does_not_vary_within_the_effects_is_refused():
    data = panel()
    data["y"] = np.sqrt(data["i"] + 0.1) + data["t"] / 3
    with pytest.raises(NotIdentified, match="the outcome does not vary within i, t"):
        rows(fixed_effects, data, fixed_effects=("i", "t"))


def test_a_perfect_fit_has_coefficients_and_no_errors():
    data = panel()
    data["y"] = 2 * data["x"] - data["d"] + data["i"]
    found = rows(fixed_effects, data)
    assert found["x"]["estimate"] == pytest.approx(2) and "p_value" not in found["x"] and found["x"]["reason_code"] == "EXACT"
    with pytest.raises(NotIdentified, match="perfect"):
        rows(panel_diagnostics, data)


def test_regressors_that_vanish_or_combine_are_named():
    data = panel().assign(twice=lambda d: 2 * d["x"] + 1e8, fixed=lambda d: d["i"] * 1e8 + 0.1, trend=lambda d: d["t"] - d["i"])
    with pytest.raises(NotIdentified, match=r"fixed does not vary within i$"):
        rows(fixed_effects, data, controls=("x", "fixed"))
    with pytest.raises(NotIdentified, match="trend does not vary within i, t"):
        rows(fixed_effects, data, controls=("x", "trend"), fixed_effects=("i", "t"))
    with pytest.raises(NotIdentified, match=r"x and twice are collinear$"):
        rows(pooled, data, controls=("x", "z1", "twice"))
    with pytest.raises(NotIdentified, match="z1 and z3 are collinear"):
        rows(two_stage_least_squares, data.assign(z3=-data["z1"]), treatment="x", controls=("d",), instruments=("z1", "z2", "z3"))


def test_a_constant_in_first_differences_is_a_trend_in_levels():
    data = panel()
    found = rows(first_difference, data, options={"constant": True, "covariance": "unadjusted"})
    changes = data.groupby("i")[["y", "d", "x"]].diff().dropna()
    design = np.column_stack([changes[["d", "x"]], np.ones(len(changes))])
    slopes = np.linalg.lstsq(design, changes["y"], rcond=None)[0]
    assert [found[term]["estimate"] for term in ("d", "x", "const")] == pytest.approx(slopes)
    with pytest.raises(ValueError, match="constant"):
        rows(first_difference, data, fixed_effects=("t",), options={"constant": True})


def test_the_wild_bootstrap_has_nothing_to_resample_in_a_perfect_fit():
    data = panel().assign(y=lambda d: d["d"] + d["i"])
    asked = Specification("t", "two_way_fixed_effects", "y", "i", "t", treatment="d", options={"wild_bootstrap_draws": 99})
    plain, bootstrapped = two_way_fixed_effects.estimate(data, asked)
    assert plain["estimate"] == pytest.approx(1)
    assert "nothing to resample" in bootstrapped["reason"] and bootstrapped["inference"] == "wild_cluster_bootstrap"
    assert "estimate" not in bootstrapped
