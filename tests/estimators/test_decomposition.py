"""The Goodman-Bacon decomposition: weights add up, holes are named, units treated throughout are compared with."""

import numpy as np
import pandas as pd
import pytest

from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification
from analysis.estimators import goodman_bacon, two_way_fixed_effects

pytestmark = pytest.mark.fast

SPECIFICATION = Specification("t", "goodman_bacon", "y", "unit", "time", cohort="cohort")


@pytest.fixture
def data():
    random = np.random.default_rng(3)
    unit, time = np.repeat([f"firm {i}" for i in range(24)], 8), np.tile(np.arange(2001, 2009), 24)
    cohort = np.repeat([0, 2001, 2004, 2006], 48)
    y = random.normal(size=192) + (cohort > 0) * (time >= cohort) * (time - cohort)
    return pd.DataFrame({"unit": unit, "time": time, "cohort": cohort, "y": y})


@pytest.mark.parametrize("always", [True, False])
def test_weights_add_to_one_and_effects_to_the_static_coefficient(data, always):
    data = data if always else data[data["cohort"] != 2001]
    found = {row["term"]: row["estimate"] for row in goodman_bacon.estimate(data, SPECIFICATION)}
    weights = {name.split(":")[1]: value for name, value in found.items() if name.startswith("weight:")}
    assert sum(weights.values()) == pytest.approx(1, abs=1e-12)
    static = two_way_fixed_effects.estimate(data, SPECIFICATION)[0]["estimate"]
    assert found["att"] == pytest.approx(static, rel=1e-9)
    assert sum(weight * found[f"effect:{kind}"] for kind, weight in weights.items()) == pytest.approx(static, rel=1e-9)


def test_the_first_hole_is_named(data):
    holes = data.drop(index=[8 * 3 + 4, 8 * 20 + 1])
    with pytest.raises(NotIdentified, match="firm 20 has no complete row in period 2002; 1 other unit-periods are missing too"):
        goodman_bacon.estimate(holes, SPECIFICATION)
