"""Step-down by the smallest p-value: as the definition says in loops, blind to the spread of an outcome's statistic, and no more often wrong than promised."""

import numpy as np
import pytest

from analysis.core.estimates import NotIdentified
from analysis.inference.step_down import romano_wolf, westfall_young

pytestmark = pytest.mark.fast


def by_loops(statistics, draws):
    """Return Box 4 of Ge, Dudoit and Speed (2003) as it is written, the actual statistics being the first of the permutations."""
    every = [list(map(abs, row)) for row in [statistics, *draws]]
    count, hypotheses = len(every), range(len(statistics))
    p = [[sum(other[j] >= row[j] for other in every) / count for j in hypotheses] for row in every]
    order = sorted(hypotheses, key=lambda j: p[0][j])
    adjusted, before = {}, 0.0
    for step, j in enumerate(order):
        smallest = [min(row[k] for k in order[step:]) for row in p]
        before = adjusted[j] = max(before, sum(value <= p[0][j] for value in smallest) / count)
    return [adjusted[j] for j in hypotheses]


@pytest.mark.parametrize("seed", range(5))
def test_as_the_definition_in_loops(seed):
    generator = np.random.default_rng(seed)
    draws = generator.normal(size=(60, 5)) + generator.normal(size=(60, 1))
    statistics = generator.normal(size=5) * 2
    assert westfall_young(statistics, draws) == pytest.approx(by_loops(statistics, draws), abs=1e-12)


def test_by_hand():
    # One of three draws is as large for the first, none for the second: p = 2/4 and 1/4; the smallest p of each vector: 1/4 four times.
    draws = np.array([[3.0, 0.1], [0.5, 0.2], [0.4, 0.3]])
    assert westfall_young(np.array([1.0, 9.0]), draws) == pytest.approx([0.5, 0.5])


def test_an_outcome_whose_statistic_spreads_wider_hides_no_other():
    generator = np.random.default_rng(1)
    draws = generator.normal(size=(999, 4))
    statistics = np.array([4.0, 0.5, -0.3, 0.8])
    wide = np.array([1.0, 1.0, 1.0, 5.0])
    assert westfall_young(statistics * wide, draws * wide).tolist() == westfall_young(statistics, draws).tolist()
    assert westfall_young(statistics * wide, draws * wide)[0] < 0.01 < 0.3 < romano_wolf(statistics * wide, draws * wide)[0]


def test_hypotheses_may_come_in_any_order_and_a_draw_that_is_the_actual_assignment_counts_in_spite_of_rounding():
    generator = np.random.default_rng(2)
    draws, statistics = generator.normal(size=(99, 4)), generator.normal(size=4)
    order = [2, 0, 3, 1]
    assert westfall_young(statistics[order], draws[:, order]).tolist() == westfall_young(statistics, draws)[order].tolist()
    again = np.vstack([draws, statistics * (1 - 1e-13)])
    assert westfall_young(statistics, again).tolist() == westfall_young(statistics, np.vstack([draws, statistics])).tolist()


def test_false_rejections_are_as_rare_as_promised():
    generator = np.random.default_rng(3)
    spread = np.array([1.0, 2.0, 0.5, 4.0, 1.0, 1.0])
    wrong = 0
    for _ in range(400):
        every = (generator.normal(size=(200, 6)) + generator.normal(size=(200, 1))) * spread
        wrong += (westfall_young(every[0], every[1:]) <= 0.05).any()
    # Binomial with size 0.05: more than 32 of 400 have probability 0.004.
    assert wrong <= 32


def test_it_needs_draws_and_statistics():
    with pytest.raises(NotIdentified, match="no draw"):
        westfall_young(np.array([1.0, 2.0]), np.empty((0, 2)))
    with pytest.raises(NotIdentified, match="nothing to rank"):
        westfall_young(np.array([1.0, 2.0]), np.array([[0.1, np.nan]]))
