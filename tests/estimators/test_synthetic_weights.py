"""Weights of synthetic methods where many fit as well, against slow solvers; what cannot be ranked or told apart is not. SIMULATED data."""

import numpy as np
import pytest
from scipy.optimize import linprog, minimize

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification
from analysis.estimators import synthetic_cases, synthetic_control, synthetic_did
from analysis.inference.simplex_weights import best
from analysis.simulations.data_generating_processes import interactive_effects


def run(module, data, **options):
    specification = Specification("test", module.__name__.rsplit(".", 1)[-1], "y", "unit", "time", cohort="cohort", options=options, seed=1)
    return module.estimate(data, specification)


def att(module, data):
    return row(run(module, data, **({"placebo_draws": 0} if module is synthetic_did else {})), "att")


def row(rows, term, **named):
    return next(r for r in rows if r["term"] == term and all(r.get(k) == v for k, v in named.items()))


@pytest.fixture(scope="module")
def short():
    """38 controls and 5 periods before: the treated mean lies inside the hull of the controls."""
    return interactive_effects.simulate(np.random.default_rng(0), 0.5, periods=9, date=6)[0]


@pytest.fixture(scope="module")
def long():
    return interactive_effects.simulate(np.random.default_rng(0), 0.5)[0]


def matrices(data, date):
    wide = data.pivot(index="time", columns="unit", values="y")
    treated = data.groupby("unit")["cohort"].first().to_numpy() > 0
    values, before = wide.to_numpy(), wide.index.to_numpy() < date
    return values[:, ~treated], values[:, treated].mean(1), before


def slow(columns, target, cost, start):
    """Return the weights of least `cost` among those that reproduce `target`, by sequential quadratic programming."""
    constraints = [{"type": "eq", "fun": lambda w: columns @ w - target}, {"type": "eq", "fun": lambda w: w.sum() - 1}]
    found = minimize(
        cost, start, bounds=[(0, 1)] * len(start), constraints=constraints, method="SLSQP", options={"ftol": 1e-14, "maxiter": 500}
    )
    assert found.success
    return found.x


def test_the_ridge_weights_are_the_shortest_wherever_a_slow_solver_starts(short):
    controls, treated, before = matrices(short, 6)
    fit = best(controls[before], treated[before])
    assert fit.exact and not fit.unique
    for seed in (0, 1):
        start = np.random.default_rng(seed).dirichlet(np.ones(controls.shape[1]))
        found = slow(controls[before], treated[before], lambda w: w @ w, start)
        assert fit.evenest() == pytest.approx(found, abs=1e-5)
    gap = (treated - controls @ fit.evenest())[~before].mean()
    assert row(run(synthetic_control, short), "att")["estimate"] == pytest.approx(gap, abs=1e-12)


def test_the_nearest_weights_solve_the_linear_program_of_abadie_and_lhour(short):
    controls, treated, before = matrices(short, 6)
    costs = ((controls - treated[:, None])[before] ** 2).sum(0)
    equal = np.vstack([controls[before], np.ones(controls.shape[1])])
    found = linprog(costs, A_eq=equal, b_eq=np.append(treated[before], 1.0), method="highs")
    assert best(controls[before], treated[before]).nearest() == pytest.approx(found.x, abs=1e-7)
    # Their estimator with a penalty that is all but zero: the squared distance plus 1e-7 times the pairwise ones.
    weights = best(controls[before], treated[before]).nearest()
    slope = 2 * controls[before].T @ (controls[before] @ weights - treated[before]) + 1e-7 * costs
    assert slope @ weights - slope.min() < 1e-7 * costs.max() * 1e-2 or costs @ weights <= found.fun * (1 + 1e-9)


def test_the_range_holds_over_all_weights_that_fit(short):
    controls, treated, before = matrices(short, 6)
    late = controls[~before].mean(0)
    equal = np.vstack([controls[before], np.ones(controls.shape[1])])
    ends = [
        treated[~before].mean() - sign * linprog(sign * late, A_eq=equal, b_eq=np.append(treated[before], 1.0), method="highs").fun
        for sign in (-1, 1)
    ]
    rows = run(synthetic_control, short, penalty="none")
    assert row(rows, "att_lowest")["estimate"] == pytest.approx(min(ends), abs=1e-7)
    assert row(rows, "att_highest")["estimate"] == pytest.approx(max(ends), abs=1e-7)
    assert "estimate" not in row(rows, "att") and f"{min(ends):.6g} and {max(ends):.6g}" in row(rows, "att")["reason"]
    for penalty in ("ridge", "abadie_lhour", "synthdid"):
        shown = row(run(synthetic_control, short, penalty=penalty), "att")
        assert min(ends) <= shown["estimate"] <= max(ends)
        assert f"penalty={penalty}" in shown["reason"] and "p_value" not in shown


