"""Dynamic panel GMM against the textbook formulas written slowly, pydynpd, and itself in other units. SIMULATED panels."""

import contextlib
import io
from importlib import import_module

import numpy as np
import pandas as pd
import pytest

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification

pytestmark = pytest.mark.fast


def simulate(seed=0, units=60, periods=7, holes=0.0, burn=5):
    generator, rows = np.random.default_rng(seed), []
    for unit in range(units):
        level = generator.normal()
        y = x = 0.0
        for t in range(periods + burn):
            x = 0.5 * x + generator.normal() + 0.3 * level
            y = 0.5 * y + 0.4 * x + level + generator.normal() + 0.1 * t
            if t >= burn:
                rows.append((unit, t, y, x, generator.normal()))
    data = pd.DataFrame(rows, columns=["firm", "year", "y", "x", "w"])
    return data[generator.random(len(data)) >= holes].reset_index(drop=True)


def run(name, data, controls=("x", "w"), **options):
    specification = Specification("test", name, "y", "firm", "year", controls=controls, options=options)
    return {row["term"]: row for row in import_module(f"analysis.estimators.{name}").estimate(data, specification)}


# ---------------------------------------------------------------------- the formulas, one unit, row and lag at a time
def slow(data, levels, steps, collapse, lagged, plain, controls=("x", "w")):
    """Return coefficients, covariance, Hansen, Sargan, AR(1), AR(2), number of instruments; period effects always in."""
    periods = sorted(data["year"].unique())
    value = {
        (f, t): dict(zip(("y", *controls), row, strict=True)) for f, t, *row in data[["firm", "year", "y", *controls]].itertuples(False)
    }

    def level(f, t):
        """Outcome, its lag and the controls, or None where one is missing."""
        if (f, t) in value and (f, t - 1) in value:
            return np.array([value[f, t]["y"], value[f, t - 1]["y"], *(value[f, t][c] for c in controls)])
        return None

    def change(f, t):
        now, before = level(f, t), level(f, t - 1)
        return None if now is None or before is None else now - before

    firms = [f for f in sorted(data["firm"].unique()) if any(change(f, t) is not None for t in periods)]
    equation = level if levels else change
    shown = [t for t in periods if any(equation(f, t) is not None for f in firms)]
    units = []
    for f in firms:
        rows = [(t, True) for t in periods if change(f, t) is not None]
        rows += [(t, False) for t in periods if levels and level(f, t) is not None]
        y, x, z, h = [], [], [], np.zeros((len(rows), len(rows)))
        for t, difference in rows:
            own = change(f, t) if difference else level(f, t)
            effects = [float(t == s) - float(levels and difference and t - 1 == s) for s in shown]
            y.append(own[0])
            x.append([*own[1:], *effects])
            z.append(instruments(f, t, difference, own, effects, value, periods, levels, collapse, lagged, plain, controls))
        for a, (t, first) in enumerate(rows):
            for b, (s, second) in enumerate(rows):
                left = {t: 1.0, t - 1: -1.0} if first else {t: 1.0}
                right = {s: 1.0, s - 1: -1.0} if second else {s: 1.0}
                h[a, b] = sum(left.get(p, 0.0) * right.get(p, 0.0) for p in {*left, *right})
        units.append((np.array(y), np.array(x), np.array(z), h, rows))
    used = (np.abs(np.vstack([u[2] for u in units])) > 0).any(0)
    return gmm([(y, x, z[:, used], h, rows) for y, x, z, h, rows in units], steps)


def instruments(f, t, difference, own, effects, value, periods, levels, collapse, lagged, plain, controls):
    found = []
    for name, (first, last) in lagged.items():
        lags = [lag for lag in range(1, max(periods) - min(periods) + 1) if first <= lag <= last]
        for s in periods if not collapse else [t]:
            found += [value.get((f, t - lag), {}).get(name, 0.0) * (difference and s == t) for lag in lags]
        if levels:
            back = t - first + 1
            known = (f, back) in value and (f, back - 1) in value
            move = value[f, back][name] - value[f, back - 1][name] if known and not difference else 0.0
            found += [move] if collapse else [move * (s == t) for s in periods]
    found += [own[2 + controls.index(name)] for name in plain]
    return [*found, *(e * (not (levels and difference)) for e in effects)]


