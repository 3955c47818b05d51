"""Labels permuted among units and within strata, and how many assignments there are."""

from itertools import permutations

import numpy as np
import pytest

from analysis.inference.permuted_labels import assignments, permute

pytestmark = pytest.mark.fast

LABELS = np.array([2019.0, 2020.0, np.inf, np.inf, 2019.0, np.inf])
STRATA = np.array([0, 0, 0, 1, 1, 1])


def test_assignments_are_counted_as_by_enumeration():
    assert assignments(LABELS) == len(set(permutations(LABELS)))
    within = len(set(permutations(LABELS[:3]))) * len(set(permutations(LABELS[3:])))
    assert assignments(LABELS, STRATA) == within == 18


def test_labels_stay_within_their_stratum_and_every_assignment_comes_as_often():
    drawn = [tuple(one) for one in permute(LABELS, 9000, np.random.default_rng(1), STRATA)]
    assert all(sorted(one[:3]) == sorted(LABELS[:3]) and sorted(one[3:]) == sorted(LABELS[3:]) for one in drawn)
    counts = np.unique(drawn, axis=0, return_counts=True)[1]
    assert len(counts) == 18 and counts.min() > 400 and counts.max() < 600


def test_one_stratum_is_no_strata():
    alone = list(permute(LABELS, 5, np.random.default_rng(3)))
    one = list(permute(LABELS, 5, np.random.default_rng(3), np.zeros(6, int)))
    assert np.array_equal(alone, one)