def test_where_weights_are_unique_the_penalty_changes_nothing(long):
    found = [run(synthetic_control, long, penalty=penalty) for penalty in ("ridge", "abadie_lhour", "none")]
    for rows in found:
        assert row(rows, "att") == row(found[0], "att") and "reason" not in row(rows, "att")
    controls, treated, before = matrices(long, 15)
    cost = lambda w: 1e3 * ((controls[before] @ w - treated[before]) ** 2).sum()  # noqa: E731
    start = np.full(controls.shape[1], 1 / controls.shape[1])
    sums = [{"type": "eq", "fun": lambda w: w.sum() - 1}]
    slow_weights = minimize(
        cost, start, bounds=[(0, 1)] * len(start), constraints=sums, method="SLSQP", options={"ftol": 1e-15, "maxiter": 1000}
    ).x
    assert row(found[0], "att")["estimate"] == pytest.approx((treated - controls @ slow_weights)[~before].mean(), abs=1e-5)


def frank_wolfe(columns, target, ridge, decrease, weights, steps):
    """The steps of synthdid's sc.weight.fw (Arkhangelsky et al. 2021), one by one, without an intercept."""
    last = np.inf
    for step in range(steps):
        slope = columns.T @ (columns @ weights - target) + len(target) * ridge**2 * weights
        direction = -weights.copy()
        direction[np.argmin(slope)] += 1
        curvature = ((columns @ direction) ** 2).sum() + len(target) * ridge**2 * (direction**2).sum()
        weights = weights + np.clip(-(slope @ direction) / curvature, 0, 1) * direction
        value = ridge**2 * weights @ weights + ((columns @ weights - target) ** 2).mean()
        if step >= 1 and last - value < decrease**2:
            break
        last = value
    return weights


def test_the_steps_of_synthdid_are_reproduced(short):
    controls, treated, before = matrices(short, 6)
    noise = np.diff(controls[before], axis=0).std(ddof=1)
    columns, target = controls[before], treated[before]
    first = frank_wolfe(columns, target, 1e-6 * noise, 1e-5 * noise, np.full(controls.shape[1], 1 / controls.shape[1]), 100)
    sparse = np.where(first <= first.max() / 4, 0, first)
    weights = frank_wolfe(columns, target, 1e-6 * noise, 1e-5 * noise, sparse / sparse.sum(), 10_000)
    rows = run(synthetic_control, short, penalty="synthdid")
    assert row(rows, "att")["estimate"] == pytest.approx((treated - controls @ weights)[~before].mean(), abs=1e-6)


@pytest.mark.parametrize("module", [synthetic_control, synthetic_cases, synthetic_did])
@pytest.mark.parametrize("panel", ["short", "long"])
def test_units_of_measurement_and_the_order_of_units_do_not_matter(module, panel, request):
    data = request.getfixturevalue(panel)
    options = {"placebo_draws": 5} if module is synthetic_did else {}
    plain = run(module, data, **options)
    order = np.random.default_rng(3).permutation(40)
    for name, changed in {
        "1e-9": data.assign(y=data["y"] * 1e-9),
        "1e9": data.assign(y=data["y"] * 1e9),
        "shift": data.assign(y=data["y"] + 1e8),
        "order": data.assign(unit=order[data["unit"].to_numpy()]).sample(frac=1, random_state=0),
    }.items():
        factor, tolerance = (float(name), 1e-8) if name[0] == "1" else (1.0, 1e-5 if name == "shift" else 1e-8)
        rows = {r["term"]: r for r in run(module, changed, **options)}
        for old in plain[:1]:
            new = rows[old["term"]]
            assert new["estimate"] == pytest.approx(old["estimate"] * factor, rel=tolerance)
            if name != "order":  # draws of placebos go by position
                assert new.get("p_value", np.nan) == pytest.approx(
                    old.get("p_value", np.nan), rel=1e-3 if name == "shift" else 1e-6, nan_ok=True
                )


def test_an_exact_fit_has_no_placebo_rank(short):
    data = short[(short["unit"] < 2) | (short["unit"] > 34)].copy()  # few controls: weights are unique
    twin = data["unit"].eq(36).to_numpy()
    own = data[twin].sort_values("time")["y"].to_numpy()
    for unit in (0, 1):
        data.loc[data["unit"] == unit, "y"] = own + (np.arange(1, 10) >= 6)
    found = row(run(synthetic_control, data), "att")
    assert found["estimate"] == pytest.approx(1.0) and "p_value" not in found and found["reason_code"] == "FIT"


