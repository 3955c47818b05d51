"""Claims of several parts: intersection-union for all, step-down for any."""

import numpy as np
import pandas as pd

from analysis.core.claim_parts import Part, combine, step_down
from analysis.core.distributions import normal_quantile, normal_tail
from analysis.core.verdict_rule import Region, Verdict, read_interval

RISE = Region(low=0.0)


def part(estimate: float, error: float = 1.0, sampled: bool = True) -> Part:
    ends = {
        f"{name}_{side}": estimate + sign * normal_quantile(share) * error
        for name, share in (("ci", 0.975), ("ci90", 0.95))
        for side, sign in (("low", -1), ("high", 1))
    }
    row = pd.Series({"estimate": estimate, "inference": "analytic" if sampled else "dates", **ends})
    return Part("a part", read_interval((row["ci_low"], row["ci_high"]), (row["ci90_low"], row["ci90_high"]), RISE), row, RISE)


def read(parts, how):
    verdict, place = combine(parts, how)
    return verdict.verdict, place


def test_one_part_is_its_own_verdict():
    only = part(3.0)
    assert combine([only], "all") == (only.verdict, 0) == combine([only], "any")


def test_all_needs_every_part_at_the_full_level():
    assert read([part(2.0), part(2.0)], "all")[0] == "consistent"  # 2.0 of 1.96 at the full level, not at half of it
    assert read([part(2.0), part(1.0)], "all") == ("untestable", 1)


def test_any_needs_one_part_at_the_level_that_all_share():
    assert read([part(2.0), part(1.0)], "any") == ("untestable", 0)
    assert read([part(2.3), part(1.0)], "any") == ("consistent", 0)  # beyond 2.24
    assert read([part(1.0), part(-3.0)], "any") == ("untestable", 0)
    assert read([part(-3.0), part(-2.0)], "any")[0] == "not consistent"  # all of them, each at the full level


def test_one_contradicted_part_contradicts_all_at_the_level_that_they_share():
    assert read([part(3.0), part(-2.3)], "all") == ("not consistent", 1)
    verdict, place = combine([part(3.0), part(-2.0)], "all")
    assert (verdict.verdict, verdict.code, place) == ("untestable", "INCONCLUSIVE", 1)
    assert "2 parts share" in verdict.explanation


def test_step_down_is_that_of_holm():
    """Against adjusted p-values of two-sided tests, half of which count on the claimed side."""
    from statsmodels.stats.multitest import multipletests

    draws = np.random.default_rng(11).normal(1.2, 1.3, size=(100, 4))
    for estimates in draws:
        rejected = multipletests([2 * normal_tail(abs(e)) for e in estimates], 0.05, "holm")[0]
        # Findings of the other sign are no findings here, so that they are left among those that share the level.
        if (estimates > 0).all():
            assert set(step_down([part(e) for e in estimates], "consistent")) == set(np.flatnonzero(rejected))


def test_bounds_without_sampling_share_no_level():
    assert read([part(-0.5, 0.1, sampled=False), part(0.5), part(0.5)], "all") == ("not consistent", 0)
    closed = Part("a gate", Verdict("untestable", "FEWTREAT", "x"), part(-3.0).row, RISE)
    assert read([closed, part(3.0)], "all") == ("untestable", 0)


def test_familywise_error_where_no_part_holds():
    """Of claims none of whose five parts has an effect, "any" is called consistent in at most the 2.5 % of one side."""
    draws = np.random.default_rng(5).normal(0, 1, size=(1500, 5))
    found = np.mean([bool(step_down([part(e) for e in estimates], "consistent")) for estimates in draws])
    assert found < 0.025 + 3 * np.sqrt(0.025 * 0.975 / 1500)
