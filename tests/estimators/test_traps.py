"""Known traps of software: none may change a digit or drop a unit in silence."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from analysis.core.catalogue import ROOT
from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification
from analysis.estimators import fixed_effects, poisson_pseudo_likelihood, synthetic_did, two_way_fixed_effects
from analysis.inference.honest_bounds import relative_magnitude
from analysis.simulations.data_generating_processes import staggered

SCRIPT = """
import numpy as np
from analysis.simulations.data_generating_processes import staggered
from analysis.core.specification import Specification
from importlib import import_module
data = staggered.simulate(np.random.default_rng(0), 0.5)[0].assign(city=lambda d: d["unit"] % 7)
for name, more in {MODELS}:
    rows = import_module("analysis.estimators." + name).estimate(data, Specification("t", name, "y", "unit", "time", seed=1, **more))
    print(name, [repr(r.get("std_error")) for r in rows])
"""
MODELS = [
    ("two_way_fixed_effects", {"cohort": "cohort"}),
    ("fixed_effects", {"treatment": "d", "fixed_effects": ("unit", "time", "city"), "cluster": ("city",)}),
    ("pooled", {"treatment": "d", "cluster": ("unit", "time")}),
    ("sun_abraham", {"cohort": "cohort", "options": {"aggregation": "dynamic"}}),
    ("callaway_santanna", {"cohort": "cohort", "options": {"bootstrap_draws": 99}}),
    ("borusyak_jaravel_spiess", {"cohort": "cohort"}),
    ("extended_two_way_fixed_effects", {"cohort": "cohort"}),
    ("romano_wolf", {"cohort": "cohort", "options": {"draws": 49}}),
]


def test_standard_errors_do_not_depend_on_the_hash_seed():
    """pyfixest 0.60 keeps fixed effects in a set and matches flags by position: its errors change between processes."""
    outputs = set()
    for seed in ("0", "1", "42"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
        script = SCRIPT.replace("{MODELS}", repr(MODELS))
        done = subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, env=environment, check=True)
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert outputs.pop().count("\n") == len(MODELS)


def test_singletons_are_kept_and_counted():
    data = staggered.simulate(np.random.default_rng(0), 0.5)[0]
    lonely = pd.concat([data, pd.DataFrame({"unit": [999], "time": [3], "y": [5.0], "d": [0], "cohort": [0]})], ignore_index=True)
    models = {"two_way_fixed_effects": two_way_fixed_effects, "fixed_effects": fixed_effects}
    for name, module in models.items():
        more = {"treatment": "d", "fixed_effects": ("unit", "time")}
        before, after = (module.estimate(d, Specification("t", name, "y", "unit", "time", **more))[0] for d in (data, lonely))
        assert after["estimate"] == pytest.approx(before["estimate"], abs=1e-10)
        assert (after["n_obs"], after["n_units"]) == (before["n_obs"] + 1, before["n_units"] + 1)


def test_units_of_zeros_leave_a_poisson_regression_and_the_count():
    generator = np.random.default_rng(0)
    data = pd.DataFrame({"unit": np.repeat(np.arange(30), 5), "time": np.tile(np.arange(5), 30), "x": generator.normal(size=150)})
    data["y"] = generator.poisson(np.exp(0.3 * data["x"]))
    zeros = pd.DataFrame({"unit": 99, "time": np.arange(5), "x": generator.normal(size=5), "y": 0})
    fit = {
        name: poisson_pseudo_likelihood.estimate(
            d, Specification("t", "poisson_pseudo_likelihood", "y", "unit", "time", treatment="x", fixed_effects=("unit",))
        )[0]
        for name, d in {"without": data, "with": pd.concat([data, zeros], ignore_index=True)}.items()
    }
    assert fit["with"]["estimate"] == pytest.approx(fit["without"]["estimate"], abs=1e-10)
    assert fit["with"]["n_obs"] == fit["without"]["n_obs"] <= 150


def test_separation_is_refused():
    data = pd.DataFrame({"unit": np.repeat(np.arange(10), 4), "time": np.tile(np.arange(4), 10)})
    data["x"] = (data["time"] == 3).astype(float)
    data["y"] = np.where(data["x"] == 1, 0, 1 + data["unit"] % 3)
    with pytest.raises(NotIdentified, match=r"no maximum|collinear"):
        poisson_pseudo_likelihood.estimate(
            data, Specification("t", "poisson_pseudo_likelihood", "y", "unit", "time", treatment="x", fixed_effects=("unit",))
        )


def test_relative_magnitudes_count_the_noise_of_the_pre_trend():
    """diff-diff's option of that name adds the largest pre-trend to a normal interval; the method's interval is wider."""
    times = np.array([-4, -3, -2, 0, 1])
    effect = np.array([0.01, -0.02, 0.015, 0.5, 0.6])
    covariance = np.diag([0.01] * 5)
    low, high = relative_magnitude(times, effect, covariance, 1.0, weights=np.array([1.0, 0.0]))
    naive = 1.96 * 0.1 + np.abs(np.diff(effect[:3])).max()
    assert high - 0.5 > naive and 0.5 - low > naive


def test_one_treated_unit_has_placebo_errors_and_no_bootstrap():
    """A bootstrap over units says nothing of one treated unit; the placebo distribution of controls does."""
    data = staggered.simulate(np.random.default_rng(0), 0.5, units=30, cohorts=(6,), shares=(1 / 30,), growth=0.0)[0]
    rows = synthetic_did.estimate(
        data, Specification("t", "synthetic_did", "y", "unit", "time", cohort="cohort", options={"placebo_draws": 30}, seed=1)
    )
    assert rows[0]["inference"] == "placebo" and rows[0]["std_error"] > 0.05


def test_an_imputation_leaves_out_periods_without_an_untreated_unit_and_says_so():
    from analysis.estimators import borusyak_jaravel_spiess, gardner_two_stage

    data = staggered.simulate(np.random.default_rng(0), 0.5, shares=(0.4, 0.3, 0.3))[0]  # all treated from period 8 on
    # Without those periods the last cohort is never treated inside the panel.
    before = data[data["time"] < 8]
    for module in (borusyak_jaravel_spiess, gardner_two_stage):
        row, short = (module.estimate(d, Specification("t", "t", "y", "unit", "time", cohort="cohort"))[0] for d in (data, before))
        assert (row["estimate"], row["std_error"]) == pytest.approx((short["estimate"], short["std_error"]), rel=1e-10)
        assert "3 periods without an untreated unit" in row["left_out"] and "left_out" not in short
