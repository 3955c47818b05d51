"""Sums over risk sets by sorting against the matrix of who is at risk when."""

import numpy as np
import pytest

from analysis.inference.product_limit import curve
from analysis.inference.risk_sets import RiskSets, SubdistributionRiskSets


@pytest.mark.parametrize("strata", [1, 3, 60])
@pytest.mark.parametrize("late", [False, True])
def test_sums_are_those_of_the_whole_matrix(strata, late):
    rng = np.random.default_rng(0)
    n = 200
    entry = rng.integers(0, 6, n).astype(float) if late else np.zeros(n)
    stop, event, codes = entry + rng.integers(1, 9, n), rng.random(n) < 0.5, np.unique(rng.integers(0, strata, n), return_inverse=True)[1]
    sets = RiskSets(entry, stop, event, codes)
    pairs = sorted({(c, t) for c, t in zip(codes[event], stop[event], strict=True)})
    assert list(zip(sets.stratum, sets.times, strict=True)) == pairs
    at_risk = np.array([(codes == c) & (entry < t) & (stop >= t) for c, t in pairs], float)
    values, increments = rng.normal(size=(n, 3)), rng.normal(size=(len(pairs), 2))
    assert sets.gather(values) == pytest.approx(at_risk @ values, abs=1e-12)
    assert sets.spread(increments) == pytest.approx(at_risk.T @ increments, abs=1e-12)
    assert sets.deaths.sum() == event.sum() and (sets.times[sets.which] == stop[sets.dead]).all()


def test_small_risk_sets_are_exact_beside_large_ones():
    """The last survivors have risks of 1e-12 of those before them."""
    stop = np.arange(1.0, 11.0)
    sets = RiskSets(np.zeros(10), stop, np.ones(10, bool), np.zeros(10, int))
    risk = np.r_[np.full(8, 1e6), 1e-6, 1e-6][:, None]
    assert sets.gather(risk)[8:, 0] == pytest.approx([2e-6, 1e-6], rel=1e-14)


def test_those_who_ended_otherwise_stay_with_their_weight():
    rng = np.random.default_rng(1)
    stop, kind = rng.integers(1, 12, 150).astype(float), rng.integers(0, 3, 150)

    def kept(when):
        return np.exp(-0.1 * when)

    sets = SubdistributionRiskSets(stop, kind == 1, kind == 2, kept)
    times = np.unique(stop[kind == 1])
    weight = (stop >= times[:, None]) + ((stop < times[:, None]) & (kind == 2)) * kept(times)[:, None] / kept(stop)
    values, increments = rng.normal(size=(150, 2)), rng.normal(size=(len(times), 2))
    assert sets.gather(values) == pytest.approx(weight @ values, abs=1e-12)
    assert sets.spread(increments) == pytest.approx(weight.T @ increments, abs=1e-12)


def test_the_curve_is_that_of_lifelines_with_late_entry():
    from lifelines import KaplanMeierFitter

    rng = np.random.default_rng(2)
    entry = rng.integers(0, 5, 200).astype(float)
    stop, ended = entry + rng.integers(1, 8, 200), rng.random(200) < 0.6
    theirs = KaplanMeierFitter().fit(stop, ended, entry=entry)
    times = np.arange(0.5, 12)
    assert curve(stop, ended, entry).at(times) == pytest.approx(theirs.survival_function_at_times(times).to_numpy(), abs=1e-12)
