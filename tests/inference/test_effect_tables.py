"""Tables by level against the same regressions written out with a column for every dummy."""

import numpy as np
import pandas as pd
import pytest

from analysis.core.estimates import NotIdentified
from analysis.inference import absorb, effect_tables
from analysis.inference.cell_regression import fit_cells
from analysis.inference.least_squares import Design
from analysis.inference.permuted_cohorts import evaluate, permutations
from analysis.inference.single_regressor import evaluate as evaluate_rows
from analysis.inference.untreated_fit import UntreatedFit, identified


def panel(seed=0, units=40, periods=7, share=0.85):
    """Return unit, period, cohort (0 never) and cell codes of an unbalanced panel, sorted by nothing."""
    random = np.random.default_rng(seed)
    data = pd.DataFrame({"unit": np.repeat(np.arange(units), periods), "time": np.tile(np.arange(1, periods + 1), units)})
    data["cohort"] = random.choice([0, 3, 4, 6], units)[data["unit"]]
    data = data.sample(frac=share, random_state=seed).reset_index(drop=True)
    data["unit"] = pd.factorize(data["unit"])[0]
    elapsed = np.where(data["cohort"] > 0, data["time"] - data["cohort"], -1)
    data["cell"] = np.where(elapsed == -1, -1, pd.factorize(elapsed)[0])
    data["cell"] = np.where(elapsed == -1, -1, np.searchsorted(np.unique(elapsed[elapsed != -1]), elapsed))
    for name in ("y", "x", "z"):
        data[name] = random.normal(size=len(data)) + data["unit"] * 0.1
    data["w"] = random.integers(1, 5, len(data)).astype(float)
    data["across"] = random.integers(0, 12, len(data))
    return data


def dummies(codes):
    return (np.asarray(codes)[:, None] == np.unique(codes)).astype(float)


def by_hand(data, weights, clusters, nested):
    """Return coefficients and CR1 errors of cells and controls from all dummies; effects of units count once where nested."""
    k = int(data["cell"].max()) + 1
    effects = np.column_stack([dummies(data["unit"]), dummies(data["time"])[:, 1:]])
    x = np.column_stack([dummies(data["cell"])[:, 1:], data[["x", "z"]], effects])
    bread = np.linalg.inv((x * weights[:, None]).T @ x)
    beta = bread @ (x * weights[:, None]).T @ data["y"].to_numpy()
    scores = x * (weights * (data["y"].to_numpy() - x @ beta))[:, None]
    sums = pd.DataFrame(scores).groupby(clusters).sum().to_numpy()
    units, periods = data["unit"].nunique(), data["time"].nunique()
    n, used = len(data), k + 2 + (1 if nested else units) + periods - 1
    factor = len(sums) / (len(sums) - 1) * (n - 1) / (n - used)
    return beta[: k + 2], np.sqrt(np.diag(factor * bread @ sums.T @ sums @ bread))[: k + 2]


@pytest.fixture(params=["few levels", "sparse tables of cells", "sparse tables", "many levels"])
def size(request, monkeypatch):
    """Small data taken for large: tables that stay sparse, and effects of so many levels that they are iterated."""
    if request.param == "sparse tables of cells":
        monkeypatch.setattr(effect_tables, "DENSE", 0)
    elif request.param != "few levels":
        monkeypatch.setattr(effect_tables, "DENSE", 0)
        monkeypatch.setattr(absorb, "DENSE", 0)
    if request.param == "many levels":
        monkeypatch.setattr(absorb, "LEVELS_SOLVED", 0)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("cluster", ["unit", "across"])
def test_dummies_by_tables_are_dummies_by_columns(size, weighted, cluster):
    data = panel()
    weights = data["w"].to_numpy() if weighted else None
    codes = data[["unit", "time"]].to_numpy() - [0, 1]
    design = Design(data["y"].to_numpy(), data[["x", "z"]].to_numpy(), ("x", "z"), codes, (data[cluster].to_numpy(),), weights=weights)
    found = fit_cells(design, data["cell"].to_numpy(), tuple(f"cell {i}" for i in range(int(data["cell"].max()) + 1)))
    beta, errors = by_hand(data, np.ones(len(data)) if weights is None else weights, data[cluster].to_numpy(), cluster == "unit")
    assert found.coefficients == pytest.approx(beta, rel=1e-9)
    assert found.errors == pytest.approx(errors, rel=1e-9)


