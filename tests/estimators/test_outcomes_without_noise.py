"""An outcome that unit, period or a control explains exactly leaves rounding errors: no test is made of them."""

from importlib import import_module

import numpy as np
import pandas as pd
import pytest

from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification

pytestmark = pytest.mark.fast

RNG = np.random.default_rng(5)
PANEL = pd.DataFrame({"firm": np.repeat(range(40), 9), "year": np.tile(range(2001, 2010), 40)})
PANEL["g"] = np.select([PANEL["firm"] < 10, PANEL["firm"] < 20], [2004, 2006], 0)
PANEL["d"] = ((PANEL["g"] > 0) & (PANEL["year"] >= PANEL["g"])).astype(float)
PANEL["x"] = RNG.normal(size=len(PANEL))
OUTCOMES = {
    "constant": 3.0 + 0 * PANEL["x"],
    "a trait of the unit": 0.37 * PANEL["firm"],
    "unit and period": 0.37 * PANEL["firm"] + 1.1 * PANEL["year"],
    "a control": 2 * PANEL["x"],
}
COHORTS = (
    "sun_abraham",
    "borusyak_jaravel_spiess",
    "gardner_two_stage",
    "extended_two_way_fixed_effects",
    "two_way_fixed_effects",
    "stacked_did",
    "local_projections_did",
    "callaway_santanna",
    "de_chaisemartin_dhaultfoeuille",
)
WITHOUT_CONTROLS = ("stacked_did", "de_chaisemartin_dhaultfoeuille")
# They take the controls of the period before treatment, which do not explain later outcomes.
EARLIER_CONTROLS = ("callaway_santanna", "local_projections_did")


def rows(estimator: str, outcome: pd.Series) -> list[dict]:
    fields = {"treatment": "d"} if estimator.startswith("de_") else {"cohort": "g"}
    if estimator not in WITHOUT_CONTROLS:
        fields["controls"] = ("x",)
    specification = Specification(name="n", estimator=estimator, outcome="y", unit="firm", time="year", seed=1, **fields)
    try:
        return import_module(f"analysis.estimators.{estimator}").estimate(PANEL.assign(y=outcome), specification)
    except NotIdentified:
        return []


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("estimator", COHORTS)
def test_rounding_errors_are_no_effect(estimator, outcome):
    if outcome == "a control" and estimator in (*WITHOUT_CONTROLS, *EARLIER_CONTROLS):
        return
    for row in rows(estimator, OUTCOMES[outcome]):
        assert row.get("p_value") is None or not np.isfinite(row["p_value"]), row
        assert not np.nan_to_num(row.get("std_error") or 0.0), row


@pytest.mark.parametrize("scale", [1e-9, 1e9])
@pytest.mark.parametrize("estimator", COHORTS)
def test_an_effect_is_one_on_any_scale(estimator, scale):
    noise = RNG.normal(size=len(PANEL))
    usual, scaled = rows(estimator, PANEL["d"] + noise), rows(estimator, scale * (PANEL["d"] + noise))
    assert usual[0]["p_value"] is not None
    assert [row.get("p_value") for row in scaled] == pytest.approx([row.get("p_value") for row in usual], rel=1e-5, abs=1e-9)


def test_one_period_and_one_cohort_are_refused_in_words():
    fields = {"outcome": "y", "unit": "firm", "time": "year"}
    data = PANEL.assign(y=PANEL["d"] + PANEL["x"] ** 2)
    alone = Specification(name="n", estimator="pooled", controls=("x",), options={"covariance": "driscoll_kraay"}, **fields)
    with pytest.raises(NotIdentified, match="all rows are of one period"):
        import_module("analysis.estimators.pooled").estimate(data[data["year"] == 2005], alone)
    same = Specification(name="n", estimator="goodman_bacon", cohort="g", **fields)
    with pytest.raises(NotIdentified, match="first treated in the same period"):
        import_module("analysis.estimators.goodman_bacon").estimate(data[data["g"] == 2004], same)
