"""Orphan projects recomputed from the raw files without the package, to the printed digit; and exposure that never looks ahead."""

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxTimeVaryingFitter, KaplanMeierFitter
from scipy.optimize import minimize

from analysis.core.config import ROOT
from analysis.core.estimation import estimated
from analysis.panels import orphan_drugs, orphan_project_years, orphan_projects, orphan_stretches, royalty_money, sponsor_years
from tests.raw import cleaned
from tests.study import STUDY

RAW = ROOT / "data/raw"
SETTINGS = STUDY["panels"]["orphan_projects"]["settings"]


@pytest.fixture(scope="module")
def sources():
    return {name: cleaned(name) for name in ("orphan_designations", "orphan_approvals", "biologic_licences", "sponsor_events")}


@pytest.fixture(scope="module")
def panels(sources):
    projects = orphan_projects.build(sources["orphan_designations"], sources["sponsor_events"], SETTINGS)
    found = {"orphan_projects": projects, "orphan_stretches": orphan_stretches.build(projects)}
    for table in found.values():
        table.attrs["evidence"] = "real"
    return found


@pytest.fixture(scope="module")
def ours(panels):
    def estimates(name, outcome="none"):
        settings = STUDY["specifications"][name]
        options = {k: v for k, v in settings.get("options", {}).items() if k != "randomization_draws"}
        options = {k: v for k, v in options.items() if k not in ("origin", "exposed_on")}
        about = STUDY["outcomes"].get(outcome)
        table = estimated(panels[settings["panel"]], name, settings | {"options": options}, outcome, about, STUDY["contracts"]["estimate"])
        return table.set_index("term")["estimate"]

    return estimates


@pytest.fixture(scope="module")
def raw():
    """Return the sample from the raw files alone: one row a designation, months, exposure and controls."""
    read = {name: pd.read_csv(RAW / f"orphan_drugs/{name}.csv", dtype=str) for name in ("designations", "approvals", "sponsors")}
    events = pd.read_csv(RAW / "firm_events/ip_financing_events.csv", dtype=str)
    good = events[events["confidence"].isin(["high", "medium"]) & events["event_date"].notna()]
    ends = {4: lambda d: f"{d}-12-31", 7: lambda d: str(pd.Period(d).end_time.date()), 10: str}
    event = good["event_date"].map(lambda d: ends[len(d)](d)).groupby(good["company"]).min()
    d = read["designations"].dropna(subset=["sponsor"])
    d = d.assign(company=d["sponsor"].map(read["sponsors"].set_index("sponsor")["company"]))
    d = d.assign(event=pd.to_datetime(d["company"].map(event)), day=pd.to_datetime(d["designated"]))
    d["approval"] = pd.to_datetime(d["designation_id"].map(read["approvals"].groupby("designation_id")["approved"].min()))
    d = d[(d["company"].isna() | d["event"].notna()) & ~(d["approval"] <= d["day"])]
    d = d[(d["day"] >= "2000-01-01") & (d["day"] < "2022-01-13")].reset_index(drop=True)
    month = pd.Timedelta(days=30.4375)
    d["months"] = (d["approval"].fillna(pd.Timestamp("2026-03-17")) - d["day"]) / month
    d["onset"] = (d["event"] - d["day"]) / month
    d["approved"], d["firm"] = d["approval"].notna().astype(int), d["event"].notna().astype(int)
    d["after"] = (d["onset"] <= 0).astype(int)
    d["years"] = (d["day"] - d["day"].mean().normalize()) / month / 12
    return d


def test_the_sample(panels, raw):
    sample = panels["orphan_projects"].query("in_sample")
    assert set(sample["designation_id"]) == set(raw["designation_id"])
    assert [sample[c].sum() for c in ("approved", "event_firm", "designated_after")] == [
        raw[c].sum() for c in ("approved", "firm", "after")
    ]


def test_the_naive_comparison_of_completed_cycles(ours, raw):
    done = raw[(raw["approved"] == 1) & (raw["firm"] == 1)]
    gap = np.log(done["months"]).groupby(done["after"]).mean().diff().iloc[-1]
    assert f"{np.exp(ours('projects_completed', 'project_cycle')['designated_after']):.2f}" == f"{np.exp(gap):.2f}"


def test_the_mixture_cure_model_with_exposure_from_the_event_on(ours, raw):
    without = np.minimum(raw["months"], raw["onset"].clip(lower=0).fillna(np.inf)).to_numpy()
    under, exposed = raw["months"].to_numpy() - without, (raw["months"] > raw["onset"]).to_numpy()
    x = np.column_stack([np.ones(len(raw)), raw["firm"], raw["years"], raw["years"] ** 2 / 100])
    z = np.column_stack([np.ones(len(raw)), raw["firm"], raw["years"], raw["after"]])
    ended = raw["approved"].to_numpy() == 1

    def minus(theta):
        own = without + np.exp(-theta[9]) * under
        w = (np.log(own) - x @ theta[:4]) / np.exp(theta[4])
        odds = z @ theta[5:9]
        survival = np.exp(-np.exp(w))
        dated = -np.logaddexp(0, -odds) + w - np.exp(w) - theta[4] - np.log(own) - theta[9] * exposed
        return -np.where(ended, dated, np.log1p(survival * np.exp(odds)) - np.logaddexp(0, odds)).sum()

    start = np.array([4.5, 0, 0, 0, -0.3, -1.5, 0, 0, 0, 0])
    best = minimize(minus, start, method="BFGS", options={"gtol": 1e-4})
    best = minimize(minus, best.x, method="BFGS", options={"gtol": 1e-5})
    assert f"{np.exp(ours('projects_cycle')['exposed']):.2f}" == f"{np.exp(best.x[9]):.2f}"