def gmm(units, steps):
    xz = sum(x.T @ z for _, x, z, _, _ in units)
    zy = sum(z.T @ y for y, _, z, _, _ in units)

    def fit(weight):
        return np.linalg.solve(xz @ weight @ xz.T, xz @ weight @ zy)

    def second_weight(beta):
        return np.linalg.inv(sum(np.outer(z.T @ (y - x @ beta), z.T @ (y - x @ beta)) for y, x, z, _, _ in units))

    w1 = np.linalg.inv(sum(z.T @ h @ z for _, _, z, h, _ in units))
    beta1 = fit(w1)
    w2 = second_weight(beta1)
    beta2 = fit(w2)
    bread1, bread2 = (np.linalg.inv(xz @ w @ xz.T) for w in (w1, w2))
    robust = bread1 @ xz @ w1 @ np.linalg.inv(w2) @ w1 @ xz.T @ bread1
    # Windmeijer: how the two-step estimate moves with the one-step estimate inside its weights, by numerical derivative.
    slope = np.column_stack([(fit(second_weight(beta1 + e)) - fit(second_weight(beta1 - e))) / 2e-5 for e in 1e-5 * np.eye(len(beta1))])
    corrected = bread2 + slope @ bread2 + bread2 @ slope.T + slope @ robust @ slope.T
    beta, covariance, weight, bread = (beta1, robust, w1, bread1) if steps == "one" else (beta2, corrected, w2, bread2)
    residual = np.concatenate([(y - x @ beta1)[[d for _, d in rows]] for y, x, _, _, rows in units])
    moment1, moment2 = zy - xz.T @ beta1, zy - xz.T @ beta2
    sargan = moment1 @ w1 @ moment1 / (residual @ residual / (len(residual) - len(beta1)) / 2)
    serial = [serial_correlation(units, order, beta, weight, bread, covariance, xz) for order in (1, 2)]
    return beta, covariance, moment2 @ w2 @ moment2, sargan, *serial, xz.shape[1]


def serial_correlation(units, order, beta, weight, bread, covariance, xz):
    total = squares = 0.0
    slope, cross = np.zeros(len(beta)), np.zeros(xz.shape[1])
    for y, x, z, _, rows in units:
        e = y - x @ beta
        at = {t: i for i, (t, difference) in enumerate(rows) if difference}
        lagged = np.array([e[at[t - order]] if difference and t - order in at else 0.0 for t, difference in rows])
        total, squares = total + lagged @ e, squares + (lagged @ e) ** 2
        slope, cross = slope + lagged @ x, cross + z.T @ e * (lagged @ e)
    return total / np.sqrt(squares - 2 * slope @ bread @ xz @ weight @ cross + slope @ covariance @ slope)


CASES = [
    ("arellano_bond", {"steps": "one"}, {}, ["x", "w"], 0.0),
    ("arellano_bond", {"steps": "two", "collapse": True}, {"x": (1, 99)}, ["w"], 0.1),
    ("arellano_bond", {"steps": "two", "instrument_lags": [2, 3]}, {}, ["x", "w"], 0.1),
    ("blundell_bond", {"steps": "one", "collapse": True}, {"x": (2, 99)}, ["w"], 0.1),
    ("blundell_bond", {"steps": "two"}, {}, ["x", "w"], 0.0),
]


@pytest.mark.parametrize(("name", "options", "lagged", "plain", "holes"), CASES)
def test_the_formulas_written_slowly(name, options, lagged, plain, holes):
    data = simulate(holes=holes)
    kinds = {"predetermined": [n for n, at in lagged.items() if at[0] == 1], "endogenous": [n for n, at in lagged.items() if at[0] == 2]}
    found = run(name, data, **options, **kinds)
    lags = {"y": tuple(options.get("instrument_lags", (2, 99)))} | lagged
    beta, covariance, hansen, sargan, ar1, ar2, number = slow(
        data, name == "blundell_bond", options["steps"], options.get("collapse", False), lags, plain
    )
    for i, term in enumerate(("L1.y", "x", "w")):
        assert found[term]["estimate"] == pytest.approx(beta[i], rel=1e-8)
        assert found[term]["std_error"] == pytest.approx(np.sqrt(covariance[i, i]), rel=1e-6)
    for term, value in {"hansen": hansen, "sargan": sargan, "ar1": ar1, "ar2": ar2, "instruments": number}.items():
        assert found[term]["estimate"] == pytest.approx(value, rel=1e-6), term


def test_pydynpd():
    from pydynpd import regression

    data = simulate(holes=0.1, units=80)
    for name, ending in (("arellano_bond", "nolevel timedumm"), ("arellano_bond", "nolevel timedumm collapse")):
        with contextlib.redirect_stdout(io.StringIO()):
            theirs = regression.abond(f"y L1.y x w | gmm(y, 2:99) iv(x w) | {ending}", data, ["firm", "year"])
        table = theirs.models[0].regression_table.set_index("variable")
        ours = run(name, data, collapse="collapse" in ending)
        for term in ("L1.y", "x", "w"):
            assert ours[term]["estimate"] == pytest.approx(table.loc[term, "coefficient"], rel=1e-6)
            assert ours[term]["std_error"] == pytest.approx(table.loc[term, "std_err"], rel=1e-5)


# ---------------------------------------------------------------------- units and origins
VARIANTS = [
    {},
    {"collapse": True},
    {"steps": "one"},
    {"collapse": True, "predetermined": ["x"]},
    {"endogenous": ["x"], "instrument_lags": [2, 4]},
]


