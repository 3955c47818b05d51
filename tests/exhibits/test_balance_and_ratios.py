"""Tables of balance, ratios listed by specification, and how many cities stand behind a year."""

import numpy as np
import pandas as pd
import pytest

from analysis.core.comparisons import Comparison
from analysis.exhibits.figures.city_event_study import cities_behind
from analysis.exhibits.tables import projects_balance
from analysis.exhibits.tables._balance import compared
from analysis.exhibits.tables.listed import ratios

pytestmark = pytest.mark.fast


def test_a_difference_is_in_roots_of_the_mean_variance_and_overlap_counts_the_treated():
    values = pd.Series([3.0, 5.0, 1.0, 3.0, np.nan])
    cells = compared(values, pd.Series([True, True, False, False, False]))
    assert cells == {"Treated": "4.00", "Others": "2.00", "Difference": "1.41", "Overlap": "1 of 2"}


def sponsors(rows):
    """Return projects and designations of (sponsor, day, country, cell, day of the event), one designation each."""
    named = pd.DataFrame(rows, columns=["sponsor", "designated", "country", "cell", "event_day"])
    named["designation_id"] = [str(n) for n in range(len(named))]
    return named.assign(in_sample=True), named.assign(first_approved=pd.NA)


def test_like_sponsors_are_weighted_to_the_cells_of_those_with_an_event():
    rows = [("E", "2010-01-01", "United States", "a", "2012-01-01"), ("F", "2010-01-01", "United States", "a", "2015-01-01")]
    rows += [("G", "2004-01-01", "France", "b", "2015-01-01"), ("H", "2010-01-01", "United States", "a", None)]
    rows += [("I", "2004-01-01", "France", "b", None), ("J", "2005-01-01", "France", "b", None), ("K", "2019-01-01", "France", "c", None)]
    frame = projects_balance.layout(*sponsors(rows)).frame.set_index("Trait")
    home = frame.loc["Of the United States"]
    assert (home["Event"], home["Others"]) == ("0.67", "0.25")
    # Cell a counts twice, cell b once, cell c not at all: as the sponsors with an event.
    assert (home["Others, like"], home["Difference, like"]) == ("0.67", "0.00")
    assert frame.loc["Sponsors", "Others, like"] == "3"
    assert frame.loc["whose event comes within the early years", "Event"] == "1"


def estimates(term, estimate, outcome="none", inference="cluster", **more):
    row = {
        "term": term,
        "outcome": outcome,
        "inference": inference,
        "estimate": estimate,
        "ci_low": estimate - 0.1,
        "ci_high": estimate + 0.1,
    }
    return pd.DataFrame([row | {"p_value": 0.04, "n_units": 10, "n_obs": 20, "n_treated_clusters": 7, "draws": 999} | more])


def test_ratios_follow_their_scale_and_permuted_dates_stand_in_words():
    permuted = estimates("x", 0.0, inference="randomization_score")
    tables = {
        "main": pd.concat([estimates("x", np.log(0.5)), permuted]),
        "other": pd.concat([estimates("x", 0.0), permuted.assign(p_value=0.2)]),
        "mean": pd.concat([estimates("x", -3.0, "months"), estimates("x", 4.0, "share", n_treated_clusters=3)]),
        "robust": estimates("x", np.log(2.0), inference="hc1"),
    }
    about = {name: {"title": name, "treatment": "x"} for name in tables}
    about["mean"]["outcomes"] = ["months", "share"]
    outcomes = {"months": {"label": "Mean months", "unit": "months"}, "share": {"label": "Share", "unit": "percentage points"}}
    rows = [
        {"from": "main", "scale": "time"},
        {"from": "other", "show": "permuted", "beside": "main", "words": "p = {p}, within {p_within}, {draws} draws"},
        {"from": "robust", "scale": "hazard", "title": "Its own name"},
        {"from": "mean", "each": "outcome"},
        {"from": "mean", "title": "{outcome} once more"},
    ]
    entry = {"rows": [{"heading": "All", "rows": rows}], "inference": "cluster", "units": "Projects", "treated": "Exposed"}
    table = ratios.layout(Comparison(entry, tables), about, outcomes)
    lines = table.frame.to_dict("records")
    assert [line[""] for line in lines] == [
        "All", "main", "p = 0.040, within 0.200, 999 draws", "Its own name", "Mean months", "Share †", "Mean months once more",
    ]  # fmt: skip
    assert (table.bold, table.wide) == ((0,), (2,))
    assert [line["Estimate"] for line in lines] == ["", "0.50", "", "2.00", "\N{MINUS SIGN}3.0", "4.0", "\N{MINUS SIGN}3.0"]
    assert [line["Scale"] for line in lines] == ["", "time ratio", "", "hazard ratio", "months", "points", "months"]
    assert (lines[1]["Projects"], lines[1]["Exposed"], lines[1]["Change"]) == ("10", "7", "\N{MINUS SIGN}50 %")


def test_a_city_stands_behind_a_year_if_it_is_seen_there_and_in_the_year_before_treatment():
    cities = pd.DataFrame(
        {"city_code": [1, 1, 1, 2, 2, 3, 3], "year": [2018, 2019, 2020, 2018, 2020, 2018, 2019], "usable": True, "y": 1.0}
    ).assign(cohort_midyear=pd.array([2019, 2019, 2019, 2020, 2020, pd.NA, pd.NA], dtype="Int64"))
    assert cities_behind(cities, "y") == {-1: 1, 0: 1, 1: 1}