def test_the_hazard_after_the_event(ours, raw):
    lost = pd.read_csv(RAW / "orphan_drugs/designations.csv", dtype=str).set_index("designation_id")["withdrawn_by"]
    withdrawn = (pd.to_datetime(raw["designation_id"].map(lost)) - raw["day"]) / pd.Timedelta(days=30.4375)
    stop = withdrawn.where(withdrawn.notna() & (raw["approved"] == 0), raw["months"])
    base = raw[["designation_id", "firm", "years"]].assign(
        square=raw["years"] ** 2, start=0.0, stop=stop, ended=raw["approved"], exposed=raw["after"]
    )
    split = (raw["onset"] > 0) & (raw["onset"] < stop)
    first = base[split].assign(stop=raw["onset"], ended=0)
    second = base[split].assign(start=raw["onset"], exposed=1)
    fitted = CoxTimeVaryingFitter().fit(
        pd.concat([base[~split], first, second]), event_col="ended", start_col="start", stop_col="stop", id_col="designation_id"
    )
    assert f"{np.exp(ours('projects_hazard')['exposed']):.1f}" == f"{np.exp(fitted.params_['exposed']):.1f}"


def test_shares_approved_and_restricted_means(ours, panels, raw):
    shown = ours("projects_incidence")
    cut = raw["onset"].where(raw["onset"] > 0).fillna(np.inf)
    before = raw[(raw["firm"] == 1) & (raw["after"] == 0)]
    curve = KaplanMeierFitter().fit(
        np.minimum(before["months"], cut[before.index]), (before["approved"] == 1) & (before["months"] <= cut[before.index])
    )
    assert f"{shown['incidence:1[before the event]'].iloc[4]:.3f}" == f"{1 - curve.predict(60):.3f}"
    seen = (pd.Timestamp("2026-03-17") - raw["day"]) / pd.Timedelta(days=30.4375) >= 60
    whole = raw[seen & ~((raw["onset"] > 0) & (raw["onset"] < 60))]
    x = np.column_stack([whole["after"], whole["firm"], whole["years"], whole["years"] ** 2, np.ones(len(whole))])
    slope = np.linalg.lstsq(x, np.minimum(whole["months"], 60), rcond=None)[0][0]
    assert f"{ours('projects_restricted', 'project_months_60')['designated_after']:.1f}" == f"{slope:.1f}"


def test_exposure_never_looks_ahead(panels):
    """Had a project ended the day before its sponsor's event, none of its months would be exposed; all before it are not."""
    stretches = panels["orphan_stretches"].merge(panels["orphan_projects"][["designation_id", "months_to_event"]], on="designation_id")
    event = stretches["months_to_event"].fillna(np.inf)
    assert ((stretches["exposed"] == 1) == (stretches["start"] >= event)).all()
    assert (stretches.loc[stretches["exposed"] == 0, "stop"] <= event[stretches["exposed"] == 0] + 1e-9).all()


def test_stretches_of_a_project_follow_one_another_and_end_once(panels):
    for _, part in panels["orphan_stretches"].groupby("followed"):
        ordered = part.sort_values(["designation_id", "start"])
        same = ordered["designation_id"].eq(ordered["designation_id"].shift())
        assert (ordered.loc[same, "start"] == ordered["stop"].shift()[same]).all()
        assert (ordered.loc[~same, "start"] == 0).all()
        assert ordered.groupby("designation_id")["ended"].sum().max() == 1
        last = ~ordered["designation_id"].eq(ordered["designation_id"].shift(-1))
        assert (ordered.loc[~last, "ended"] == 0).all()


def test_a_withdrawn_project_counts_as_never_approved(panels):
    projects = panels["orphan_projects"]
    withdrawn = projects[projects["withdrawn_to"].notna() & projects["in_sample"]]
    assert (withdrawn["approved"] == 0).all() and (withdrawn["followed_kind"] == 2).all()
    assert (withdrawn["months"] > withdrawn["withdrawn_to"]).all()


def test_other_panels_count_the_same_events(sources, panels):
    drugs = orphan_drugs.build(sources["orphan_designations"], sources["sponsor_events"], SETTINGS)
    assert drugs.query("in_sample")["drug_id"].nunique() < panels["orphan_projects"]["in_sample"].sum()
    assert drugs.groupby("drug_id")["ended"].sum().max() == 1
    years = orphan_project_years.build(panels["orphan_projects"])
    assert years.groupby("designation_id")["approved"].sum().max() == 1
    counted = sponsor_years.build(*(sources[n] for n in ("orphan_designations", "orphan_approvals", "biologic_licences", "sponsor_events")))
    marks = [c for c in counted if c.startswith(("before_", "after_"))]
    assert counted.loc[counted["event_firm"] == 0, [*marks, "exposed"]].to_numpy().sum() == 0
    assert (counted[marks].sum(axis=1) <= 1).all()
    first = sources["orphan_approvals"].query("first")
    inside = first[first["approved"].between("2000-01-01", "2025-12-31") & first["sponsor"].isin(counted["sponsor"])]
    entered = counted.groupby("sponsor")["year"].min()
    inside = inside[inside["approved"].str[:4].astype(int) >= inside["sponsor"].map(entered)]
    assert counted["orphan_approvals"].sum() == len(inside)
    money = royalty_money.build(*(sources[n] for n in ("sponsor_events", "orphan_designations", "orphan_approvals", "biologic_licences")))
    assert money["paid_million"].sum() > 0 and set(money["before"]) == {"before", "after", "no listed approval"}
