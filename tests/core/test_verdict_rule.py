"""The verdict rule on hand-made intervals, and its properties on random intervals and regions."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.core.verdict_rule import Region, read_interval

pytestmark = pytest.mark.fast

# Cycle shortened by 20-30 %: log time ratio between log 0.70 and log 0.80.
CYCLE = Region(math.log(0.70), math.log(0.80))
RISE = Region(low=0.02)


@pytest.mark.parametrize(
    ("ci95", "ci90", "region", "verdict", "code"),
    [
        ((-0.37, -0.22), (-0.35, -0.23), CYCLE, "consistent", "strong"),
        ((-0.50, -0.10), (-0.47, -0.13), CYCLE, "consistent", "compatible"),
        ((-0.20, 0.05), (-0.18, 0.03), CYCLE, "not consistent", "smaller"),
        ((0.05, 0.30), (0.07, 0.28), CYCLE, "not consistent", "opposite"),
        ((-0.90, -0.40), (-0.86, -0.44), CYCLE, "not consistent", "larger"),
        ((-0.40, 0.10), (-0.36, 0.06), CYCLE, "untestable", "INCONCLUSIVE"),
        ((0.03, 0.30), (0.05, 0.28), RISE, "consistent", "strong"),
        ((-0.10, 0.01), (-0.09, 0.005), RISE, "not consistent", "smaller"),
        # The 90 % interval lies inside the half-line, but the 95 % interval holds zero: strong may not be easier than compatible.
        ((-0.01, 0.60), (0.03, 0.55), Region(low=0.0), "untestable", "INCONCLUSIVE"),
        ((-0.01, 0.60), (0.03, 0.55), RISE, "untestable", "INCONCLUSIVE"),
        # An interval that ends at zero is a tie: it holds zero, and says neither the claim nor its opposite.
        ((0.0, 0.7), (0.0, 0.7), Region(high=0.0), "not consistent", "smaller"),
        ((0.0, 0.7), (0.1, 0.6), Region(low=0.0), "untestable", "INCONCLUSIVE"),
        ((1e-9, 0.7), (0.1, 0.6), Region(high=0.0), "not consistent", "opposite"),
    ],
)
def test_intervals(ci95, ci90, region, verdict, code):
    read = read_interval(ci95, ci90, region)
    assert (read.verdict, read.code) == (verdict, code)


def test_a_region_across_zero_is_refused():
    with pytest.raises(ValueError, match="one side of zero"):
        Region(-0.1, 0.1)


# A busy machine may take its time over one example.
unhurried = settings(deadline=None)
NUMBERS = st.floats(-10, 10).map(lambda value: round(value, 3))
SIZES = st.floats(0, 5).map(lambda value: round(value, 3))


@st.composite
def regions(draw):
    low, width = draw(SIZES), draw(st.one_of(st.just(math.inf), st.floats(0.01, 5)))
    region = Region(low, low + width)
    return mirrored(region) if draw(st.booleans()) else region


@st.composite
def intervals(draw):
    """A 95 % interval with a 90 % interval inside it, either of which may end at zero."""
    inner = sorted((draw(NUMBERS), draw(NUMBERS)))
    return (inner[0] - draw(SIZES), inner[1] + draw(SIZES)), (inner[0], inner[1])


def mirrored(region):
    return Region(-region.high, -region.low)


def turned(interval):
    return -interval[1], -interval[0]


@unhurried
@given(intervals(), regions())
def test_never_consistent_with_zero_inside(pair, region):
    (low, high), _ = pair
    if low <= 0 <= high:
        assert read_interval(*pair, region).verdict != "consistent"


@unhurried
@given(intervals(), regions(), SIZES, SIZES, SIZES, SIZES)
def test_widening_never_turns_untestable_into_consistent(pair, region, a, b, c, d):
    (low, high), (inner_low, inner_high) = pair
    wide = (low - a - c, high + b + d), (inner_low - a, inner_high + b)
    if read_interval(*pair, region).verdict == "untestable":
        assert read_interval(*wide, region).verdict == "untestable"


@unhurried
@given(intervals(), regions(), SIZES, SIZES)
def test_widening_never_makes_a_reading_strong(pair, region, a, b):
    (low, high), (inner_low, inner_high) = pair
    wide = (low - a, high + b), (inner_low - a, inner_high + b)
    if read_interval(*pair, region).code in ("INCONCLUSIVE", "compatible"):
        assert read_interval(*wide, region).code != "strong"


@unhurried
@given(intervals(), regions())
def test_mirror_symmetry(pair, region):
    there, here = read_interval(*map(turned, pair), mirrored(region)), read_interval(*pair, region)
    assert (there.verdict, there.code) == (here.verdict, here.code)


@unhurried
@given(regions(), st.floats(0.3, 0.7), st.floats(1e-6, 1e-3))
def test_a_point_far_inside_with_a_tiny_interval_is_strong(region, share, half):
    low, high = max(region.low, -100.0), min(region.high, 100.0)
    point, half = low + share * (high - low), half * (high - low)
    assert read_interval((point - 2 * half, point + 2 * half), (point - half, point + half), region).code == "strong"


@unhurried
@given(intervals(), regions())
def test_opposite_lies_strictly_beyond_zero(pair, region):
    (low, high), _ = pair
    if read_interval(*pair, region).code == "opposite":
        assert high < 0 if region.positive else low > 0


@unhurried
@given(intervals(), regions())
def test_strong_is_a_case_of_compatible(pair, region):
    """Whatever is strong would be compatible if the 90 % interval were not looked at."""
    if read_interval(*pair, region).code == "strong":
        assert read_interval(pair[0], (-math.inf, math.inf), region).code == "compatible"
