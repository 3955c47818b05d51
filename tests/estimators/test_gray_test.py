"""Gray's test against a recursion over times, the log-rank test, and its size under equal incidence. SIMULATED."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification
from analysis.estimators import gray_test, log_rank


def spells(seed=0, n=150, groups=3, whole=False):
    rng = np.random.default_rng(seed)
    times = np.column_stack([rng.exponential(1 / 0.15, n), rng.exponential(1 / 0.2, n), rng.uniform(2, 10, n)])
    duration = np.ceil(2 * times.min(1)) if whole else times.min(1)
    return pd.DataFrame({"duration": duration, "event": np.array([1, 2, 0])[times.argmin(1)], "s": rng.integers(0, groups, n)})


def rows(data, module=gray_test, **given):
    fields = {"duration": "duration", "event": "event", "strata": ("s",)} | given
    return {r["term"]: r for r in module.estimate(data, Specification("t", module.__name__.rsplit(".", 1)[-1], **fields))}


def by_recursion(stop, own, other, group, rho):
    """One time after the other, with the variance gathered as a quadratic in what each curve's noise does later."""
    size = group.max() + 1
    before, after, share, share_after = np.ones(size), np.ones(size), np.zeros(size), np.zeros(size)
    pooled, score = 0.0, np.zeros(size)
    drift, noise = np.zeros((size, size)), []
    for t in np.unique(stop[own | other]):
        here = np.array([(stop[group == k] >= t).sum() for k in range(size)])
        d1, d2 = (np.array([((stop == t) & which & (group == k)).sum() for k in range(size)]) for which in (own, other))
        alive = here > 0
        after, share_after = after.copy(), share_after.copy()
        after[alive] = before[alive] * (1 - (d1 + d2)[alive] / here[alive])
        share_after[alive] = share[alive] + before[alive] * d1[alive] / here[alive]
        h = np.zeros(size)
        h[alive] = here[alive] / before[alive]
        r = h * (1 - share)
        weight = (1 - pooled) ** rho
        score += weight * (d1 - d1.sum() * r / r.sum())
        a = weight * (np.diag(h) - np.outer(h, h) / h.sum())
        drift = drift + a * d1.sum() / (h.sum() * (1 - pooled))
        pooled_after = pooled + d1.sum() / h.sum()
        for k in np.flatnonzero(alive):
            other_share = (1 - pooled_after) / after[k] if after[k] > 0 else 0.0
            if d1.sum():
                ties = 1 - (d1.sum() - 1) / (h.sum() * before[k] - 1) if d1.sum() > 1 else 1.0
                noise.append(
                    (a[:, k] - (1 - other_share) * drift[:, k], 1 - other_share, k, ties * before[k] * d1.sum() / (h.sum() * here[k]))
                )
            if d2[k] and after[k] > 0:
                ties = 1 - (d2[k] - 1) / (here[k] - 1) if d2[k] > 1 else 1.0
                noise.append((-other_share * drift[:, k], other_share, k, ties * before[k] ** 2 * d2[k] / here[k] ** 2))
        before, share, pooled = after, share_after, pooled_after
    variance = np.zeros((size, size))
    for at_once, carried, k, spread in noise:
        move = at_once + carried * drift[:, k]
        variance += spread * np.outer(move, move)
    return score[:-1] @ np.linalg.solve(variance[:-1, :-1], score[:-1])


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("rho", [0.0, 1.0])
def test_the_statistic_is_that_of_a_recursion(whole, rho):
    data = spells(whole=whole)
    found = rows(data, options={"rho": rho})
    for kind in (1, 2):
        own = (data["event"] == kind).to_numpy()
        other = ((data["event"] > 0) & ~own).to_numpy()
        right = by_recursion(data["duration"].to_numpy(), own, other, data["s"].to_numpy(), rho)
        assert found[f"gray:{kind}"]["estimate"] == pytest.approx(right, rel=1e-9)
        assert found[f"gray:{kind}"]["p_value"] == pytest.approx(stats.chi2.sf(right, 2), rel=1e-9)


def test_the_order_of_groups_does_not_matter_and_a_treatment_is_two_groups():
    data = spells(1)
    again = data.assign(s=2 - data["s"])
    assert rows(again)["gray:1"]["estimate"] == pytest.approx(rows(data)["gray:1"]["estimate"], rel=1e-9)
    two = data.assign(d=(data["s"] == 0).astype(int))
    by_treatment, by_strata = rows(two, strata=(), treatment="d"), rows(two, strata=("d",))
    assert by_treatment["gray:1"]["estimate"] == by_strata["gray:1"]["estimate"]


def test_without_other_ends_it_is_close_to_the_log_rank_test():
    data = spells(2, n=2000, groups=2)
    data["event"] = (data["event"] == 1).astype(int)
    assert rows(data)["gray:1"]["estimate"] == pytest.approx(rows(data, log_rank)["log_rank"]["estimate"], rel=0.02)


def test_size_under_equal_incidence_and_power_where_the_log_rank_test_has_none():
    rejected = [rows(spells(seed))["gray:1"]["p_value"] < 0.05 for seed in range(400)]
    assert 0.025 <= np.mean(rejected) <= 0.085
    found = {"gray:1": [], "log_rank": []}
    for seed in range(60):  # the same hazard of the first end; the second comes sooner in one group, and leaves fewer first ends
        rng = np.random.default_rng(seed)
        s = np.arange(400) % 2
        times = np.column_stack([rng.exponential(4, 400), rng.exponential(np.where(s == 1, 1.0, 6.0)), rng.uniform(2, 10, 400)])
        data = pd.DataFrame({"duration": times.min(1), "event": np.array([1, 2, 0])[times.argmin(1)], "s": s})
        found["gray:1"].append(rows(data)["gray:1"]["p_value"] < 0.05)
        found["log_rank"].append(rows(data.assign(event=(data["event"] == 1) * 1), log_rank)["log_rank"]["p_value"] < 0.05)
    assert np.mean(found["gray:1"]) > 0.9 and np.mean(found["log_rank"]) < 0.2


def test_a_kind_that_no_spell_has_and_a_single_group_are_refused():
    with pytest.raises(NotIdentified, match="no spell ends with code 4; there are 1, 2"):
        rows(spells(), options={"kind": 4})
    with pytest.raises(NotIdentified, match="one group only"):
        rows(spells(groups=1))
