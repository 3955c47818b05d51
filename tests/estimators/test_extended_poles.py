"""Nonlinear extended two-way effects where untreated outcomes lie at the end of the model's range."""

import numpy as np
import pandas as pd
import pytest

from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification
from analysis.estimators import extended_two_way_fixed_effects

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(("model", "pole"), [("logit", 0.0), ("logit", 1.0), ("poisson", 0.0)])
def test_a_period_at_the_end_of_the_range_is_refused_beside_controls_and_a_limit_without(model, pole):
    rng = np.random.default_rng(0)
    data = pd.DataFrame([(i, t, 4 if i % 3 == 0 else 0) for i in range(90) for t in range(1, 8)], columns=["unit", "time", "cohort"])
    data["x"], data["y"] = rng.normal(size=len(data)), (rng.uniform(size=len(data)) < 0.4).astype(float)
    data.loc[(data["cohort"] == 0) & (data["time"] == 6), "y"] = pole
    given = {"outcome": "y", "unit": "unit", "time": "time", "cohort": "cohort", "options": {"model": model, "aggregation": "group_time"}}
    fit = lambda **more: extended_two_way_fixed_effects.estimate(data, Specification("test", "extended", **given, **more))  # noqa: E731
    with pytest.raises(NotIdentified, match=f"in period 6 is {pole:g}"):
        fit(controls=("x",))
    cell = next(row for row in fit() if row["term"] == "att_gt" and row["event_time"] == 2)
    treated = data.loc[(data["cohort"] == 4) & (data["time"] == 6), "y"].mean()
    assert cell["estimate"] == pytest.approx(treated - pole, abs=1e-4)


@pytest.mark.parametrize(("model", "pole"), [("logit", 1.0), ("poisson", 0.0)])
def test_a_cohort_whose_untreated_outcomes_are_at_the_end_of_the_range_is_left_out_by_name(model, pole):
    rng = np.random.default_rng(1)
    data = pd.DataFrame([(i, t, (4, 6, 0)[i % 3]) for i in range(90) for t in range(1, 9)], columns=["unit", "time", "cohort"])
    data["y"] = (rng.uniform(size=len(data)) < 0.4).astype(float)
    given = {"outcome": "y", "unit": "unit", "time": "time", "cohort": "cohort"}

    def att(table, **options):
        asked = Specification("test", "extended", **given, options={"model": model} | options)
        return extended_two_way_fixed_effects.estimate(table, asked)[0]

    for on in (data["cohort"] == 4, (data["cohort"] == 4) & (data["time"] < 4)):
        found, alone = att(data.assign(y=data["y"].where(~on, pole))), att(data[data["cohort"] != 4])
        assert [found[key] for key in ("estimate", "std_error", "n_treated")] == [
            alone[key] for key in ("estimate", "std_error", "n_treated")
        ]
        assert found["left_out"] == f"cohort 4, whose untreated outcomes are all {pole:g} (separation)"
    still = data.assign(y=data["y"].where(data["cohort"] > 0, pole))
    found, alone = att(still), att(data[(data["cohort"] > 0) & (data["time"] < 6)])
    assert found["estimate"] == pytest.approx(alone["estimate"], rel=1e-9)
    assert "the never treated" in found["left_out"] and "6, 7, 8, in which no control is left" in found["left_out"]
    with pytest.raises(NotIdentified, match="never treated are all"):
        att(still, control_group="never_treated")
    with pytest.raises(NotIdentified, match="cohort 4, cohort 6 all lie at one end"):
        att(data.assign(y=data["y"].where((data["cohort"] == 0) | (data["time"] >= data["cohort"]), pole)))
    # A cell of the treated may lie there: its effect is a difference of means, and finite.
    cell = (data["cohort"] == 4) & (data["time"] == 5)
    rows = extended_two_way_fixed_effects.estimate(
        data.assign(y=data["y"].where(~cell, pole)),
        Specification("test", "extended", **given, options={"model": model, "aggregation": "group_time"}),
    )
    one = next(row for row in rows if row.get("cohort") == 4 and row["event_time"] == 1)
    assert -1 < one["estimate"] < 1 and 0.01 < one["std_error"] < 0.5
