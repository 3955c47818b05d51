"""Separation of outcomes against enumeration, and who is named for it; rank in standard units."""

from itertools import combinations

import numpy as np
import pytest

from analysis.core.estimates import NotIdentified
from analysis.inference.separation import culprits, direction
from analysis.inference.standard_units import dependent, need_full_rank, orthonormal


def separated_by_enumeration(x, y):
    """Whether a plane through two of the points (rows, 2) leaves ones on one side and zeros on the other, some off the plane.

    The extreme rays of the cone of separating directions in three dimensions lie where two of its planes meet.
    """
    signs = np.where(y == 1, 1.0, -1.0)
    points = np.column_stack([x, np.ones(len(x))])
    for one, two in combinations(points, 2):
        normal = np.cross(one, two)
        for side in (signs * (points @ normal), -signs * (points @ normal)):
            if (side > -1e-12).all() and (side > 1e-12).any():
                return True
    return False


def test_the_programme_finds_what_enumeration_finds():
    rng = np.random.default_rng(0)
    verdicts = []
    for _ in range(150):
        x = rng.integers(-3, 4, (rng.integers(6, 16), 2)).astype(float)
        if np.linalg.matrix_rank(np.column_stack([x, np.ones(len(x))])) < 3:
            continue
        y = (x @ rng.normal(size=2) + rng.choice([0.3, 3.0]) * rng.normal(size=len(x)) > 0).astype(float)
        if y.min() == y.max():
            continue
        verdicts.append((direction(np.column_stack([x, np.ones(len(x))]), y) is not None, separated_by_enumeration(x, y)))
    found, true = np.array(verdicts).T
    assert (found == true).all() and 30 < true.sum() < len(true) - 30


def test_outcomes_between_hold_a_direction():
    x = np.column_stack([[0.0, 0, 1, 1], np.ones(4)])
    assert direction(x, np.array([0.3, 0.6, 1, 1])) is not None
    assert direction(x, np.array([0.3, 0.6, 0.9, 1])) is None


@pytest.mark.parametrize(("unit", "origin"), [(1, 0), (1e9, 0), (1e-9, 0), (1, 1e8)])
def test_units_and_origins_do_not_decide(unit, origin):
    rng = np.random.default_rng(1)
    x = rng.normal(size=200).round(3)
    overlapping = np.column_stack([x * unit + origin, np.ones(200)])
    apart, touching = (x > 0.1).astype(float), (x > 0.1).astype(float)
    touching[np.argmax(x)] = 0
    assert direction(overlapping, apart) is not None
    assert direction(overlapping, touching) is None


def test_only_what_separates_is_named():
    rng = np.random.default_rng(2)
    x, beside = rng.normal(size=(300, 3)), np.ones((300, 1))
    y = (rng.uniform(size=300) < 0.5).astype(float)
    names = ["a", "b", "c"]
    assert culprits(x, y, names, beside) is None
    x[:, 1] = (x[:, 1] > 1) & (y == 1)
    assert culprits(x, y, names, beside) == ["b"]
    x[:, 1] = rng.normal(size=300)
    assert culprits(x, (x[:, 0] + x[:, 2] > 0).astype(float), names, beside) == ["a", "c"]
    assert culprits(x[:, :2], (x[:, 2] > 0).astype(float), names[:2], np.column_stack([x[:, 2], beside])) == []


def test_back_turns_coefficients_into_the_user_s_units():
    rng = np.random.default_rng(3)
    year = rng.normal(2000, 5, 50).round()
    x = np.column_stack([year, 1e9 * rng.normal(size=50), year**2, np.ones(50)])
    design, back = orthonormal(x)
    theta = np.array([0.3, -2.0, 0.7, 1.0])
    assert design.T @ design == pytest.approx(50 * np.eye(4), abs=1e-8)
    assert x @ (back @ theta) == pytest.approx(design @ theta, abs=1e-6)
    with pytest.raises(NotIdentified, match="collinear"):
        orthonormal(np.column_stack([x[:, :2], x[:, 0] - 3, np.ones(50)]))


def test_only_what_depends_is_named():
    rng = np.random.default_rng(4)
    year = rng.normal(2000, 10, 400).round()
    x = np.column_stack([rng.normal(size=400), year, year**2, year**3, 4e9 * rng.normal(size=400), 1e-9 * rng.normal(size=400)])
    need_full_rank(x, list("abcdef"))
    assert dependent(np.column_stack([x, x[:, 0] * 2 - 1e-9 * x[:, 4] + 7])) == [0, 4, 6]
    with pytest.raises(NotIdentified, match="no variation in g among"):
        need_full_rank(np.column_stack([x, np.full(400, 0.1) + 1e-17]), list("abcdefg"))
    with pytest.raises(NotIdentified, match=r"collinear: b, g$"):
        need_full_rank(np.column_stack([x, year - 1990]), list("abcdefg"))
    need_full_rank(np.column_stack([x[:, 0], x[:, 0] + 1e-6 * rng.normal(size=400)]), ["a", "b"])
