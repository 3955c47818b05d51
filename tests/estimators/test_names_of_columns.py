"""Whatever a user calls the columns, the numbers are the same and the terms are the user's words."""

import numpy as np
import pandas as pd
import pytest

from analysis.core.specification import Specification
from analysis.estimators import arellano_bond, fixed_effects, romano_wolf_cohorts, stacked_did

pytestmark = pytest.mark.fast

PANEL = pd.DataFrame({"firm": np.repeat(range(30), 8), "year": np.tile(range(2001, 2009), 30)})
RNG = np.random.default_rng(7)
PANEL["g"] = np.where(PANEL["firm"] < 10, 2004, np.where(PANEL["firm"] < 18, 2006, 0))
PANEL["d"] = ((PANEL["g"] > 0) & (PANEL["year"] >= PANEL["g"])).astype(int)
PANEL["x"] = RNG.normal(size=len(PANEL))
PANEL["y"] = 2 * PANEL["d"] + PANEL["x"] + RNG.normal(size=len(PANEL))


def estimates(module, names: dict[str, str], **fields) -> list[tuple]:
    """Return terms and estimates of the panel whose columns are called `names`."""
    specification = Specification(name="names", estimator=module.__name__.rpartition(".")[2], seed=1, **fields)
    return [(row["term"], row.get("estimate")) for row in module.estimate(PANEL.rename(columns=names), specification)]


@pytest.mark.parametrize("name", ["‹y›", "@3", "‹@3›", "‹‹x››", "size [%]", "名", "1"])
def test_names_with_signs_of_our_own_come_back(name):
    usual = {"outcome": "y", "unit": "firm", "time": "year", "treatment": "d", "fixed_effects": ("firm", "year")}
    as_usual = estimates(fixed_effects, {}, controls=("x",), **usual)
    renamed = estimates(fixed_effects, {"x": name}, controls=(name,), **usual)
    assert renamed == [(name if term == "x" else term, number) for term, number in as_usual]


def test_a_column_called_by_a_number_can_be_named_by_an_option():
    usual = {"outcome": "y", "unit": "firm", "time": "year"}
    lags = {"collapse": True, "predetermined": ["x"]}
    as_usual = estimates(arellano_bond, {}, controls=("x",), options=lags, **usual)
    renamed = estimates(arellano_bond, {"x": "1"}, controls=("1",), options=lags | {"predetermined": [1]}, **usual)
    assert [number for _, number in renamed] == [number for _, number in as_usual]
    family = {"outcomes": ["x"], "draws": 19}
    as_usual = estimates(romano_wolf_cohorts, {}, cohort="g", options=family, **usual)
    renamed = estimates(romano_wolf_cohorts, {"x": "-7"}, cohort="g", options=family | {"outcomes": [-7]}, **usual)
    assert [number for _, number in renamed] == [number for _, number in as_usual]


@pytest.mark.parametrize("more", [{}, {"cell": 1.0}])
def test_stacks_are_made_of_cohorts_whether_or_not_the_panel_has_a_column_of_risk_sets(more):
    usual = {"outcome": "y", "unit": "firm", "time": "year", "cohort": "g"}
    rows = stacked_did.estimate(PANEL.assign(**more), Specification(name="names", estimator="stacked_did", **usual))
    assert np.isfinite(rows[0]["estimate"]) and rows[0]["term"] == "att"
    with pytest.raises(ValueError, match="already stacked"):
        stacked_did.estimate(
            PANEL.assign(mine=1.0), Specification(name="names", estimator="stacked_did", options={"cell": "mine"}, **usual)
        )
