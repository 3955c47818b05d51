"""Cohorts that are not observed just before treatment, against differences of means by hand. SIMULATED."""

import numpy as np
import pandas as pd
import pytest

from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification
from analysis.estimators import (
    callaway_santanna,
    de_chaisemartin_dhaultfoeuille,
    extended_two_way_fixed_effects,
    local_projections_did,
    stacked_did,
    sun_abraham,
    two_way_fixed_effects,
)

pytestmark = pytest.mark.fast

COHORTS = (4, 6, 8, 0)
SAID = "an observed period 5 (base of cohort 6: 4)"


def panel():
    rng = np.random.default_rng(3)
    unit, time = np.repeat(np.arange(32), 10), np.tile(np.arange(1, 11), 32)
    cohort = np.array(COHORTS)[unit % 4]
    effect = np.where((cohort > 0) & (time >= cohort), cohort / 4 + 0.5 * (time - cohort), 0.0)
    return pd.DataFrame({"unit": unit, "time": time, "cohort": cohort, "y": unit + 0.3 * time + effect + rng.normal(size=len(unit))})


HOLES = {
    "the whole wave": lambda data: data[data["time"] != 5],
    "the cohort": lambda data: data[(data["cohort"] != 6) | (data["time"] != 5)],
}


def run(module, data, **options):
    given = {"outcome": "y", "unit": "unit", "time": "time", "cohort": "cohort", "options": options}
    return module.estimate(data, Specification("test", module.__name__.rsplit(".", 1)[-1], **given))


def change(data, members, t, base):
    """Return the mean change of some units between two periods, of those seen in both."""
    wide = data[data["cohort"].isin(members)].pivot(index="unit", columns="time", values="y").reindex(columns=range(1, 11))
    return (wide[t] - wide[base]).mean()


def base_of(data, g):
    return int(data.loc[(data["cohort"] == g) & (data["time"] < g), "time"].max())


def by_hand(data, controls):
    """Return the effect of each cohort and event time against `controls(g, t)`, a list of cohorts; eight units a cohort."""
    found = {}
    for g in COHORTS[:3]:
        for t in sorted(data.loc[data["cohort"] == g, "time"].unique()):
            if t != base_of(data, g):
                value = change(data, [g], t, base_of(data, g)) - change(data, controls(g, t), t, base_of(data, g))
                found |= {(g, int(t) - g): value} if np.isfinite(value) else {}
    return found


def mean_at(cells, event_time):
    return np.mean([value for (_, e), value in cells.items() if e == event_time])


@pytest.mark.parametrize("hole", HOLES)
@pytest.mark.parametrize(
    ("module", "options"),
    [(callaway_santanna, {}), (sun_abraham, {}), (extended_two_way_fixed_effects, {"control_group": "never_treated"})],
)
def test_group_time_effects_are_changes_since_the_last_observed_period(module, options, hole):
    data = HOLES[hole](panel())
    cells = by_hand(data, lambda g, t: [0])
    rows = run(module, data, aggregation="group_time", **options)
    found = {(row["cohort"], row["event_time"]): row["estimate"] for row in rows if row["term"] == "att_gt"}
    assert {key for key in cells if key[1] >= 0} <= set(found) <= set(cells)
    for key, value in found.items():
        assert value == pytest.approx(cells[key], abs=1e-9)
    overall, own = (next(row for row in rows if row.get(key) == value) for key, value in (("term", "att"), ("cohort", 6)))
    assert SAID in overall["left_out"] and SAID in own["left_out"]


@pytest.mark.parametrize("hole", HOLES)
def test_local_projections_and_stacks_take_the_same_base(hole):
    data = HOLES[hole](panel())
    cells = by_hand(data, lambda g, t: [0])
    projected = run(local_projections_did, data, control_group="never_treated", reweight=True, event_window=[-4, 2])
    clean = by_hand(data, lambda g, t: [0] + [c for c in COHORTS if c > g + 2])
    stacks = run(stacked_did, data, event_window=[-4, 2], effect_window=[0, 2])
    for rows, hand in ((projected, cells), (stacks, clean)):
        found = {row["event_time"]: row["estimate"] for row in rows if row["term"] == "event"}
        assert set(found) == {-4, -3, -2, 0, 1, 2}
        for event_time, value in found.items():
            assert value == pytest.approx(mean_at(hand, event_time), abs=1e-9)
        assert SAID in rows[0]["left_out"] and rows[0]["n_treated"] == 24


def test_a_cohort_not_observed_on_the_date_of_treatment_keeps_its_later_effects():
    data = panel()
    data = data[(data["cohort"] != 6) | (data["time"] != 6)]
    cells = by_hand(data, lambda g, t: [0])
    rows = run(local_projections_did, data, control_group="never_treated", reweight=True, event_window=[-2, 2])
    assert next(row for row in rows if row.get("event_time") == 1)["estimate"] == pytest.approx(mean_at(cells, 1), abs=1e-9)
    clean = by_hand(data, lambda g, t: [0] + [c for c in COHORTS if c > t])
    rows = run(de_chaisemartin_dhaultfoeuille, data, effects=2)
    assert next(row for row in rows if row.get("event_time") == 1)["estimate"] == pytest.approx(mean_at(clean, 1), abs=1e-9)


