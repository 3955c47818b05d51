"""Extended two-way fixed effects against least squares (and likelihoods) with every dummy, on data that nobody tidied. SIMULATED."""

import numpy as np
import pandas as pd
import pytest

from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification
from analysis.estimators import extended_two_way_fixed_effects

pytestmark = pytest.mark.fast


def simulate(units=60, periods=8, cohorts=(0, 4, 6), holes=0.0, always=0, seed=0):
    generator, rows = np.random.default_rng(seed), []
    for unit in range(units):
        g = cohorts[unit % len(cohorts)] if unit >= always else 1
        level = generator.normal()
        for t in range(1, periods + 1):
            x = generator.normal() + 0.2 * level
            y = level + 0.2 * t + 0.5 * x + (1 + 0.1 * (t - g)) * (0 < g <= t) + 0.5 * generator.normal()
            rows.append((unit, t, y, g, x, generator.normal()))
    data = pd.DataFrame(rows, columns=["unit", "time", "y", "cohort", "x", "z"])
    return data[generator.random(len(data)) >= holes].reset_index(drop=True)


def run(data, controls=(), **options):
    specification = Specification(
        "test", "extended_two_way_fixed_effects", "y", "unit", "time", cohort="cohort", controls=controls, options=options
    )
    return extended_two_way_fixed_effects.estimate(data, specification)


def slow(data, controls=(), never_treated=False):
    """Least squares on dummies of units, periods and cells, and each control by itself, by cohort, period and cell (Wooldridge's 5.3)."""
    cohort, time = data["cohort"].to_numpy(), data["time"].to_numpy()
    pairs = sorted({(g, t) for g, t in zip(cohort, time, strict=True) if g > 0 and (never_treated or t >= g)})
    if never_treated:
        last = {g: max(t for t in time[cohort == g] if t < g) for g in set(cohort) if g > 0}
        pairs = [(g, t) for g, t in pairs if t != last[g]]
    cells = [((cohort == g) & (time == t)).astype(float) for g, t in pairs]
    columns = list(cells)
    for name in controls:
        x = data[name].to_numpy(float)
        net = x - data.groupby("cohort")[name].transform("mean").to_numpy()
        columns += [cell * net for cell in cells] + [x]
        columns += [(cohort == g) * x for g in set(cohort) if g > 0] + [(time == t) * x for t in sorted(set(time))[1:]]
    dummies = [pd.get_dummies(data["unit"], dtype=float), pd.get_dummies(data["time"], dtype=float, drop_first=True)]
    design = np.column_stack([*columns, *(d.to_numpy() for d in dummies)])
    size = np.maximum(np.linalg.norm(design, axis=0), 1e-300)
    beta = np.linalg.lstsq(design / size, data["y"].to_numpy(float), rcond=1e-11)[0] / size
    weight = np.array([cell.sum() * (t >= g) for cell, (g, t) in zip(cells, pairs, strict=True)])
    return float(weight @ beta[: len(cells)] / weight.sum())


CASES = [
    ({}, (), {}),
    ({}, ("x", "z"), {}),
    ({}, (), {"control_group": "never_treated"}),
    ({"holes": 0.15}, ("x",), {}),
    ({"units": 6}, ("x",), {}),
]


@pytest.mark.parametrize(("shape", "controls", "options"), CASES)
def test_every_dummy(shape, controls, options):
    data = simulate(**shape)
    expected = slow(data, controls, "control_group" in options)
    assert run(data, controls, **options)[0]["estimate"] == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("wave", [3, 4])
def test_a_wave_that_nobody_has(wave):
    data = simulate()
    data = data[data["time"] != wave]
    for options in ({}, {"control_group": "never_treated"}):
        rows = run(data, **options)
        assert rows[0]["estimate"] == pytest.approx(slow(data, never_treated=bool(options)), rel=1e-9)


def test_units_and_origins_change_nothing_else():
    data = simulate(holes=0.1)
    base = run(data, ("x",), aggregation="dynamic")
    for outcome, shift in ((1e9, 0), (1e-9, 0), (3e6, 5e8)):
        for a, b in zip(base, run(data.assign(y=data["y"] * outcome + shift), ("x",), aggregation="dynamic"), strict=True):
            assert b["estimate"] == pytest.approx(a["estimate"] * outcome, rel=1e-8)
            assert b["std_error"] == pytest.approx(a["std_error"] * outcome, rel=1e-8)
    for factor, shift in ((1e9, 0), (1e-9, 0), (1, 2024), (4e9, 2e10)):
        for a, b in zip(base, run(data.assign(x=data["x"] * factor + shift), ("x",), aggregation="dynamic"), strict=True):
            assert b["estimate"] == pytest.approx(a["estimate"], rel=1e-8)
            assert b["std_error"] == pytest.approx(a["std_error"], rel=1e-8)


