"""Nonlinear extended two-way effects where untreated outcomes lie at the end of the model's range."""

import numpy as np
import pandas as pd
import pytest

from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification
from analysis.estimators import extended_two_way_fixed_effects


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
