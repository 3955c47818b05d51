"""Maximum of the likelihood of durations against one written separately with scipy's distributions, and on every scale."""

import numpy as np
import pytest
from scipy import optimize, stats

from analysis.core.estimates import NotIdentified
from analysis.inference.cure_likelihood import DISTRIBUTIONS, Spells, derivatives
from analysis.inference.cure_maximum import NoInnerMaximum, maximise

FAMILY = {
    "weibull": lambda location, scale: stats.weibull_min(1 / scale, scale=np.exp(location)),
    "lognormal": lambda location, scale: stats.lognorm(scale, scale=np.exp(location)),
    "loglogistic": lambda location, scale: stats.fisk(1 / scale, scale=np.exp(location)),
}


def drawn(seed=0, n=120, never=0.0):
    """Return x (rows, 3) with a constant, low, high and entry of durations of every kind."""
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.normal(size=n), rng.integers(0, 2, n), np.ones(n)])
    time = np.exp(x @ [0.3, -0.4, 1.5] + 0.6 * np.log(rng.exponential(size=n)))
    time[rng.uniform(size=n) < never] = 1e9
    entry = np.where(rng.uniform(size=n) < 0.3, rng.uniform(0, 1, n), 0.0)
    seen = time > entry
    x, time, entry = x[seen], time[seen], entry[seen]
    inside = (rng.uniform(size=len(time)) < 0.4) & (entry == 0)
    low, high = np.where(inside, np.floor(time), time), np.where(inside, np.floor(time) + 1, time)
    ended = time < 9
    return x, np.where(ended, low, 9.0), np.where(ended, high, np.inf), entry


def log_likelihood(theta, distribution, x, low, high, entry, z=None):
    """Return the log likelihood of each row, as the textbook has it."""
    k = x.shape[1]
    law = FAMILY[distribution](x @ theta[:k], np.exp(theta[k]))
    ends = 1.0 if z is None else 1 / (1 + np.exp(-z @ theta[k + 1 :]))
    survival = lambda at: 1 - ends + ends * law.sf(at)  # noqa: E731
    at_a_date, not_yet = high == low, np.isinf(high)
    high = np.where(not_yet, 1.0, high)
    share = np.where(at_a_date, ends * law.pdf(high), ends * (law.cdf(high) - law.cdf(low)))
    # Where a search strays the likelihood may vanish.
    return np.log(np.maximum(np.where(not_yet, survival(low), share), 1e-300)) - np.log(survival(entry))