def test_nonlinear_models_are_those_with_dummies_of_cohorts():
    import statsmodels.api as sm

    data = simulate()
    generator = np.random.default_rng(1)
    for model, family, y in (
        ("poisson", sm.families.Poisson(), np.exp(data["y"] / 3)),
        ("logit", sm.families.Binomial(), (generator.random(len(data)) < 0.5).astype(float)),
    ):
        frame = data.assign(y=y)
        pairs = sorted({(g, t) for g, t in zip(frame["cohort"], frame["time"], strict=True) if 0 < g <= t})
        cells = np.column_stack([((frame["cohort"] == g) & (frame["time"] == t)).astype(float) for g, t in pairs])
        dummies = [pd.get_dummies(frame[name], dtype=float, drop_first=True) for name in ("cohort", "time")]
        base = np.column_stack([np.ones(len(frame)), *dummies])
        fit = sm.GLM(frame["y"], np.column_stack([base, cells]), family=family).fit(maxiter=200, tol=1e-13)
        on = cells.sum(1) > 0
        effect = (fit.predict(np.column_stack([base, cells])) - fit.predict(np.column_stack([base, 0 * cells])))[on].mean()
        assert run(frame, model=model)[0]["estimate"] == pytest.approx(effect, rel=1e-7)


@pytest.mark.parametrize(("factor", "shift"), [(1, 1e6), (1e9, 0), (1e-9, 1e-6)])
def test_a_control_of_a_poisson_model_may_be_in_any_unit(factor, shift):
    data = simulate()
    data["y"] = np.exp(data["y"] / 3)
    base, other = run(data, ("x",), model="poisson")[0], run(data.assign(x=data["x"] * factor + shift), ("x",), model="poisson")[0]
    assert other["estimate"] == pytest.approx(base["estimate"], rel=1e-8)
    assert other["std_error"] == pytest.approx(base["std_error"], rel=1e-8)


def test_what_has_no_comparison_is_left_out_and_said():
    data = simulate(always=5)
    row = run(data)[0]
    inside = data[data["cohort"] != 1]
    assert (row["n_obs"], row["n_units"], row["n_treated"]) == (len(inside), 55, inside.loc[inside["cohort"] > 0, "unit"].nunique())
    assert row["estimate"] == pytest.approx(slow(inside), rel=1e-9)
    assert row["left_out"] == "40 rows of 5 units treated from the first period on"
    late = data[(data["cohort"] != 4) | (data["time"] >= 4)]
    assert run(late)[0]["left_out"].endswith("; 18 units of cohorts not seen before treatment")
    assert run(late)[0]["estimate"] == pytest.approx(slow(inside[inside["cohort"] != 4]), rel=1e-9)
    everybody = simulate(cohorts=(4, 6, 7))
    row = run(everybody)[0]
    assert row["left_out"] == "periods 7, 8, in which no control is left"
    assert (row["n_obs"], row["n_treated"]) == (360, 40)
    assert row["estimate"] == pytest.approx(slow(everybody[everybody["time"] < 7]), rel=1e-9)


def test_controls_that_say_nothing_change_nothing():
    data = simulate().assign(twice=lambda d: 2 * d["x"] + 3, fixed=5.0)
    base = run(data, ("x",))[0]
    for controls in (("x", "twice"), ("x", "fixed")):
        assert run(data, controls)[0]["estimate"] == pytest.approx(base["estimate"], rel=1e-9)
        assert run(data, controls)[0]["std_error"] == pytest.approx(base["std_error"], rel=1e-9)


def test_what_cannot_be_told_apart_is_refused_by_name():
    data = simulate().assign(year=lambda d: d["time"] * 1.0)
    with pytest.raises(NotIdentified, match="cohort 4, period 4, x, year cannot be told"):
        run(data, ("x", "year"))
    with pytest.raises(NotIdentified, match="too few units"):
        run(simulate(units=6), ("x", "z"))
    with pytest.raises(NotIdentified, match="the outcome does not vary"):
        run(data.assign(y=3.0))
    with pytest.raises(NotIdentified, match="no treated cohort is seen before"):
        run(data[(data["cohort"] == 0) | (data["time"] >= data["cohort"])])


@pytest.mark.parametrize("aggregation", ["simple", "dynamic", "group", "calendar", "group_time"])
@pytest.mark.parametrize("control_group", ["never_treated", "not_yet_treated"])
@pytest.mark.parametrize(("holes", "anticipation"), [(0.0, 0), (0.15, 0), (0.15, 1)])
def test_large_panels_have_the_rows_of_small_ones(monkeypatch, aggregation, control_group, holes, anticipation):
    """Counted by level, which large panels are, against the library's column for each cell; one cohort lacks its base period."""
    data = simulate(cohorts=(0, 4, 6, 7), holes=holes)
    data = data[(data["cohort"] != 7) | (data["time"] != 6)] if holes else data
    options = {"aggregation": aggregation, "control_group": control_group, "anticipation": anticipation}
    library = run(data, **options)
    monkeypatch.setattr(extended_two_way_fixed_effects, "LARGE", 0)
    counted = {tuple(row.get(key) for key in ("term", "cohort", "event_time", "setting")): row for row in run(data, **options)}
    assert len(counted) == len(library)
    for row in library:
        other = counted[tuple(row.get(key) for key in ("term", "cohort", "event_time", "setting"))]
        for key in ("estimate", "std_error", "ci_low", "p_value", "n_obs", "n_clusters", "within_sd"):
            assert other[key] == pytest.approx(row[key], rel=1e-7, abs=1e-9)  # the library sweeps by iteration
        assert other.get("left_out") == row.get("left_out")
