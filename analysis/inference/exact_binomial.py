"""The test to which the exact interval of a share belongs (Clopper and Pearson 1934, Biometrika 26: 404-413)."""

from __future__ import annotations

from scipy import stats


def p_value(hits: float, trials: float, share: float) -> float:
    """Return the two-sided p-value of `share`, from 0 to 1: twice the smaller tail, so that it is below 0.05 where the 95 % interval ends.

    Counts may be divided by a dispersion and need not be whole. Other two-sided tests add up all outcomes that are no likelier than
    what was seen: they can reject a share within the interval, or the reverse.
    """
    above = stats.beta.cdf(share, hits, trials - hits + 1) if hits > 0 else 1.0
    below = stats.beta.sf(share, hits + 1, trials - hits) if hits < trials else 1.0
    return float(min(1.0, 2 * min(above, below)))
