"""Units of measurement: what is in yuan or in billions, or far from zero, has the same effects in those units."""

from importlib import import_module

import numpy as np
import pandas as pd
import pytest

from analysis.core.specification import Specification

CASES = {
    "sun_abraham": {"aggregation": "dynamic"},
    "borusyak_jaravel_spiess": {"aggregation": "dynamic", "pretrends": True},
    "gardner_two_stage": {"aggregation": "dynamic"},
    "local_projections_did": {"event_window": [-3, 2]},
    "two_way_fixed_effects": {"aggregation": "dynamic", "event_window": [-3, 3], "pretrend_power": 0.5},
    "static": {"randomization_draws": 49, "wild_bootstrap_draws": 49, "few_treated": "conley_taber", "few_treated_draws": 49},
    "stacked_did": {"event_window": [-2, 2], "effect_window": [0, 2], "randomization_draws": 49},
    "goodman_bacon": {},
    "romano_wolf": {"draws": 49},
}
UNCONTROLLED = ("static", "stacked_did", "goodman_bacon")
IN_UNITS = ("estimate", "std_error", "ci_low", "ci_high", "ci90_low", "ci90_high", "mde80", "within_sd")


def panel(balanced):
    random = np.random.default_rng(4)
    units, periods = 40, 8
    unit, time = np.repeat(np.arange(units), periods), np.tile(np.arange(1, periods + 1), units)
    cohort = np.r_[0, 3, 5, 6, random.choice([0, 3, 5, 6], units - 4)][unit]
    x = random.normal(size=len(unit))
    y = random.normal(size=units)[unit] + (cohort > 0) * (time >= cohort) * (1 + 0.2 * time) + 0.5 * x + random.normal(size=len(unit))
    data = pd.DataFrame({"unit": unit, "time": time, "cohort": cohort, "y": y, "x": x, "w": random.uniform(0.5, 2, len(unit))})
    return data if balanced else data[(random.random(len(unit)) < 0.93) | (time < 3)].reset_index(drop=True)


def run(case, data, controlled):
    name = "two_way_fixed_effects" if case == "static" else case
    given = {"controls": ("x",)} if controlled else {}
    specification = Specification("t", name, "y", "unit", "time", cohort="cohort", options=CASES[case], seed=3, **given)
    return import_module(f"analysis.estimators.{name}").estimate(data, specification)


def compared(found, right, factor, rel):
    assert len(found) == len(right)
    for one, other in zip(found, right, strict=True):
        assert one.get("reason") == other.get("reason")
        weight, count = one["term"].startswith("weight:"), one["inference"] == "count"
        for name in IN_UNITS:
            if name in other:
                assert one[name] == pytest.approx(
                    other[name] * (1 if weight or (count and name == "estimate") else factor), rel=rel, abs=rel * factor, nan_ok=True
                ), (
                    one["term"],
                    name,
                )
        if "p_value" in other:
            assert one["p_value"] == pytest.approx(other["p_value"], rel=1e-4, abs=1e-12)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    "change", [(1e-9, 0.0, 1.0, 0.0), (1e9, 0.0, 1e9, 0.0), (1.0, 0.0, 1e-9, 0.0), (1.0, 1e8, 1.0, 1e8), (-1.0, 0.0, 1e9, 1e8)]
)
def test_units_of_outcome_and_controls_change_units_alone(case, change):
    factor, shift, control_factor, control_shift = change
    data = panel(case in UNCONTROLLED)
    controlled = case not in UNCONTROLLED
    if not controlled and factor == 1 and shift == 0:
        pytest.skip("takes no control here")
    right = run(case, data, controlled)
    moved = data.assign(y=data["y"] * abs(factor) + shift, x=data["x"] * control_factor + control_shift)
    # Adding 1e8 rounds the numbers themselves in the eighth digit.
    rel = 1e-6 if shift or control_shift else 1e-8
    compared(run(case, moved, controlled), right, abs(factor), rel)


@pytest.mark.parametrize("case", [case for case in CASES if case not in UNCONTROLLED])
def test_collinear_controls_are_named(case):
    data = panel(False).assign(twice=lambda d: 2 * d["x"] + d["time"], born=lambda d: d["unit"] * 1e6)
    name = "two_way_fixed_effects" if case == "static" else case
    for controls, named in ((("x", "twice"), ("x", "twice")), (("x", "born"), ("born",))):
        if case == "local_projections_did" and named == ("born",):
            continue  # levels of a control that never changes do differ between units there
        specification = Specification("t", name, "y", "unit", "time", cohort="cohort", options=CASES[case], controls=controls)
        try:
            rows = import_module(f"analysis.estimators.{name}").estimate(data, specification)
            told = " ".join(row.get("reason", "") for row in rows)
        except ValueError as error:
            told = str(error)
        assert all(control in told for control in named), told
        assert "SINGULAR" in told or "collinear" in told or "not vary" in told


@pytest.mark.parametrize("case", CASES)
def test_a_constant_outcome_is_refused(case):
    with pytest.raises(ValueError, match="the outcome does not vary"):
        run(case, panel(True).assign(y=0.1), False)
