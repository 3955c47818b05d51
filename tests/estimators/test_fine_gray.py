"""Subdistribution hazards against a loop, a weighted Cox regression, Cox itself, and spells left out. SIMULATED."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification
from analysis.estimators import cox, fine_gray
from analysis.inference.subdistribution_hazard import fit
from analysis.simulations.data_generating_processes import subdistribution


def spells(seed=0, n=250, whole=False):
    rng = np.random.default_rng(seed)
    data = subdistribution.simulate(rng, 0.5, n)[0].assign(x=rng.normal(size=n), c=rng.integers(0, 25, n))
    return data.assign(duration=np.ceil(4 * data["duration"])) if whole else data


def rows(data, module=fine_gray, **given):
    fields = {"duration": "duration", "event": "event", "controls": ("d", "x")} | given
    return {r["term"]: r for r in module.estimate(data, Specification("t", module.__name__.rsplit(".", 1)[-1], **fields))}


def kept_by_loop(stop, event, weight, together):
    """The chance of not having been censored just before a time, by a loop over censorings."""

    def kept(t):
        chance = 1.0
        for u in np.unique(stop[(event == 0) & (stop < t)]):
            at_risk = weight[(stop > u) | ((stop == u) & ((event == 0) | together))].sum()
            chance *= 1 - weight[(stop == u) & (event == 0)].sum() / at_risk
        return chance

    return kept


def by_loop(data, ties, weight=None):
    """Return the coefficients of a likelihood written death by death, with case weights."""
    stop, event = data["duration"].to_numpy(), data["event"].to_numpy()
    x = data[["d", "x"]].to_numpy(float)
    weight = np.ones(len(data)) if weight is None else weight
    kept = kept_by_loop(stop, event, weight, ties == "breslow")
    own = np.array([kept(t) for t in stop])
    sets = []
    for t in np.unique(stop[event == 1]):
        share = np.where(stop >= t, 1.0, np.where(event == 2, kept(t) / own, 0.0)) * weight
        sets.append((share, (stop == t) & (event == 1)))

    def minus(beta):
        risk, total = np.exp(x @ beta), 0.0
        for share, dying in sets:
            deaths = dying.sum()
            total += (weight[dying] * (x[dying] @ beta)).sum()
            for step in range(deaths):
                gone = 0 if ties == "breslow" else step / deaths
                total -= weight[dying].mean() * np.log((share * risk).sum() - gone * (share * risk)[dying].sum())
        return -total

    return minimize(minus, np.zeros(2), method="BFGS", options={"gtol": 1e-7}).x


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_estimates_are_those_of_a_loop_with_ties(ties):
    data = spells(whole=True)
    found = rows(data, options={"ties": ties})
    assert [found[k]["estimate"] for k in ("d", "x")] == pytest.approx(by_loop(data, ties), abs=2e-6)


@pytest.mark.filterwarnings("ignore:It appears your weights")
def test_a_weighted_cox_regression_on_split_spells_gives_the_same():
    """As R's finegray: each competing end goes on, with a weight that falls at each censoring."""
    from lifelines import CoxPHFitter

    data = spells(1, n=120)
    stop, event = data["duration"].to_numpy(), data["event"].to_numpy()
    kept = kept_by_loop(stop, event, np.ones(len(data)), False)
    cuts = np.unique(stop[event == 1])
    parts = []
    for i, row in data.iterrows():
        parts.append((i, 0.0, row["duration"], int(row["event"] == 1), 1.0))
        if row["event"] == 2:
            last = row["duration"]
            for t in cuts[cuts > row["duration"]]:
                parts.append((i, last, t, 0, kept(t) / kept(row["duration"])))
                last = t
    split = pd.DataFrame(parts, columns=["i", "start", "stop", "end", "w"]).join(data[["d", "x"]], on="i")
    theirs = CoxPHFitter().fit(
        split, "stop", "end", entry_col="start", weights_col="w", formula="d + x", robust=False, fit_options={"precision": 1e-10}
    )
    found = rows(data)
    for name in ("d", "x"):
        assert found[name]["estimate"] == pytest.approx(theirs.params_[name], abs=1e-5)


def test_without_censoring_it_is_cox_with_the_others_at_risk_for_ever():
    data = spells(2).query("event > 0").reset_index(drop=True)
    later = data.assign(duration=data["duration"].where(data["event"] == 1, 1e3), event=(data["event"] == 1).astype(int))
    first, second = rows(data), rows(later, cox, options={"covariance": "robust"})
    for name in ("d", "x"):
        assert first[name]["estimate"] == pytest.approx(second[name]["estimate"], rel=1e-9)
        assert first[name]["std_error"] == pytest.approx(second[name]["std_error"], rel=1e-9)


def test_influence_is_what_a_spell_weighed_more_does_to_the_estimate():
    """The censoring weights move too: with them taken for known the influence is another."""
    data, some = spells(3, n=80), np.arange(0, 80, 3)
    x = data[["d", "x"]].to_numpy(float)
    found = fit(data["duration"].to_numpy(), data["event"].to_numpy(), x, 1, breslow=True)
    base, moved = by_loop(data, "breslow"), []
    for i in some:
        weight = np.ones(len(data))
        weight[i] += 1e-2
        moved.append((by_loop(data, "breslow", weight) - base) / 1e-2)
    moved = np.array(moved)
    gap, gap_known = (np.abs(part[some] - moved).mean(0) / np.abs(moved).mean(0) for part in (found.influence, found.known))
    assert (gap < 0.02).all() and (gap < 0.5 * gap_known).all()


def test_clusters_kinds_and_units():
    data = spells(4)
    row = rows(data, cluster=("c",))["d"]
    assert (row["inference"], row["n_clusters"]) == ("cluster", data["c"].nunique())
    swapped = data.assign(event=data["event"].replace({1: 2, 2: 1}))
    assert rows(swapped, options={"kind": 2})["d"]["estimate"] == pytest.approx(rows(data)["d"]["estimate"], rel=1e-12)
    shifted = rows(data.assign(x=1e7 + 4e3 * data["x"]))
    assert shifted["x"]["std_error"] * 4e3 == pytest.approx(rows(data)["x"]["std_error"], rel=1e-6)
    with pytest.raises(NotIdentified, match="no spell ends with code 3; there are 1, 2"):
        rows(data, options={"kind": 3})
    with pytest.raises(NotIdentified, match="several spells"):
        rows(data.assign(unit=data["unit"] // 2), unit="unit")
    with pytest.raises(NotIdentified, match="no maximum in d"):
        rows(data.assign(event=np.where((data["d"] == 1) & (data["event"] == 1), 2, data["event"])))


def test_the_true_ratio_is_covered_and_cox_misses_it():
    errors, covered, cause_specific = [], [], []
    for seed in range(150):
        data = subdistribution.simulate(np.random.default_rng(seed), 0.5)[0]
        row = rows(data, controls=("d",))["d"]
        errors.append(row["estimate"] - 0.5)
        covered.append(row["ci_low"] <= 0.5 <= row["ci_high"])
        cause_specific.append(rows(data, cox, controls=("d",), event="first_only")["d"]["estimate"] - 0.5)
    assert abs(np.mean(errors)) < 3 * np.std(errors) / np.sqrt(150)
    assert 0.90 <= np.mean(covered) <= 0.99
    assert np.mean(cause_specific) > 3 * np.std(cause_specific) / np.sqrt(150)