def test_a_hole_is_named_by_its_unit_and_a_wave_that_nobody_has_is_no_hole(long):
    named = long.assign(unit="firm " + long["unit"].astype(str)).sample(frac=1, random_state=1)
    hole = (named["unit"] == "firm 17") & (named["time"] == 3)
    for module in (synthetic_control, synthetic_did):
        for holed in (named[~hole], named.assign(y=named["y"].where(~hole))):
            with pytest.raises(NotIdentified, match="unit firm 17 has no outcome in period"):
                run(module, holed)
        wave = long[long["time"] != 4]
        renumbered = wave.assign(time=wave["time"] - (wave["time"] > 4), cohort=wave["cohort"] - (wave["cohort"] > 4))
        assert att(module, wave)["estimate"] == att(module, renumbered)["estimate"]
    assert {(r["term"], r.get("setting")) for r in run(synthetic_cases, named)} >= {
        ("case", "firm 0"),
        ("fit", "firm 0"),
        ("gap", "firm 1"),
    }


def test_units_treated_from_the_first_period_on_are_left_out_and_counted(long):
    early = long["unit"].isin([5, 6, 7])
    marked = long.assign(cohort=long["cohort"].mask(early, 1))
    for module in (synthetic_control, synthetic_did):
        found, without = att(module, marked), att(module, long[~early])
        assert found["estimate"] == without["estimate"] and found["n_units"] == 37
        assert "3" in found["left_out"]


def test_constant_outcomes_are_refused(long):
    for module in (synthetic_control, synthetic_cases, synthetic_did):
        with pytest.raises(NotIdentified, match="does not vary"):
            run(module, long.assign(y=0.1 + 0.2))


def test_placebo_draws_of_synthetic_did(long):
    plain = row(run(synthetic_did, long, placebo_draws=0), "att")
    assert np.isnan(plain["std_error"]) and "p_value" not in plain and plain["inference"] == "none"
    with pytest.raises(BadOption, match="two draws"):
        run(synthetic_did, long, placebo_draws=1)
    moved = long.assign(y=np.where(long["unit"] < 2, long["y"], long["time"] * 0.5))  # controls are one series
    found = row(run(synthetic_did, moved, placebo_draws=9), "att")
    assert "p_value" not in found and "rounding" in found["reason"]


def test_time_weights_that_few_controls_leave_open_are_named_with_their_range(long):
    few = long[long["unit"].isin([0, 36, 37, 38, 39])]  # four controls, fourteen periods before
    few = few.assign(y=np.random.default_rng(0).normal(size=len(few)))
    stopped, solved = (row(run(synthetic_did, few, placebo_draws=0, weights=weights), "att") for weights in ("synthdid", "exact"))
    for found in (stopped, solved):
        assert found["reason"].startswith("4 controls")
    low, high = (float(part) for part in solved["reason"].split("between ")[1].split(";")[0].split(" and "))
    assert low - 1e-6 <= solved["estimate"] <= high + 1e-6 and high - low > 0.01
    assert low - 0.02 <= stopped["estimate"] <= high + 0.02
    assert "reason" not in row(run(synthetic_did, long, placebo_draws=0), "att")


def test_exact_weights_of_synthetic_did_solve_its_problems(long):
    controls, treated, before = matrices(long, 15)
    early, ridge = controls[before], (2 * 6) ** 0.25 * np.diff(controls[before], axis=0).std(ddof=1)

    def solved(columns, target, ridge):
        columns, target = columns - columns.mean(0), target - target.mean()
        cost = lambda w: ((columns @ w - target) ** 2).mean() + ridge**2 * w @ w  # noqa: E731
        start, sums = np.full(columns.shape[1], 1 / columns.shape[1]), [{"type": "eq", "fun": lambda w: w.sum() - 1}]
        tight = {"ftol": 1e-15, "maxiter": 1000}
        return minimize(cost, start, bounds=[(0, 1)] * len(start), constraints=sums, method="SLSQP", options=tight).x

    unit, time = solved(early, treated[before], ridge), solved(early.T, controls[~before].mean(0), 1e-6)
    gap = treated - controls @ unit
    effect = gap[~before].mean() - time @ gap[before]
    exact, stopped = (row(run(synthetic_did, long, placebo_draws=0, weights=name), "att") for name in ("exact", "synthdid"))
    assert exact["estimate"] == pytest.approx(effect, abs=1e-5)
    assert stopped["estimate"] == pytest.approx(effect, abs=5e-3)


def test_a_single_control_has_an_effect_and_no_placebo(long):
    units = long["unit"][long["cohort"].isna() | (long["cohort"] == 0)].unique()[:1]
    treated = long["unit"][long["cohort"] > 0].unique()[:1]
    pair = long[long["unit"].isin([*units, *treated])]
    gap = pair[pair["unit"].isin(treated)].set_index("time")["y"] - pair[pair["unit"].isin(units)].set_index("time")["y"]
    date = pair["cohort"].max()
    found = row(run(synthetic_control, pair), "att")
    assert found["estimate"] == pytest.approx(gap[gap.index >= date].mean())
    assert "p_value" not in found and found["reason"].startswith("there is one control")
