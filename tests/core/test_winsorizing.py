"""Winsorizing: tails of periods, of all rows, of changes; and units that it would make constant."""

import numpy as np
import pandas as pd
import pytest

from analysis.core.errors import BadOption
from analysis.core.preparation import prepare

pytestmark = pytest.mark.fast


@pytest.fixture
def panel():
    """Twenty units over ten years; one stands far above the others and rises."""
    rows = [(f"u{i:02d}", year) for i in range(20) for year in range(2010, 2020)]
    frame = pd.DataFrame(rows, columns=["unit", "year"])
    random = np.random.default_rng(4)
    frame["y"] = 2.0 + 0.1 * (frame["year"] - 2010) + random.normal(scale=0.2, size=len(frame))
    top = frame["unit"] == "u07"
    frame.loc[top, "y"] = 20.0 + frame.loc[top, "year"] - 2010
    return frame.sample(frac=1, random_state=1, ignore_index=True)


def outcome(**more):
    return {"column": "y", "transform": "level", "winsorize": 0.05, **more}


def test_the_tails_of_a_period_are_its_own(panel):
    done = prepare(panel, {}, outcome(), "w", "unit", "year")
    for year, part in done.groupby("year"):
        low, high = np.quantile(panel.loc[panel["year"] == year, "y"], [0.05, 0.95])
        assert np.allclose(part["w"], part["y"].clip(low, high))
    assert done.loc[done["unit"] == "u07", "w"].nunique() == 10


def test_a_unit_that_would_stand_still_is_named(panel):
    with pytest.raises(BadOption, match="makes 1 units constant, first u07"):
        prepare(panel, {}, outcome(winsorize_over="all"), "w", "unit", "year")


def test_changes_are_clipped_and_added_up_again(panel):
    done = prepare(panel, {}, outcome(winsorize_over="changes"), "w", "unit", "year").sort_values(["unit", "year"])
    changes = done.groupby("unit")["y"].diff()
    low, high = changes.quantile([0.05, 0.95])
    assert np.allclose(done.groupby("unit")["w"].diff().dropna(), changes.dropna().clip(low, high))
    assert np.allclose(done.groupby("unit")["w"].first(), done.groupby("unit")["y"].first())


def test_samples_do_not_move_the_limits(panel):
    whole = prepare(panel, {}, outcome(), "w", "unit", "year").set_index(["unit", "year"])["w"]
    part = prepare(panel, {"year": {"at_least": 2015}}, outcome(), "w", "unit", "year").set_index(["unit", "year"])["w"]
    assert part.equals(whole.reindex(part.index))


def test_an_unknown_way_is_refused(panel):
    with pytest.raises(BadOption, match="one of period, all, changes"):
        prepare(panel, {}, outcome(winsorize_over="years"), "w", "unit", "year")
