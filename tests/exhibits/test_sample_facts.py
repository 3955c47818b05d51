"""Years that notes quote are those of the rows used; no sample states years by hand."""

import re

import pandas as pd
import pytest

from analysis.core.config import load
from analysis.exhibits.facts import sample_facts

pytestmark = pytest.mark.fast


def test_years_are_those_of_rows_with_an_outcome_and_the_controls():
    panel = pd.DataFrame({"province": "A", "year": range(2009, 2025), "usable": True, "x": 1.0, "y": 2.0, "z": 3.0})
    panel.loc[panel["year"] > 2023, "y"] = None
    panel.loc[panel["year"] < 2012, "x"] = None
    statistics = panel[["province", "year", "y"]].assign(province_code=1, region="east", municipality=False)
    outcomes = {"y": {"column": "y", "transform": "level"}, "z": {"column": "z", "transform": "level"}}
    models = {
        "province_att": {"outcomes": ["y", "z"], "time": "year", "where": {"year": {"at_least": 2011}}},
        "province_link_within": {"outcomes": ["y"], "time": "year", "controls": ["x"]},
    }
    found = sample_facts.count(statistics, panel, models, outcomes)
    assert found == {"years_statistics": "2009\N{EN DASH}2023", "years_main": "2011\N{EN DASH}2024", "years_link": "2012\N{EN DASH}2023"}


def test_no_sample_of_provinces_states_years_that_its_rows_may_not_have():
    models = {name: model["sample"] for name, model in load()["specifications"].items() if model["panel"] == "province_year"}
    assert [name for name, words in models.items() if re.search(r"\b20\d\d.20\d\d\b", words)] == []
