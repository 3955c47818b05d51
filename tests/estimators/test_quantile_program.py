"""Quantile regression against the linear program written out, units of measurement, and medians that are not unique. SIMULATED data."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification
from analysis.estimators import quantile_regression

pytestmark = pytest.mark.fast


def run(data, controls=(), treatment="d", **options):
    specification = Specification(
        "test", "quantile_regression", "y", "unit", "time", treatment=treatment, controls=controls, options=options, seed=1
    )
    return {row["term"]: row for row in quantile_regression.estimate(data, specification)}


@pytest.fixture(scope="module")
def panel():
    generator = np.random.default_rng(0)
    unit, time = np.repeat(np.arange(40), 5), np.tile(np.arange(1, 6), 40)
    d = (generator.random(200) < 0.4).astype(float)
    size = generator.normal(size=200) + generator.normal(size=40)[unit]
    y = 1 + d - 0.5 * size + generator.normal(size=40)[unit] + (1 + 0.5 * np.abs(size)) * generator.standard_t(3, size=200)
    return pd.DataFrame({"unit": unit, "time": time, "y": y, "d": d, "size": size})


def written_out(y, x, quantile):
    """Return the coefficients on x and a constant: positive and negative residuals as variables (Koenker and Bassett 1978)."""
    n, k = len(y), x.shape[1] + 1
    costs = np.concatenate([np.zeros(2 * k), np.full(n, quantile), np.full(n, 1 - quantile)])
    design = np.column_stack([x, np.ones(n)])
    found = linprog(costs, A_eq=np.hstack([design, -design, np.eye(n), -np.eye(n)]), b_eq=y, method="highs").x
    return found[:k] - found[k : 2 * k]


@pytest.mark.parametrize("quantile", [0.1, 0.37, 0.9])
def test_it_is_the_linear_program(panel, quantile):
    rows = run(panel, ("size",), quantile=quantile, bootstrap_draws=0)
    expected = written_out(panel["y"].to_numpy(), panel[["d", "size"]].to_numpy(), quantile)
    assert [rows[name]["estimate"] for name in ("d", "size", "const")] == pytest.approx(expected, rel=1e-9)
    assert all(np.isnan(row["std_error"]) and row["inference"] == "none" for row in rows.values())


@pytest.mark.parametrize("within", [False, True])
def test_units_of_measurement_do_not_matter(panel, within):
    options = {"within": within, "bootstrap_draws": 9, "quantile": 0.37}
    plain = run(panel, ("size",), **options)
    for change in (1e-9, 4e9):
        for name, factor in (("y", change), ("size", 1 / change)):
            rows = run(panel.assign(**{name: panel[name] * change}), ("size",), **options)
            for term, by in (("d", change if name == "y" else 1.0), ("size", factor)):
                assert rows[term]["estimate"] == pytest.approx(plain[term]["estimate"] * by, rel=1e-8)
                assert rows[term]["std_error"] == pytest.approx(plain[term]["std_error"] * by, rel=1e-8)
    rows = run(panel.assign(y=panel["y"] + 1e8, size=panel["size"] + 1e8), ("size",), **options)
    assert rows["size"]["estimate"] == pytest.approx(plain["size"]["estimate"], abs=1e-6)


def canay(data, quantile):
    """Effects of units by dummies, taken off; then the linear program (his steps 1 and 2)."""
    y, x = data["y"].to_numpy(), data[["d", "size"]].to_numpy()
    dummies = (data["unit"].to_numpy()[:, None] == np.unique(data["unit"])).astype(float)
    solved = np.linalg.lstsq(np.column_stack([x, dummies]), y, rcond=None)[0]
    return written_out(y - dummies @ solved[2:], x, quantile)


def test_within_units_and_its_bootstrap_are_the_slow_ones(panel):
    rows = run(panel, ("size",), quantile=0.37, within=True, bootstrap_draws=6)
    terms = ("d", "size", "const")
    assert [rows[name]["estimate"] for name in terms] == pytest.approx(canay(panel, 0.37), abs=1e-8)
    generator = np.random.default_rng(1)
    drawn = []
    for _ in range(6):
        chosen = generator.integers(40, size=40)
        drawn.append(canay(pd.concat([panel[panel["unit"] == u].assign(unit=i) for i, u in enumerate(chosen)]), 0.37))
    assert [rows[name]["std_error"] for name in terms] == pytest.approx(np.std(drawn, axis=0, ddof=1), rel=1e-6)


def test_a_median_between_two_values_is_given_with_both(panel):
    data = panel.iloc[:40].assign(d=np.repeat([0.0, 1.0], 20))
    rows = run(data, bootstrap_draws=0)
    low, high = (np.sort(data["y"].to_numpy().reshape(2, 20))[:, at] for at in (9, 10))
    assert f"from {low[0]:.6g} to {high[0]:.6g}" in rows["const"]["reason"]
    assert f"from {low[1] - high[0]:.6g} to {high[1] - low[0]:.6g}" in rows["d"]["reason"]
    assert low[0] <= rows["const"]["estimate"] <= high[0]
    assert all("reason" not in row for row in run(data, quantile=0.37, bootstrap_draws=0).values())


def test_whole_numbers_have_the_loss_of_the_program(panel):
    data = panel.assign(y=panel["y"].round(), size=panel["size"].round())
    for quantile in (0.25, 0.5):
        rows = run(data, ("size",), quantile=quantile, bootstrap_draws=0)
        x = np.column_stack([data[["d", "size"]], np.ones(len(data))])

        def loss(b, x=x, quantile=quantile):
            left = data["y"].to_numpy() - x @ b
            return np.maximum(quantile * left, (quantile - 1) * left).sum()

        best = written_out(data["y"].to_numpy(), x[:, :2], quantile)
        assert loss(np.array([rows[name]["estimate"] for name in ("d", "size", "const")])) == pytest.approx(loss(best), rel=1e-9)
        for at, name in enumerate(("d", "size", "const")):
            if "reason" not in rows[name]:
                assert rows[name]["estimate"] == pytest.approx(best[at], abs=1e-7)


def test_what_cannot_be_estimated_is_refused(panel):
    first = panel.groupby("unit")["size"].transform("first")
    with pytest.raises(NotIdentified, match="no variation in fixed"):
        run(panel.assign(fixed=first), ("fixed",), within=True)
    with pytest.raises(NotIdentified, match="collinear"):
        run(panel.assign(fixed=3 * panel["size"] + 2), ("size", "fixed"))
    with pytest.raises(NotIdentified, match="does not vary"):
        run(panel.assign(y=0.3))
    for options in ({"bootstrap_draws": 1}, {"quantile": 0}, {"quantile": 1.0}):
        with pytest.raises(BadOption):
            run(panel, **options)


def test_no_p_value_from_draws_that_all_agree(panel):
    rows = run(panel.assign(y=2 * panel["d"] + 1), bootstrap_draws=9)
    assert rows["d"]["estimate"] == pytest.approx(2.0) and "p_value" not in rows["d"] and rows["d"]["reason_code"] == "FEW"
    rows = run(panel.assign(unit=1, time=np.arange(200)), bootstrap_draws=9)
    assert "p_value" not in rows["d"] and np.isfinite(rows["d"]["estimate"])


def test_draws_without_a_treated_unit_are_left_out(panel):
    data = panel.assign(d=(panel["unit"] == 3).astype(float))
    rows = run(data, bootstrap_draws=60)
    assert 10 < rows["d"]["draws"] < 55
    assert rows["d"]["std_error"] > 0


def test_an_outcome_with_ties_only_is_the_medians_of_the_groups():
    data = pd.DataFrame({"y": np.repeat(np.arange(1, 61), 10) * 1.1, "d": np.tile([0] * 6 + [1] * 4, 60)})
    data.loc[data["y"] < 20, "d"] = 0
    found = quantile_regression.estimate(
        data, Specification("t", "quantile_regression", "y", treatment="d", options={"bootstrap_draws": 9})
    )
    medians = [data.loc[data["d"] == d, "y"].median() for d in (0, 1)]
    rows = {row["term"]: row for row in found}
    loss = [
        np.abs(data.loc[data["d"] == d, "y"] - value).sum()
        for d, value in ((0, rows["const"]["estimate"]), (1, rows["const"]["estimate"] + rows["d"]["estimate"]))
    ]
    best = [np.abs(data.loc[data["d"] == d, "y"] - medians[d]).sum() for d in (0, 1)]
    assert loss == pytest.approx(best, rel=1e-9)
