"""Event times of two-way fixed effects: bins, the reference, units treated throughout, cohorts after the data end."""

import numpy as np
import pandas as pd
import pytest

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification
from analysis.estimators import two_way_fixed_effects

pytestmark = pytest.mark.fast


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(6)
    unit, time = np.repeat(np.arange(40), 9), np.tile(np.arange(1, 10), 40)
    cohort = np.r_[0, 4, 6, 7, random.choice([0, 4, 6, 7], 36)][unit]
    y = random.normal(size=40)[unit] + 0.1 * time + (cohort > 0) * (time >= cohort) * 1.0 + random.normal(size=360)
    return pd.DataFrame({"unit": unit, "time": time, "cohort": cohort, "y": y})


def run(data, window=(-3, 2), **options):
    given = {"aggregation": "dynamic", "event_window": list(window)} | options
    return two_way_fixed_effects.estimate(
        data, Specification("t", "two_way_fixed_effects", "y", "unit", "time", cohort="cohort", options=given)
    )


def events(rows):
    return {row["event_time"]: row["estimate"] for row in rows if row["term"] == "event" and "estimate" in row}


def by_dummies(data, cells):
    """Return coefficients of `cells` (columns) with a dummy for every unit and period."""
    unit, time = data["unit"].to_numpy(), data["time"].to_numpy()
    effects = [unit == u for u in np.unique(unit)] + [time == t for t in np.unique(time)[1:]]
    x = np.column_stack([*cells, *effects]).astype(float)
    return np.linalg.lstsq(x, data["y"].to_numpy(), rcond=None)[0][: len(cells)]


def test_ends_of_the_window_are_bins(data):
    elapsed = np.where(data["cohort"] > 0, data["time"] - data["cohort"], -1)
    cells = [elapsed <= -3, elapsed == -2, elapsed == 0, elapsed == 1, elapsed >= 2]
    found = events(run(data))
    assert list(found) == [-3, -2, 0, 1, 2]
    assert list(found.values()) == pytest.approx(by_dummies(data, cells), abs=1e-10)


@pytest.mark.parametrize("never", [np.nan, np.inf, 9999, 10])
def test_never_treated_may_be_written_in_any_way(data, never):
    written = data.assign(cohort=data["cohort"].astype(float).replace(0, never))
    plain, same = run(data), run(written)
    for one, other in zip(plain, same, strict=True):
        assert (one["estimate"], one["std_error"]) == pytest.approx((other["estimate"], other["std_error"]), rel=1e-12)


def test_a_window_without_the_reference_is_refused(data):
    with pytest.raises(ValueError, match=r"\[0, 5\]; -1, the reference, lies outside the window"):
        run(data, (0, 5))
    with pytest.raises(NotIdentified, match="event times -6 to -2 would be binned with the reference"):
        run(data, (-1, 5))
    late = data[(data["cohort"] == 0) | (data["time"] >= data["cohort"] - 1)]
    assert list(events(run(late, (-1, 2)))) == [0, 1, 2]


@pytest.mark.parametrize("window", [[-5, None], [-5.5, 2], ["a", 2], [True, 2]])
def test_ends_that_are_no_whole_numbers_are_refused(data, window):
    with pytest.raises(BadOption, match="event_window holds"):
        run(data, window)
    assert events(run(data, [-3.0, 2.0])) == events(run(data, [-3, 2]))


def test_a_reference_that_nobody_has_is_refused_with_the_nearest(data):
    gone = data[(data["cohort"] == 0) | (data["time"] != data["cohort"] - 1)]
    with pytest.raises(NotIdentified, match="-1, the reference, is observed for no unit; the nearest observed one is -2"):
        run(gone)
    # Holes elsewhere are no event times, and nothing else.
    hole = data[(data["cohort"] == 0) | (data["time"] != data["cohort"] + 1)]
    assert list(events(run(hole, (-3, 2)))) == [-3, -2, 0, 2]


def test_units_treated_throughout_are_left_out_of_event_times_and_stay_in_the_static_regression(data):
    more = pd.concat([data, data[data["unit"] < 3].assign(unit=lambda d: d["unit"] + 100, cohort=1)], ignore_index=True)
    dynamic, without = run(more), run(data)
    assert [row["estimate"] for row in dynamic] == pytest.approx([row["estimate"] for row in without], rel=1e-12)
    assert "3 units treated from the first period on (100, 101, 102)" in dynamic[0]["left_out"]
    static = two_way_fixed_effects.estimate(more, Specification("t", "t", "y", "unit", "time", cohort="cohort"))[0]
    treated = (more["cohort"] > 0) & (more["time"] >= more["cohort"])
    assert static["estimate"] == pytest.approx(by_dummies(more, [treated])[0], rel=1e-9)
    assert static["n_units"] == 43 and "left_out" not in static


def test_without_units_never_treated_the_second_reference_is_said(data):
    rows = run(data[data["cohort"] > 0])
    second = next(row for row in rows if "second reference" in row.get("reason", ""))
    assert second["event_time"] == -3 and -3 not in events(rows)


def test_permutations_are_the_same_in_blocks_and_at_once(data, monkeypatch):
    from analysis.inference import permuted_cohorts

    given = Specification("t", "t", "y", "unit", "time", cohort="cohort", options={"randomization_draws": 99}, seed=5)
    tables = two_way_fixed_effects.estimate(data, given)
    monkeypatch.setattr(permuted_cohorts, "CELLS_AT_ONCE", 1)
    one_by_one = two_way_fixed_effects.estimate(data, given)
    monkeypatch.setattr(permuted_cohorts, "DENSE", 0)
    rows = two_way_fixed_effects.estimate(data, given)
    for one, two, three in zip(tables, one_by_one, rows, strict=True):
        for name in {"estimate", "p_value", "ci_low", "ci_high", "mde80"} & one.keys():  # a count has no test
            assert one[name] == pytest.approx(two[name], rel=1e-10) == pytest.approx(three[name], rel=1e-10)