def test_what_the_effects_explain_is_named():
    data = panel()
    codes = data[["unit", "time"]].to_numpy() - [0, 1]
    names = tuple(f"cell {i}" for i in range(int(data["cell"].max()) + 1))

    def refusal(**columns):
        x = np.column_stack(list(columns.values()))
        design = Design(data["y"].to_numpy(), x, tuple(columns), codes, (data["unit"].to_numpy(),))
        with pytest.raises(NotIdentified) as error:
            fit_cells(design, data["cell"].to_numpy(), names)
        return str(error.value)

    assert refusal(x=data["x"], born=data["unit"] * 2.0) == "born does not vary within the fixed effects"
    assert refusal(x=data["x"], z=data["z"], twice=2 * data["x"]) == "x and twice are collinear within the fixed effects"
    assert refusal(z=data["z"], treated=(data["cell"] == 0) * 3.0) == "cell 0 and treated are collinear within the fixed effects"


def test_a_cell_that_is_a_period_is_named():
    data = panel()
    codes = data[["unit", "time"]].to_numpy() - [0, 1]
    design = Design(data["y"].to_numpy(), np.empty((len(data), 0)), (), codes, (data["unit"].to_numpy(),))
    with pytest.raises(NotIdentified, match=r"^late does not vary within the fixed effects$"):
        fit_cells(design, np.where(data["time"] == 7, 1, np.where(data["cell"] == 0, 0, -1)), ("early", "late"))


@pytest.mark.parametrize("holes", [False, True])
def test_permutations_by_tables_are_permutations_by_rows(holes):
    data = panel(3, units=60, share=0.9 if holes else 1.0).sort_values(["unit", "time"]).reset_index(drop=True)
    unit, period, time = data["unit"].to_numpy(), data["time"].to_numpy() - 1, data["time"].to_numpy(float)
    first = np.where(data["cohort"] > 0, data["cohort"], np.inf)[np.unique(unit, return_index=True)[1]]
    actual = (time >= first[unit]).astype(float)
    codes = np.column_stack([unit, period])
    args = data["y"].to_numpy(), actual
    found = evaluate(*args, unit, period, time, first, 25, np.random.default_rng(5), codes, 9)
    permuted = np.column_stack(
        [time >= block[unit, i] for block in permutations(first, 25, np.random.default_rng(5), 7) for i in range(block.shape[1])]
    )
    right = evaluate_rows(*args, permuted.astype(float), codes, unit, 9)
    for name in ("a", "b", "v_yy", "v_yd", "v_dd"):
        assert getattr(found, name) == pytest.approx(getattr(right, name), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("cluster", ["unit", "across"])
def test_scores_of_averages_owe_to_the_untreated_fit_what_projections_say(size, weighted, cluster):
    data = panel(1)
    data = data[data["unit"].isin(data.loc[data["time"] < 3, "unit"])].reset_index(drop=True)
    codes = np.column_stack([pd.factorize(data[name])[0] for name in ("unit", "time")])
    free = ((data["cohort"] == 0) | (data["time"] < data["cohort"])).to_numpy()
    weights = data["w"].to_numpy() if weighted else None
    w = np.ones(len(data)) if weights is None else weights
    clusters = pd.factorize(data[cluster])[0]
    y, x = data["y"].to_numpy(), data[["x", "z"]].to_numpy()
    fit = UntreatedFit(y, x, ("x", "z"), codes, free, weights, clusters)
    every = np.column_stack([dummies(codes[:, 0]), dummies(codes[:, 1])[:, 1:], x])
    part = every[free] * np.sqrt(w[free])[:, None]
    residual = y - every @ np.linalg.lstsq(part, y[free] * np.sqrt(w[free]), rcond=None)[0]
    assert fit.residual == pytest.approx(residual, abs=1e-10)
    cell = np.where(free, -1, data["cohort"].map({0: -1, 3: 0, 4: 1, 6: 2}))
    centre = np.random.default_rng(0).normal(size=len(data))
    found = fit.scores(cell, 3, centre)
    for code in range(3):
        target = w * (cell == code) / w[cell == code].sum()
        # Weights of untreated rows: minus the projection of the treated ones (theorem 3's v, written out).
        owed = w[free] * (every[free] @ np.linalg.pinv(part.T @ part) @ every.T @ target)
        influence = target * (residual - centre)
        influence[free] = -owed * residual[free]
        assert found[:, code] == pytest.approx(np.bincount(clusters, influence), abs=1e-10)
        assert fit.means(cell, 3)[code] == pytest.approx(target @ residual, abs=1e-10)


def test_effects_of_parts_that_nothing_links_are_not_compared():
    """Units a, b are untreated in periods 0, 1 and c, d in 2, 3: no untreated row links the two pairs of periods."""
    unit = np.repeat([0, 1, 2, 3], 4)
    period = np.tile([0, 1, 2, 3], 4)
    free = np.where(unit < 2, period < 2, period >= 2)
    no_unit, no_period, apart = identified(np.column_stack([unit, period]), free)
    assert not no_unit.any() and not no_period.any()
    assert (apart == ~free).all()
    linked = free | ((unit == 0) & (period == 2))
    assert not identified(np.column_stack([unit, period]), linked)[2].any()
