"""The test of a share and its exact interval say the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from analysis.inference.exact_binomial import p_value

pytestmark = pytest.mark.fast


@given(some.integers(1, 60).flatmap(lambda n: some.tuples(some.integers(0, n), some.just(n))), some.floats(0.001, 0.999))
def test_twice_the_smaller_tail_rejects_what_the_interval_excludes(counts, share):
    hits, trials = counts
    tails = [stats.binomtest(hits, trials, share, alternative=side).pvalue for side in ("less", "greater")]
    assert p_value(hits, trials, share) == pytest.approx(min(1.0, 2 * min(tails)), rel=1e-9, abs=1e-15)
    low, high = proportion_confint(hits, trials, 0.05, method="beta")
    if min(abs(share - low), abs(share - high)) > 1e-9:
        assert (p_value(hits, trials, share) < 0.05) == (not low <= share <= high)


def test_at_the_ends():
    assert p_value(0, 33, 0.0) == 1.0 and p_value(33, 33, 1.0) == 1.0
    assert p_value(1, 33, 0.0) == 0.0 and p_value(32, 33, 1.0) == 0.0
    assert p_value(0, 33, 0.1) == pytest.approx(2 * 0.9**33)