def assert_same(first, second, rel, outcome=1.0, x=1.0):
    """Every number of `second`, from data in other units, is the one of `first`."""
    assert first.keys() == second.keys()
    back = {"x": x / outcome, "w": 1 / outcome}
    for term, row in first.items():
        for column in ("estimate", "std_error"):
            if column in row:
                assert second[term][column] * back.get(term, 1.0) == pytest.approx(row[column], rel=rel, nan_ok=True), (term, column)
        assert second[term].get("p_value", 0) == pytest.approx(row.get("p_value", 0), rel=1e-4, abs=1e-300)
        assert second[term].get("reason") == row.get("reason")


@pytest.mark.parametrize("name", ["arellano_bond", "blundell_bond"])
@pytest.mark.parametrize("options", VARIANTS)
def test_units_change_coefficients_by_their_own_factor(name, options):
    data = simulate(holes=0.05)
    base = run(name, data, **options)
    for outcome, x in ((1e9, 1), (1e-9, 1), (1, 1e9), (1, 1e-9), (3e6, 7e-5)):
        other = data.assign(y=data["y"] * outcome, x=data["x"] * x)
        assert_same(base, run(name, other, **options), 1e-8, outcome, x)


@pytest.mark.parametrize("name", ["arellano_bond", "blundell_bond"])
@pytest.mark.parametrize("options", VARIANTS)
def test_an_origin_that_period_effects_absorb_changes_nothing(name, options):
    # Values in steps of 2^-20, so that adding 1e8 is exact and what is compared is the algorithm.
    data = simulate()
    data[["y", "x", "w"]] = np.round(data[["y", "x", "w"]] * 2**20) / 2**20
    base = run(name, data, **options)
    for shift in (-(2.0**13), 1e8):
        assert_same(base, run(name, data.assign(y=data["y"] + shift), **options), 1e-8)
        assert_same(base, run(name, data.assign(x=data["x"] + shift), **options), 1e-8)


def test_a_singular_weight_matrix_is_counted_and_free_of_units():
    data = simulate(units=12)
    base = run("arellano_bond", data)
    assert base["instruments"]["estimate"] > 12
    assert "of rank 12 for" in base["instruments"]["reason"]
    assert_same(base, run("arellano_bond", data.assign(y=data["y"] * 3e7, x=data["x"] / 900)), 1e-8, 3e7, 1 / 900)
    shifted = run("arellano_bond", data.assign(y=data["y"] - 1000.0))
    assert_same(base, shifted, 1e-8)


def test_an_instrument_twice_counts_once():
    data = simulate()
    data["copy"] = data["x"].where(data["year"] > 0, 0)
    once = run("arellano_bond", data, controls=("x",), predetermined=["x"], collapse=True, time_effects=False)
    data["w"] = data["x"] * 5 + 3
    with pytest.raises(NotIdentified, match="collinear: x, w"):
        run("arellano_bond", data, controls=("x", "w"), predetermined=["x"], collapse=True, time_effects=False)
    assert "reason" not in once["instruments"]


# ---------------------------------------------------------------------- gaps and refusals
def test_nothing_reaches_over_a_gap():
    """A wave that nobody has leaves the lags and differences around it out."""
    data = simulate(periods=10)
    gap = data[data["year"] != 9]
    found = run("arellano_bond", gap)
    years = set(gap["year"])
    rows = sum(60 for t in years if {t - 1, t - 2} <= years)
    assert found["L1.y"]["n_obs"] == rows == 300
    beta, covariance, *_ = slow(gap, False, "two", False, {"y": (2, 99)}, ["x", "w"])
    assert found["L1.y"]["estimate"] == pytest.approx(beta[0], rel=1e-8)
    assert found["L1.y"]["std_error"] == pytest.approx(np.sqrt(covariance[0, 0]), rel=1e-6)


def test_regressors_without_information_are_named():
    data = simulate()
    data = data.assign(born=data["firm"] * 1.0, age=data["year"] - data["firm"] * 1.0, twice=2 * data["x"] - 0.5 * data["w"])
    with pytest.raises(NotIdentified, match="born does not change within units"):
        run("arellano_bond", data, controls=("x", "born"))
    with pytest.raises(NotIdentified, match=r"collinear: age, period"):
        run("arellano_bond", data, controls=("x", "age"))
    with pytest.raises(NotIdentified, match="collinear: x, w, twice"):
        run("blundell_bond", data, controls=("x", "w", "twice"))
    with pytest.raises(NotIdentified, match="y is 3 in every row"):
        run("arellano_bond", data.assign(y=3.0))
    assert "estimate" in run("blundell_bond", data, controls=("x", "born"))["born"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"instrument_lags": [4, 2]}, "1 <= first <= last"),
        ({"instrument_lags": [0, 2]}, "first"),
        ({"instrument_lags": [2]}, "first"),
        ({"predetermined": ["x"], "endogenous": ["x"]}, "both predetermined and endogenous"),
        ({"endogenous": ["year"]}, "year, which is not among"),
        ({"lags": 0}, "at least 1"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(BadOption, match=message):
        run("arellano_bond", simulate(), **options)
