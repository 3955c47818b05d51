"""Effects swept out, factored or iterated, beside least squares on their dummies; and what is a combination of what."""

import numpy as np
import pytest

from analysis.core.estimates import NotIdentified
from analysis.inference import absorb
from analysis.inference.absorb import Absorber
from analysis.inference.rank import independent, project


def table(rows: int = 400, levels=(60, 25, 7)):
    rng = np.random.default_rng(2)
    codes = np.column_stack([np.r_[np.arange(n), rng.integers(0, n, rows - n)] for n in levels])
    return codes, rng.normal(size=(rows, 3)) + codes[:, [0]] / 9, rng.uniform(0.01, 5, rows)


def by_dummies(values, codes, weights):
    dummies = np.column_stack([codes[:, [e]] == np.arange(codes[:, e].max() + 1) for e in range(codes.shape[1])]).astype(float)
    root = np.sqrt(weights)[:, None]
    return values - dummies @ np.linalg.lstsq(dummies * root, values * root, rcond=1e-12)[0]


@pytest.mark.parametrize("factored", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("effects", [1, 2, 3])
def test_columns_are_net_of_dummies(effects, weighted, factored, monkeypatch):
    codes, values, weights = table()
    codes = codes[:, :effects]
    monkeypatch.setattr(absorb, "LEVELS_SOLVED", 1500 if factored else 0)
    units = np.array([1e-9, 1.0, 1e9])
    net = Absorber(codes, weights if weighted else None).residualize(values * units) / units
    assert net == pytest.approx(by_dummies(values, codes, weights if weighted else np.ones(len(codes))), abs=1e-11)


def test_levels_that_meet_in_few_rows_are_still_swept_out(monkeypatch):
    monkeypatch.setattr(absorb, "LEVELS_SOLVED", 0)
    place = np.arange(300)  # a chain: each level meets the next one only
    codes = np.column_stack([place, (place + 1) // 2])[np.r_[0:300, 0:300]]
    codes[300:, 1] = (place + 2) // 2
    values = np.random.default_rng(0).normal(size=(600, 2))
    assert Absorber(codes).residualize(values) == pytest.approx(by_dummies(values, codes, np.ones(600)), abs=1e-9)


def test_columns_far_from_zero_lose_no_digits():
    codes, values, _ = table()
    far = Absorber(codes[:, :2]).residualize(values + 2.0**26)
    assert far == pytest.approx(Absorber(codes[:, :2]).residualize(values), abs=1e-7)


def test_only_members_of_a_combination_are_named():
    rng = np.random.default_rng(1)
    free, a, b = rng.normal(size=(3, 200))
    columns = np.column_stack([free, a * 1e9, b, (a - b) * 1e-6])
    with pytest.raises(NotIdentified, match=r"^a, b and c are collinear within firm$"):
        project(columns, ("free", "a", "b", "c"), where=" within firm")
    assert len(independent(columns)) == 3
    near = np.column_stack([a, a + 1e-7 * b])  # nearly, but not, collinear
    assert project(near, ("a", "b")).coefficients(near @ [2.0, -1.0]) == pytest.approx([2.0, -1.0], abs=1e-6)