def test_where_no_base_can_stand_in_the_cohort_is_named():
    data = HOLES["the cohort"](panel())
    row = run(de_chaisemartin_dhaultfoeuille, data)[0]
    assert row["n_treated"] == 16 and "8 of them are not observed in the period just before, 5 (last observed before: 4)" in row["reason"]
    row = run(two_way_fixed_effects, data, aggregation="dynamic")[0]
    assert "event time -1 of cohort 6" in row["left_out"]
    rows = run(stacked_did, data, event_window=[-4, 2], effect_window=[0, 2], honest=[0.5])
    assert "no common reference: cohort 6" in next(row for row in rows if row["term"] == "att_honest")["reason"]
    late = data[(data["cohort"] != 6) | (data["time"] >= 6)]
    for module in (callaway_santanna, sun_abraham, local_projections_did, stacked_did):
        rows = run(module, late)
        assert any(row.get("cohort") == 6 and "no observed base period" in row.get("reason", "") for row in rows)
        without = run(module, late[late["cohort"] != 6])
        assert rows[-1 if rows[0].get("reason") else 0]["left_out"].startswith("cohort 6") and without[0]["n_treated"] == 16


def test_cohorts_that_nobody_is_left_to_compare_with_are_not_counted():
    data = panel()
    data = data[data["cohort"] > 0]
    for module, options in ((local_projections_did, {}), (stacked_did, {"event_window": [-2, 2], "effect_window": [0, 2]})):
        row = run(module, data, **options)[0]
        last = "8" if module is local_projections_did else "6"
        assert f"cohort {last}, which" in row["left_out"] and row["n_treated"] == (16 if module is local_projections_did else 8)
    with pytest.raises(NotIdentified):
        run(stacked_did, data[data["cohort"] == 8])


@pytest.mark.parametrize("hole", HOLES.values(), ids=HOLES.keys())
def test_a_cohort_without_the_period_before_may_be_left_out_by_name(hole):
    data = hole(panel())
    found = {row["term"]: row for row in run(callaway_santanna, data, missing_base="leave_out")}["att"]
    other = {row["term"]: row for row in run(callaway_santanna, data[data["cohort"] != 6])}["att"]
    assert (found["estimate"], found["std_error"]) == (other["estimate"], other["std_error"])
    assert found["n_treated"] == other["n_treated"]
    assert found["left_out"] == "cohort 6, not observed in period 5"
    assert "left_out" not in {row["term"]: row for row in run(callaway_santanna, panel(), missing_base="leave_out")}["att"]


def test_leaving_out_follows_anticipation_and_must_leave_a_cohort():
    data = panel()[lambda d: (d["cohort"] != 6) | (d["time"] != 4)]
    assert "left_out" not in run(callaway_santanna, data, missing_base="leave_out")[0]
    found = run(callaway_santanna, data, missing_base="leave_out", anticipation=1)[0]
    assert found["left_out"] == "cohort 6, not observed in period 4"
    alone = panel()[lambda d: d["cohort"].isin([0, 6]) & ~((d["cohort"] == 6) & (d["time"] == 5))]
    with pytest.raises(NotIdentified, match="no cohort is observed in the period before its treatment"):
        run(callaway_santanna, alone, missing_base="leave_out")


@pytest.mark.parametrize("shift", [0, 1], ids=["cohorts in a wave", "cohorts between waves"])
@pytest.mark.parametrize(
    ("module", "options"),
    [
        (callaway_santanna, {}),
        (callaway_santanna, {"missing_base": "leave_out"}),
        (sun_abraham, {}),
        (stacked_did, {"event_window": [-2, 2], "effect_window": [0, 2]}),
        (local_projections_did, {"event_window": [-2, 2]}),
    ],
)
def test_waves_every_second_year_are_the_panel_of_waves(module, options, shift):
    data = panel()
    waves = data.assign(time=1990 + 2 * data["time"], cohort=data["cohort"].map(lambda g: g and 1990 + 2 * g - shift))
    plain, found = ({row["term"]: row for row in run(module, one, **options)}["att"] for one in (data, waves))
    assert found["estimate"] == pytest.approx(plain["estimate"]) and "left_out" not in found


@pytest.mark.parametrize("module", [callaway_santanna, sun_abraham, stacked_did, local_projections_did])
def test_an_outcome_of_every_second_year_in_a_yearly_panel_is_not_refused(module):
    data = panel()
    data["y"] = data["y"].where(data["time"] % 2 == 0)
    options = {"event_window": [-4, 4], "effect_window": [0, 4]} if module is stacked_did else {}
    found = {row["term"]: row for row in run(module, data, **options)}["att"]
    assert np.isfinite(found["estimate"]) and not found.get("reason")
    assert "an observed period 5 (base of cohort 6: 4)" in found["left_out"]
