"""Blanks are no values, 3 and '3' are one name, and what an option asks for and no row holds is said."""

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter

from analysis.core.any_table import estimate
from analysis.core.errors import BadOption
from analysis.validation import _trial_data

pytestmark = pytest.mark.fast

DEALS = pd.DataFrame(
    {"deal_id": range(24), "year": 2010 + np.arange(24) // 2, "date": [f"{2010 + i // 2}-0{1 + i % 9}-11" for i in range(24)]}
)
DEALS["underlying"] = [("copyright", "patent", "trademark")[i % 3] for i in range(24)]


def order(deals: pd.DataFrame, **options) -> pd.DataFrame:
    return estimate(deals, "order_of_appearance", **{"time": "year", **options})


@pytest.mark.parametrize("blank", [None, np.nan, "", "  "])
def test_a_blank_class_is_no_class(blank):
    deals = DEALS.assign(underlying=DEALS["underlying"].astype(object).where(DEALS.index > 1, blank))
    table, by_hand = order(deals), order(DEALS[DEALS.index > 1])
    assert table["term"].tolist() == by_hand["term"].tolist() and table["estimate"].equals(by_hand["estimate"])
    assert (table["left_out"] == "2 rows without underlying").all()


def test_classes_may_be_numbers():
    codes = {"copyright": 1, "patent": 2, "trademark": 3}
    table = order(DEALS.assign(underlying=DEALS["underlying"].map(codes)), first_class=2, mixed=9, ignore=[3])
    named = order(DEALS, ignore=["trademark"])
    assert table["estimate"].equals(named["estimate"]) and table["term"].iloc[-1] == "first_year:2"


@pytest.mark.parametrize(
    ("period", "written"),
    [
        (201104, "2011-04"), (20112, None), (20111, None), (20110405, "2011-04-05"), (201114, None),
    ],
)  # fmt: skip
def test_a_deal_without_a_date_is_dated_by_its_period(period, written):
    """A month is as precise as a date of that month; of quarters and weeks the first day and the last are by hand."""
    ends = {20112: ("2011-04-01", "2011-06-30"), 20111: ("2011-01-01", "2011-03-31"), 201114: ("2011-04-04", "2011-04-10")}
    others = {6: [201208, 201301, 201312], 5: [20124, 20131, 20134, 20143], 8: [20120801, 20130131, 20141231]}[len(str(period))]
    others = [201252, 201305] if period == 201114 else others
    deals = pd.DataFrame({"deal_id": range(len(others) + 1), "time": [period, *others], "date": [None, *["2012-08-01"] * len(others)]})
    deals["underlying"] = ["patent", *["copyright"] * len(others)]
    frequency = {"frequency": "week"} if period == 201114 else {}
    lead = order(deals, time="time", **frequency).iloc[0]
    low, high = ends.get(period, (written, written))
    early, late = (order(deals.assign(date=[end, *["2012-08-01"] * len(others)]), time="time", **frequency).iloc[0] for end in (low, high))
    assert (lead["ci_low"], lead["ci_high"]) == pytest.approx((early["ci_low"], late["ci_high"]), abs=1e-12)


def test_blanks_of_a_hit_are_no_misses():
    deals = pd.DataFrame({"green": ["yes"] * 3 + ["no"] * 5 + [None] * 4})
    row = estimate(deals, "binomial_share", hit="green", hit_value="yes").iloc[0]
    assert (row["estimate"], row["n_obs"], row["left_out"]) == (0.375, 8, "4 rows without green")
    assert estimate(deals, "binomial_share", hit="green").iloc[0]["estimate"] == pytest.approx(8 / 12)


def test_a_value_that_no_row_holds_is_said_and_refused_where_one_is_but_spelled_otherwise():
    deals = pd.DataFrame({"green": ["yes"] * 3 + ["no"] * 5})
    with pytest.raises(BadOption, match="no row holds 'Yes'; 'green' holds no, yes"):
        estimate(deals, "binomial_share", hit="green", hit_value="Yes")
    row = estimate(deals, "binomial_share", hit="green", hit_value="perhaps").iloc[0]
    assert row["estimate"] == 0 and "no row holds 'perhaps'" in row["note"]
    assert "'n' is 0" in estimate(pd.DataFrame({"h": [0], "n": [0]}), "binomial_share", hits="h", trials="n")["reason"].iloc[0]


def test_an_exposed_country_may_be_a_number():
    panel = _trial_data.panel(4)
    panel["code"] = panel["place"].str[1:].astype(int)
    names = {"outcome": "y", "unit": "firm", "time": "year", "first": 2005, "min_units": 2}
    by_name = estimate(panel, "country_exposure", country="place", exposed="p3", **names)
    for code in (3, "3", 3.0):
        assert estimate(panel, "country_exposure", country="code", exposed=code, **names)["estimate"].equals(by_name["estimate"])
    assert "no row has 77 in code" in estimate(panel, "country_exposure", country="code", exposed=77, **names)["reason"].iloc[0]
    none = estimate(panel, "country_exposure", country="code", exposed=3, **{**names, "min_units": 99})["reason"].iloc[0]
    assert "before and from 2005 on" in none


def test_a_status_that_differs_within_a_unit_is_refused():
    panel = _trial_data.panel(4)
    panel["certain"] = (panel["firm"] + panel["year"]) % 2
    options = {"n_hidden": 1, "hidden_cohorts": [2005], "uncertain": "certain"}
    table = estimate(panel, "misclassification_bounds", outcome="y", unit="firm", time="year", cohort="g", **options)
    assert "certain differs within unit 1" in table["reason"].iloc[0]


@pytest.mark.parametrize("model", ["pwp_total", "pwp_gap"])
def test_events_are_numbered_before_rows_without_a_covariate_are_left_out(model):
    spells = _trial_data.histories(2).sort_values(["id", "start"], ignore_index=True)
    spells["number"] = (spells.groupby("id")["failed"].cumsum() - spells["failed"] + 1).clip(upper=4)
    begun = spells["start"].where(spells.groupby("id")["failed"].shift(1, fill_value=1) > 0).groupby(spells["id"]).ffill()
    gone = (spells["id"] % 3 == 0) & (spells["start"] == 0) & (spells["failed"] == 1)
    origin = begun * (model == "pwp_gap")
    known = spells.assign(start=spells["start"] - origin, months=spells["months"] - origin)[~gone]
    library = CoxPHFitter().fit(
        known[["start", "months", "failed", "x", "number"]], "months", "failed", entry_col="start", strata=["number"]
    )
    names = {"unit": "id", "duration": "months", "event": "failed", "entry": "start", "controls": ["x"], "model": model}
    blank = spells.assign(x=spells["x"].where(~gone)).drop(columns="number")
    assert estimate(blank, "recurrent_events", **names)["estimate"].iloc[0] == pytest.approx(library.params_["x"], abs=1e-6)
    # Where a row does not say whether an event ended it, the numbers after it are unknown: these rows are left out.
    unsaid = spells.drop(columns="number").assign(failed=spells["failed"].where(~gone))
    later = spells["id"].isin(spells.loc[gone, "id"])
    table, without = (estimate(panel, "recurrent_events", **names) for panel in (unsaid, spells[~later]))
    assert table["estimate"].iloc[0] == without["estimate"].iloc[0]
    assert f"{int((later & ~gone).sum())} rows after one of the unit" in table["left_out"].iloc[0]


def test_the_trend_reads_its_window_as_the_data_write_periods():
    events = pd.DataFrame({"year": np.repeat(np.arange(2012, 2020), [2, 3, 3, 4, 5, 5, 7, 8])})
    known = estimate(events, "poisson_trend", time="year")
    assert estimate(events, "poisson_trend", time="year", first=2012, last="2019")["estimate"].equals(known["estimate"])
    quarters = events.assign(year=(2010 + (events["year"] - 2012) // 4) * 10 + (events["year"] - 2012) % 4 + 1)
    coded = estimate(quarters, "poisson_trend", time="year", first=20101, last=20114)
    assert coded["estimate"].tolist() == pytest.approx(known["estimate"].tolist()) and coded["n_units"].iloc[0] == 8
    wider = estimate(events, "poisson_trend", time="year", first=2010, last=2020).iloc[0]
    assert wider["n_units"] == 11 and wider["note"] == "periods 2 before the first event and 1 after the last count as zero"
    for wrong in ({"last": 202012}, {"first": 201}, {"first": 2018, "last": 2013}, {"first": 2016.5}, {"last": "abc"}, {"first": [2013]}):
        with pytest.raises(BadOption, match="poisson_trend"):
            estimate(events, "poisson_trend", time="year", **wrong)
    with pytest.raises(BadOption, match="first names 2010; periods are read as quarters"):
        estimate(quarters, "poisson_trend", time="year", first=2010)
    with pytest.raises(BadOption, match="periods; it must have 4 to 1,000"):
        estimate(events.assign(year=events["year"] - 2011), "poisson_trend", time="year", last=10**9)


def test_observations_of_intertemporal_effects_have_an_outcome():
    panel = _trial_data.panel(4)
    panel["y"] = panel["y"].where(panel.index % 10 > 0)
    table = estimate(panel, "de_chaisemartin_dhaultfoeuille", outcome="y", unit="firm", time="year", treatment="d")
    assert (table["n_obs"] == panel["y"].notna().sum()).all()


def test_what_ended_at_zero_is_named_by_row():
    spells = _trial_data.spells(2)
    spells["upper"] = spells["months"].where(spells["failed"] == 1)
    spells.loc[7, ["months", "upper"]] = 0
    for estimator in ("aft_weibull", "mixture_cure_regression"):
        reason = estimate(spells, estimator, duration="months", upper="upper", controls=["x"])["reason"].iloc[0]
        assert "row 7, column 'upper', value '0.0': ended at duration 0" in reason


def test_a_hole_that_a_blank_leaves_is_named_by_unit():
    panel = _trial_data.panel(4)
    panel["eligible"] = panel["eligible"].astype(float).where(panel.index != 11)
    names = {"outcome": "y", "unit": "firm", "time": "year", "cohort": "g"}
    reason = estimate(panel, "triple_difference", eligible="eligible", **names)["reason"].iloc[0]
    assert "unit 2 has no complete row in period 2004 (left out: 1 rows without eligible)" in reason


@pytest.mark.parametrize("blank", [None, np.nan, "", "  "])
def test_a_blank_class_is_no_part_of_a_mix(blank):
    deals = DEALS.assign(underlying=DEALS["underlying"].astype(object).where(DEALS.index > 1, blank))
    table, by_hand = (estimate(part, "class_composition", time="year", bootstrap_draws=99) for part in (deals, DEALS[DEALS.index > 1]))
    assert table["estimate"].equals(by_hand["estimate"]) and (table["left_out"] == "2 rows without underlying").all()