def slopes(function, point, step=1e-4):
    """Return the gradient by central differences of the fourth order."""
    found = []
    for unit in np.eye(len(point)) * step:
        near, far = function(point + unit) - function(point - unit), function(point + 2 * unit) - function(point - 2 * unit)
        found.append((8 * near - far) / (12 * step))
    return np.array(found)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_it_is_the_top_of_a_likelihood_written_separately(distribution):
    x, low, high, entry = drawn()
    found = maximise(Spells.between(low, high, entry), distribution, x)
    by_row = lambda theta: log_likelihood(theta, distribution, x, low, high, entry)  # noqa: E731
    own = lambda theta: by_row(theta).sum()  # noqa: E731
    climbed = optimize.minimize(lambda theta: -own(theta), [0, 0, 1, 0], method="BFGS", options={"gtol": 1e-6})
    assert own(found.theta) >= -climbed.fun - 1e-9
    assert found.theta == pytest.approx(climbed.x, abs=2e-5)
    # One Newton step from there, on numerical derivatives, would move nothing.
    hessian = np.array([(slopes(own, found.theta + u, 1e-3) - slopes(own, found.theta - u, 1e-3)) / 2e-3 for u in np.eye(4) * 1e-3])
    assert np.abs(np.linalg.solve(hessian, slopes(own, found.theta))).max() < 1e-9
    assert found.variance() == pytest.approx(np.linalg.inv(-hessian), rel=1e-4, abs=1e-7)
    scores = slopes(by_row, found.theta)
    robust = np.linalg.inv(hessian) @ scores @ scores.T @ np.linalg.inv(hessian)
    assert found.variance(found.scores) == pytest.approx(robust, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("distribution", ["weibull", "loglogistic"])
def test_with_a_share_that_never_ends_too(distribution):
    x, low, high, entry = drawn(3, 600, never=0.4)
    entry = np.zeros(len(low))
    z = x[:, [0, 2]]
    found = maximise(Spells.between(low, high), distribution, x, z)
    by_row = lambda theta: log_likelihood(theta, distribution, x, low, high, entry, z)  # noqa: E731
    own = lambda theta: by_row(theta).sum()  # noqa: E731
    climbed = optimize.minimize(lambda theta: -own(theta), [0, 0, 1, 0, 0, 0], method="BFGS", options={"gtol": 1e-6})
    assert own(found.theta) >= -climbed.fun - 1e-9
    assert found.theta == pytest.approx(climbed.x, abs=1e-4)


def test_of_several_tops_the_highest_is_taken():
    """Few spells, with covariates of the share: a search from the middle ends two log points below the top."""
    rng = np.random.default_rng(137)
    normal, binary = rng.normal(size=40), rng.integers(0, 2, 40)
    never = rng.uniform(size=40) < 0.3
    time = np.where(never, 1e9, np.exp(1 + 0.5 * binary + 0.3 * normal + 0.6 * np.log(rng.exponential(size=40))))
    until = rng.uniform(1, 4, 40)
    x = np.column_stack([binary, normal, np.ones(40)])
    low, high = np.minimum(time, until), np.where(time < until, time, np.inf)
    spells = Spells.between(low, high)
    found = maximise(spells, "weibull", x, x[:, 1:])
    by_row = lambda theta: log_likelihood(theta, "weibull", x, low, high, np.zeros(40), x[:, 1:])  # noqa: E731
    own = lambda theta: by_row(theta).sum()  # noqa: E731
    tops = []
    with np.errstate(all="ignore"):
        for begin in ([0, 0, 1, 0, 0, 0], [0, 0, 1, -1, -2, 0]):
            tops.append(-optimize.minimize(lambda theta: -own(theta), begin, method="BFGS").fun)
    assert max(tops) - min(tops) > 0.1
    assert own(found.theta) >= max(tops) - 1e-8


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize(
    ("unit", "origin", "time"),
    [(1e9, 0, 1), (1e-9, 0, 1), (1, 2000, 1), (1, 1e8, 1), (4e9, 2e11, 1), (1, 0, 1e9), (1, 0, 1e-9), (1e-3, -1e5, 1e6)],
)
def test_units_and_origins_change_nothing(distribution, unit, origin, time):
    x, low, high, entry = drawn(5)
    x[:, 0] = x[:, 0].round(4)
    before = maximise(Spells.between(low, high, entry), distribution, x)
    moved = x.copy()
    moved[:, 0] = x[:, 0] * unit + origin
    after = maximise(Spells.between(low * time, high * time, entry * time), distribution, moved)
    scale = np.array([unit, 1, 1, 1])
    b, c = before.theta, after.theta * scale
    c[2] += after.theta[0] * origin - np.log(time)
    assert c == pytest.approx(b, rel=1e-8, abs=0) or (origin and c[[0, 1, 3]] == pytest.approx(b[[0, 1, 3]], rel=1e-8, abs=0))
    errors = np.sqrt(np.diag(after.variance())) * scale
    assert errors[[0, 1, 3]] == pytest.approx(np.sqrt(np.diag(before.variance()))[[0, 1, 3]], rel=1e-8)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_short_intervals_lose_no_digits(distribution):
    """Two points of quadrature and the difference of survivals agree where both are good, and shorter ones tend to the density."""
    location, first = np.full(7, 1.0), np.linspace(0.2, 2.0, 7)
    found = []
    for width in (0.0099, 0.0101, 1e-6):
        low = np.exp(first)
        spells = Spells.between(low, low * np.exp(width))
        at = derivatives(spells, distribution, location - 0.0, 0.0, None)
        found.append((at.value - 7 * np.log(width), at.first[:2], at.second[:2, :2]))
    dates = derivatives(Spells.between(np.exp(first), np.exp(first)), distribution, location, 0.0, None)
    for two, difference in zip(found[0][1:], found[1][1:], strict=True):
        assert two == pytest.approx(difference, abs=2e-3)
    assert found[2][0] == pytest.approx(dates.value + first.sum(), abs=1e-4)
    assert found[2][1] == pytest.approx(dates.first[:2], abs=1e-5)
    assert found[2][2] == pytest.approx(dates.second[:2, :2], abs=1e-5)


def test_two_points_are_as_good_as_many():
    """Against Gauss-Legendre quadrature at twenty points, at the longest interval that two points serve."""
    location, scale, first, width = 1.0, np.exp(-0.2), 1.7, 0.0099 * np.exp(-0.2)
    spells = Spells.between(np.array([np.exp(first)]), np.array([np.exp(first + width)]))
    nodes, weights = np.polynomial.legendre.leggauss(20)
    w = (first + width * (1 + nodes) / 2 - location) / scale
    mass = (weights * np.exp(w - np.exp(w))).sum() / 2 * width / scale
    assert derivatives(spells, "weibull", np.array([location]), -0.2, None).value == pytest.approx(np.log(mass), abs=1e-11)


def test_likelihoods_without_an_inner_maximum_say_why():
    one = np.ones((6, 1))
    time = np.arange(1.0, 7.0)
    with pytest.raises(NoInnerMaximum, match="scale goes to 0"):
        maximise(Spells.between(time, time), "weibull", np.column_stack([np.log(time), np.ones(6)]))
    with pytest.raises(NoInnerMaximum, match="not identified"):
        maximise(Spells.between(np.ones(6), np.full(6, 3.0)), "lognormal", one)
    with pytest.raises(NoInnerMaximum, match="never ends goes to 0"):
        maximise(Spells.between(time, time), "weibull", one, one)
    with pytest.raises(NotIdentified, match="duration 0"):
        Spells.between(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
