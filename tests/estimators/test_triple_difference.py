"""Triple differences by hand: eight means a comparison group, combined by the inverse of their influences' covariance. SIMULATED."""

import numpy as np
import pandas as pd
import pytest

from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification
from analysis.estimators import triple_difference


def simulate(units=120, periods=6, cohorts=(0, 3, 5), always=0, seed=0):
    generator, rows = np.random.default_rng(seed), []
    for unit in range(units):
        g = cohorts[unit % len(cohorts)] if unit >= always else 1
        eligible, level, x = int(generator.random() < 0.5), generator.normal(), generator.normal()
        for t in range(1, periods + 1):
            y = level + 0.3 * t * (g > 0) + 0.2 * t * eligible + 0.3 * x * t + eligible * (0 < g <= t) + 0.5 * generator.normal()
            rows.append((unit, t, y, g, eligible, x))
    return pd.DataFrame(rows, columns=["unit", "time", "y", "cohort", "eligible", "x"])


def run(data, controls=(), **options):
    specification = Specification(
        "test", "triple_difference", "y", "unit", "time", cohort="cohort", controls=controls, options={"eligible": "eligible"} | options
    )
    return triple_difference.estimate(data, specification)


def cell_by_hand(wide, cohort, eligible, g, t, others):
    """Return the effect of cohort g in period t: differences of changes of parts and groups, over comparison groups."""
    change = (wide[t] - wide[g - 1]).to_numpy()
    values, influences = [], []
    part = {(c, e): (cohort == c) & (eligible == e) for c in {g, *others} for e in (0, 1)}
    whole = sum(part[c, e].sum() for c in {g, *others} for e in (0, 1))
    for other in others:
        value, influence = 0.0, np.zeros(len(change))
        for (c, e), sign in {(g, 1): 1, (g, 0): -1, (other, 1): -1, (other, 0): 1}.items():
            own = part[c, e]
            value += sign * change[own].mean()
            influence[own] += sign * (change[own] - change[own].mean()) * whole / own.sum()
        values.append(value)
        influences.append(influence)
    weight = np.linalg.solve(np.atleast_2d(np.cov(np.array(influences))), np.ones(len(others)))
    weight /= weight.sum()
    return float(weight @ values)


def by_hand(data, never_only=False):
    wide = data.pivot(index="unit", columns="time", values="y")
    about = data.groupby("unit")[["cohort", "eligible"]].first()
    cohort, eligible = about["cohort"].to_numpy(), about["eligible"].to_numpy()
    cells = {}
    for g in sorted(set(cohort) - {0}):
        for t in [t for t in wide.columns if t >= g]:
            others = [0] * (0 in cohort) + [c for c in sorted(set(cohort)) if c > t and not never_only]
            if others:
                cells[g, t] = cell_by_hand(wide, cohort, eligible, g, t, others), int(((cohort == g) & (eligible == 1)).sum())
    return cells


def average(cells):
    return sum(value * size for value, size in cells) / sum(size for _, size in cells)


@pytest.mark.parametrize("control_group", ["not_yet_treated", "never_treated"])
def test_by_hand(control_group):
    data = simulate()
    rows = run(data, control_group=control_group, aggregation="dynamic")
    cells = by_hand(data, control_group == "never_treated")
    assert rows[0]["estimate"] == pytest.approx(average(cells.values()), rel=1e-10)
    for row in rows[1:]:
        if row["event_time"] >= 0:
            same = [cell for (g, t), cell in cells.items() if t - g == row["event_time"]]
            assert row["estimate"] == pytest.approx(average(same), rel=1e-10)


