"""Random effects beside linearmodels, and the tests that rest on them, in balanced and unbalanced panels and odd units."""

import numpy as np
import pandas as pd
import pytest
from linearmodels.panel import BetweenOLS, PanelOLS, RandomEffects

from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification
from analysis.estimators import between, hausman, mundlak, random_effects

pytestmark = pytest.mark.fast


def panel(balanced: bool, units: int = 30) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    data = pd.DataFrame({"i": np.repeat(np.arange(units), 6), "t": np.tile(np.arange(6), units)})
    effect = rng.normal(size=units)[data["i"]]
    data["x"] = rng.normal(size=len(data)) + effect + 0.2 * data["t"]
    data["z"] = rng.normal(size=len(data))
    data["w"] = rng.normal(size=units)[data["i"]]
    data["y"] = data["x"] - data["z"] + 0.5 * data["w"] + rng.normal(size=units)[data["i"]] + rng.normal(size=len(data))
    return data if balanced else data[rng.random(len(data)) < 0.7].reset_index(drop=True)


def rows(module, data, **more):
    fields = {"outcome": "y", "unit": "i", "time": "t", "controls": ("x", "z")} | more
    name = module.__name__.rsplit(".", 1)[-1]
    return {row["term"]: row for row in module.estimate(data, Specification("t", name, **fields))}


@pytest.mark.parametrize("balanced", [True, False])
def test_random_effects_are_those_of_linearmodels_with_its_small_sample_variance(balanced):
    data = panel(balanced)
    indexed = data.set_index(["i", "t"]).assign(const=1.0)
    theirs = RandomEffects(indexed["y"], indexed[["x", "z", "w", "const"]]).fit(
        small_sample=True, cov_type="clustered", cluster_entity=True, group_debias=True
    )
    ours = rows(random_effects, data, controls=("x", "z", "w"))
    for name in ("x", "z", "w", "const"):
        assert ours[name]["estimate"] == pytest.approx(theirs.params[name], rel=1e-9)
        assert ours[name]["std_error"] == pytest.approx(theirs.std_errors[name], rel=1e-9)
    assert ours["theta"]["estimate"] == pytest.approx(theirs.theta["theta"].mean(), rel=1e-9)


def test_period_dummies_and_unadjusted_errors_are_those_of_linearmodels():
    data = panel(balanced=False)
    indexed = data.set_index(["i", "t"])
    dummies = pd.get_dummies(data["t"], prefix="p", drop_first=True, dtype=float).set_axis(indexed.index)
    theirs = RandomEffects(indexed["y"], pd.concat([indexed[["x", "z"]], dummies], axis=1).assign(const=1.0)).fit(small_sample=True)
    ours = rows(random_effects, data, fixed_effects=("t",), options={"covariance": "unadjusted"})
    for name in ("x", "z", "const"):
        assert ours[name]["std_error"] == pytest.approx(theirs.std_errors[name], rel=1e-9)


def test_between_and_hausman_are_those_of_linearmodels():
    data = panel(balanced=False)
    indexed = data.set_index(["i", "t"]).assign(const=1.0)
    theirs = BetweenOLS(indexed["y"], indexed[["x", "z", "const"]]).fit(debiased=True)
    ours = rows(between, data)
    for name in ("x", "z", "const"):
        assert ours[name]["std_error"] == pytest.approx(theirs.std_errors[name], rel=1e-9)
    within = PanelOLS(indexed["y"], indexed[["x", "z"]], entity_effects=True).fit()
    random = RandomEffects(indexed["y"], indexed[["x", "z", "const"]]).fit(small_sample=True)
    gap = (within.params - random.params[["x", "z"]]).to_numpy()
    spread = (within.cov - random.cov.loc[["x", "z"], ["x", "z"]]).to_numpy()
    assert rows(hausman, data)["hausman"]["estimate"] == pytest.approx(gap @ np.linalg.solve(spread, gap), rel=1e-7)


@pytest.mark.parametrize("balanced", [True, False])
@pytest.mark.parametrize("module", [random_effects, between, mundlak, hausman])
def test_units_of_measurement_change_results_as_algebra_says(module, balanced):
    data = panel(balanced)
    plain = rows(module, data)
    changed = rows(module, data.assign(x=1e9 * data["x"], z=data["z"] + 2.0**23, y=1e-7 * data["y"]))
    tests = [term for term in ("hausman", "mundlak", "theta") if term in plain]
    assert all(changed[term]["estimate"] == pytest.approx(plain[term]["estimate"], rel=1e-6) for term in tests)
    for term, factor in {"x": 1e-16, "z": 1e-7}.items():
        if term in plain:
            assert changed[term]["estimate"] == pytest.approx(factor * plain[term]["estimate"], rel=1e-7)
            assert changed[term]["std_error"] == pytest.approx(factor * plain[term]["std_error"], rel=1e-7)


def test_what_does_not_vary_or_cannot_be_tested_is_named():
    data = panel(balanced=True)
    with pytest.raises(NotIdentified, match=r"the outcome does not vary|nothing of the outcome"):
        rows(random_effects, data.assign(y=3.0))
    with pytest.raises(NotIdentified, match=r"z and x2 are collinear|x2 and z are collinear"):
        rows(random_effects, data.assign(x2=2 * data["z"] + 5), controls=("z", "x2"))
    with pytest.raises(NotIdentified, match="w does not vary within i"):
        rows(hausman, data, controls=("x", "w"))
    assert "mean_w" not in rows(mundlak, data, controls=("x", "w"))
    few = rows(mundlak, data.assign(c=data["i"] % 2), cluster=("c",))
    assert "2 clusters cannot test 2 coefficients" in few["mundlak"]["reason"]
    with pytest.raises(NotIdentified, match="fewer than two clusters"):
        rows(random_effects, data.assign(c=1), cluster=("c",))
    with pytest.raises(NotIdentified, match="leave nothing"):
        rows(random_effects, panel(balanced=True, units=3), controls=("x", "z"))
