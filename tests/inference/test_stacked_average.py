"""Many assignments of treatment at a time give what one by one, cell by cell and event time by event time, gives."""

import numpy as np
import pytest

from analysis.inference.stacked_average import Comparison, Stacks, permutations


def stacks(seed):
    generator = np.random.default_rng(seed)
    units, events = 60, 4
    cell = generator.integers(0, 5, units)
    valid = generator.random((events, units)) > 0.15
    treated = generator.random(units) < 0.2
    change = np.where(valid, np.stack([generator.normal(size=(events, units)), (np.arange(events) > 1)[:, None] * treated[None]]), 0.0)
    return Stacks(change, valid, np.arange(-2, 2), cell, generator.integers(0, 40, units), treated)


def by_loops(given, treated, selection):
    """The effect and its influence by cluster as the definitions read."""
    pairs = []
    for e in np.flatnonzero(selection):
        for c in range(given.n_cells):
            on, off = (given.valid[e] & (given.cell == c) & side for side in (treated, ~treated))
            if on.any() and off.any():
                pairs.append((e, on, off))
    total = sum(on.sum() for _, on, _ in pairs)
    effect = sum(on.sum() * (given.change[:, e, on].mean(1) - given.change[:, e, off].mean(1)) for e, on, off in pairs) / total
    influence = np.zeros((2, int(given.cluster.max()) + 1))
    for e, on, off in pairs:
        mean = given.change[:, e, off].mean(1)
        for u in np.flatnonzero(on):
            influence[:, given.cluster[u]] += (given.change[:, e, u] - mean - effect) / total
        for u in np.flatnonzero(off):
            influence[:, given.cluster[u]] -= on.sum() / off.sum() * (given.change[:, e, u] - mean) / total
    return effect, influence


@pytest.mark.parametrize("seed", range(3))
def test_as_by_definition(seed):
    given, selection = stacks(seed), np.array([False, False, True, True])
    assignments = permutations(given.cell, given.treated, np.random.default_rng(1))
    labels = np.stack([given.treated, *(next(assignments) for _ in range(6))])
    effect, influence = Comparison(given, selection).evaluate(labels)
    for draw, treated in enumerate(labels):
        expected = by_loops(given, treated, selection)
        assert effect[:, draw] == pytest.approx(expected[0], abs=1e-12)
        assert influence[:, draw] == pytest.approx(expected[1], abs=1e-12)


def test_nobody_treated_is_no_effect():
    given = stacks(0)
    effect, influence = Comparison(given, np.ones(4, bool)).evaluate(np.zeros((1, 60), bool))
    assert np.isnan(effect).all() and np.isnan(influence.sum())


def test_permutations_keep_how_many_are_treated_in_a_cell():
    given = stacks(2)
    drawn = permutations(given.cell, given.treated, np.random.default_rng(5))
    counts = np.bincount(given.cell[given.treated], minlength=5)
    for _ in range(200):
        assert np.array_equal(np.bincount(given.cell[next(drawn)], minlength=5), counts)
