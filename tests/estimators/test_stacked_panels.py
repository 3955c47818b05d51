"""Stacks of a user's own: the same numbers as stacks made here, and what is no stack is refused."""

import numpy as np
import pandas as pd
import pytest

from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification
from analysis.estimators import attrition_bounds, romano_wolf_stacks, stacked_did

pytestmark = pytest.mark.fast

WINDOW = {"event_window": [-3, 2], "effect_window": [0, 2]}


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(9)
    unit, time = np.repeat(np.arange(50), 10), np.tile(np.arange(1, 11), 50)
    cohort = np.r_[0, 4, 7, 9, random.choice([0, 4, 7, 9], 46)][unit]
    y = random.normal(size=50)[unit] + (cohort > 0) * (time >= cohort) * (1 + 0.1 * cohort) + random.normal(size=500)
    return pd.DataFrame({"unit": unit, "time": time, "cohort": cohort, "y": y, "z": random.normal(size=500)})


@pytest.fixture(scope="module")
def stacks(data):
    parts = []
    for g in (4, 7, 9):
        clean = (data["cohort"] == 0) | (data["cohort"] > g + 2)
        part = data[((data["cohort"] == g) | clean) & data["time"].between(g - 3, g + 2)]
        parts.append(part.assign(stack=f"event of {g}", event_time=part["time"] - g, treated=(part["cohort"] == g).astype(int), risk=g))
    return pd.concat(parts, ignore_index=True)


def run(module, data, options, **given):
    specification = Specification("t", module.__name__.rsplit(".", 1)[-1], "y", "unit", "time", options=options, **given)
    return module.estimate(data, module.METHOD.sparing(specification, ("time",)))


def test_a_stacked_panel_has_the_estimate_of_the_stacks_made_from_cohorts(data, stacks):
    made = run(stacked_did, data, WINDOW, cohort="cohort")
    own = run(stacked_did, stacks, WINDOW | {"cell": "risk"})
    assert [row["term"] for row in made] == [row["term"] for row in own]
    for one, other in zip(made, own, strict=True):
        assert (one["estimate"], one["std_error"]) == pytest.approx((other["estimate"], other["std_error"]), rel=1e-12)


def test_a_column_called_cell_or_stack_of_a_panel_by_cohort_is_not_read(data):
    plain = run(stacked_did, data, WINDOW, cohort="cohort")[0]
    named = run(stacked_did, data.assign(cell=1, stack=2, treated=0, event_time=0), WINDOW, cohort="cohort")[0]
    assert (plain["estimate"], plain["std_error"]) == (named["estimate"], named["std_error"])
    with pytest.raises(ValueError, match="cell belongs to a panel that is already stacked"):
        run(stacked_did, data, WINDOW | {"cell": "z"}, cohort="cohort")


def test_trim_keeps_cohorts_whose_window_is_wholly_observed(data):
    """Cohort 9 is observed one period after its event, of two."""
    trimmed = run(stacked_did, data, WINDOW | {"trim": True}, cohort="cohort")
    assert "1 cohorts whose event window is not wholly observed (9)" in trimmed[0]["left_out"]
    changes = []
    for g in (4, 7):
        wide = data[data["time"].isin([g - 1, g, g + 1, g + 2])].pivot(index="unit", columns="time", values="y")
        change = wide[[g, g + 1, g + 2]].mean(axis=1) - wide[g - 1]
        cohort = data.drop_duplicates("unit").set_index("unit")["cohort"]
        effect = change[cohort == g].mean() - change[(cohort == 0) | (cohort > g + 2)].mean()
        changes.append((effect, (cohort == g).sum()))
    expected = sum(e * n for e, n in changes) / sum(n for _, n in changes)
    assert trimmed[0]["estimate"] == pytest.approx(expected, rel=1e-10)
    assert run(stacked_did, data, WINDOW, cohort="cohort")[0]["estimate"] != pytest.approx(expected, rel=1e-3)
    with pytest.raises(NotIdentified, match="no cohort is left"):
        run(stacked_did, data, {"event_window": [-9, 9], "effect_window": [0, 2], "trim": True}, cohort="cohort")
    with pytest.raises(ValueError, match="trim belongs to"):
        run(stacked_did, data.assign(stack=1, event_time=0, treated=0, cell=1), WINDOW | {"trim": True})


@pytest.mark.parametrize("module", [stacked_did, romano_wolf_stacks, attrition_bounds])
def test_missing_columns_are_named(module, data):
    with pytest.raises(ValueError, match="stack, event_time, treated"):
        run(module, data, {})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda d: pd.concat([d, d.head(2)]), "2 rows repeat one, first stack event of 4, unit"),
        (lambda d: d.assign(treated=d["treated"].where(d["event_time"] >= 0, 0)), "treated in all rows of a stack or in none"),
        (lambda d: d.assign(risk=d["risk"] + d["event_time"]), "in one risk set of a stack"),
        (lambda d: d.assign(treated=d["treated"] * 2), "treated must be 0 or 1"),
        (lambda d: d.assign(event_time=d["event_time"] + 0.5), "event_time must hold whole numbers"),
        (lambda d: d[d["event_time"] != -1], "event time -1, the reference, is not observed"),
    ],
)
def test_what_is_no_stack_is_refused(stacks, change, told):
    with pytest.raises(NotIdentified, match=told):
        run(stacked_did, change(stacks), WINDOW | {"cell": "risk"})


def test_event_times_that_are_not_there_are_said(stacks):
    rows = run(attrition_bounds, stacks.rename(columns={"risk": "cell"}), {"event_times": [1, 7], "bootstrap_draws": 0})
    assert [row["term"] for row in rows if row.get("event_time") == 1] == ["att_lower", "att_upper", "stay_treated", "stay_control"]
    assert "not observed" in next(row for row in rows if row.get("event_time") == 7)["reason"]