def test_the_error_is_that_of_leaving_units_out():
    """Three units at a time: each adopting group loses one."""
    data, against = simulate(units=90), {"control_group": "never_treated"}
    left = np.array([run(data[data["unit"] // 3 != three], **against)[0]["estimate"] for three in range(30)])
    jackknife = np.sqrt(29 / 30 * ((left - left.mean()) ** 2).sum())
    assert run(data, **against)[0]["std_error"] == pytest.approx(jackknife, rel=0.15)


def test_a_missing_wave_before_adoption_moves_the_base_and_is_said():
    data = simulate()
    # By hand the base is the period before adoption: there stand the outcomes of the last one observed.
    early = data[data["time"] == 1].set_index("unit")["y"]
    stand_in = data.assign(y=data["y"].where(data["time"] != 2, data["unit"].map(early)))
    row = run(data[data["time"] != 2])[0]
    assert row["estimate"] == pytest.approx(average(by_hand(stand_in).values()), rel=1e-10)
    assert row["left_out"] == "an observed period 2 (base of cohort 3: 1)"


def test_the_error_by_cluster_is_that_of_leaving_clusters_out():
    data = simulate(units=180)
    data["region"] = data["unit"] // 6
    shock = np.random.default_rng(5).normal(size=30)
    data["y"] += data["eligible"] * data["time"] * 0.3 * shock[data["region"]]
    never = {"eligible": "eligible", "control_group": "never_treated"}
    asked = Specification("t", "triple_difference", "y", "unit", "time", cohort="cohort", cluster=("region",), options=never)
    row = triple_difference.estimate(data, asked)[0]
    left = np.array([run(data[data["region"] != one], control_group="never_treated")[0]["estimate"] for one in range(30)])
    jackknife = np.sqrt(29 / 30 * ((left - left.mean()) ** 2).sum())
    assert row["std_error"] == pytest.approx(jackknife, rel=0.06)
    plain = run(data, control_group="never_treated")[0]
    assert (row["estimate"], row["n_clusters"], row["inference"]) == (pytest.approx(plain["estimate"], rel=1e-12), 30, "cluster")
    assert plain["std_error"] != pytest.approx(jackknife, rel=0.06)
    with pytest.raises(NotIdentified, match="a unit changes its region"):
        triple_difference.estimate(data.assign(region=np.arange(len(data))), asked)


def test_controls_by_three_doubly_robust_comparisons():
    from analysis.inference.doubly_robust import effect

    data = simulate(cohorts=(0, 4), periods=4)
    wide = data.pivot(index="unit", columns="time", values="y")
    about = data.groupby("unit")[["cohort", "eligible", "x"]].first()
    treated = ((about["cohort"] == 4) & (about["eligible"] == 1)).to_numpy()
    expected = 0.0
    for (cohort, eligible), sign in {(4, 0): 1, (0, 1): 1, (0, 0): -1}.items():
        rows = treated | ((about["cohort"] == cohort) & (about["eligible"] == eligible)).to_numpy()
        x = np.column_stack([np.ones(rows.sum()), about["x"].to_numpy()[rows]])
        expected += sign * effect((wide[4] - wide[3]).to_numpy()[rows], treated[rows].astype(int), x, "dr")[0]
    assert run(data, ("x",))[0]["estimate"] == pytest.approx(expected, rel=1e-6)


def test_units_and_origins_change_nothing_else():
    data = simulate()
    base = run(data, ("x",))[0]
    for outcome, shift in ((1e9, 0), (1e-9, 0), (3e6, 5e8)):
        row = run(data.assign(y=data["y"] * outcome + shift), ("x",))[0]
        assert row["estimate"] == pytest.approx(base["estimate"] * outcome, rel=1e-8)
        assert row["std_error"] == pytest.approx(base["std_error"] * outcome, rel=1e-8)
    for factor, shift in ((1e9, 0), (1e-9, 0), (1, 1e6), (4e9, 2e10)):
        row = run(data.assign(x=data["x"] * factor + shift), ("x",))[0]
        assert row["estimate"] == pytest.approx(base["estimate"], rel=1e-8)
        assert row["std_error"] == pytest.approx(base["std_error"], rel=1e-8)


def test_cohorts_without_a_comparison_are_said():
    data = simulate()
    gap = data[data["time"] != 2]
    rows = run(gap, anticipation=2)
    assert rows[0]["estimate"] == pytest.approx(run(gap[gap["cohort"] != 3], anticipation=2)[0]["estimate"], rel=1e-9)
    assert rows[1]["cohort"] == 3 and "no period before it is in the data" in rows[1]["reason"]
    assert "cohort 3, without an observed base period" in rows[0]["left_out"]
    assert rows[0]["n_treated"] == data[(data["cohort"] == 5) & (data["eligible"] == 1)]["unit"].nunique()
    half = run(data[~((data["cohort"] == 5) & (data["eligible"] == 0))])
    assert half[1]["cohort"] == 5 and "one of its parts" in half[1]["reason"]
    everybody = run(simulate(cohorts=(3, 5, 6)))
    assert [row["cohort"] for row in everybody[1:]] == [3, 5, 6] and "left to compare with in 6" in everybody[1]["reason"]
    always = simulate(always=9)
    row = run(always)[0]
    assert row["left_out"] == "54 rows of 9 units treated from the first period on"
    assert (row["n_obs"], row["estimate"]) == (666, pytest.approx(run(always[always["cohort"] != 1])[0]["estimate"]))


def test_small_parts_and_refusals_are_said():
    assert "smallest part" in run(simulate(units=24))[0]["reason"]
    data = simulate()
    with pytest.raises(NotIdentified, match="does not vary: y is 1 in every row"):
        run(data.assign(y=1.0))
    with pytest.raises(NotIdentified, match=r"unit \d+ has no complete row in period \d+"):
        run(data.drop(data.index[5]))
    with pytest.raises(NotIdentified, match="must be 0 or 1"):
        run(data.assign(eligible=data["eligible"] + 1))


def test_units_whose_part_is_unknown_are_left_out_and_counted():
    data = simulate(units=60)
    unknown = data["unit"].isin(sorted(data["unit"].unique())[:3])
    plain = run(data[~unknown])[0]
    blank = run(data.assign(eligible=data["eligible"].where(~unknown)))[0]
    assert blank["estimate"] == plain["estimate"] and blank["left_out"] == f"{int(unknown.sum())} rows without eligible"


def test_a_unit_that_changes_its_part_is_named():
    data = simulate(units=60)
    who = data["unit"].iloc[0]
    with pytest.raises(NotIdentified, match=f"eligible changes within unit {who}"):
        run(data.assign(eligible=data["eligible"].where((data["unit"] != who) | (data["time"] < 3), 1 - data["eligible"])))
