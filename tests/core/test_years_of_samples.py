"""The sample of a row says the years of the rows that were used, not those that were asked for."""

import pandas as pd
import pytest

from analysis.core.config import load
from analysis.core.estimation import estimated
from analysis.exhibits.facts import sample_facts

pytestmark = pytest.mark.fast


def panel():
    table = pd.DataFrame([(f"u{i}", t, float(i * t % 7)) for i in range(9) for t in range(2009, 2025)], columns=["unit", "year", "y"])
    table["x"] = table["y"].where(table["year"] >= 2012).astype("float64") * (table.index % 5)
    table["y"] = table["y"].where(table["year"] <= 2023)
    table.attrs["evidence"] = "real"
    return table


def sample(text, **more):
    settings = {
        "estimand": "e",
        "estimator": "sample_mean",
        "sample": text,
        "unit": "unit",
        "time": "year",
        "options": {"column": "y"},
        **more,
    }
    outcome = {"column": "y", "transform": "level"}
    return estimated(panel(), "m", settings, "y", outcome, load()["contracts"]["estimate"])["sample"].unique().tolist()


def test_years_that_are_named_become_those_of_the_rows_used():
    assert sample("31 units, 2009-2024") == ["31 units, 2009-2023"]
    assert sample("31 units, 2009-2024, weighted", where={"year": {"at_least": 2015}}) == ["31 units, 2015-2023, weighted"]
    assert sample("31 units") == ["31 units"]


def test_rows_without_a_control_are_not_used():
    settings = {"options": {}, "controls": ["x"], "estimator": "fixed_effects", "fixed_effects": ["unit", "year"]}
    assert sample("31 units, 2009-2024", **settings) == ["31 units, 2012-2023"]


def test_facts_take_the_first_and_the_last_year_over_outcomes():
    main = pd.DataFrame({"model_id": "m", "sample": ["26 provinces, 2011-2023", "26 provinces, 2010-2022"]})
    statistics = pd.DataFrame(
        {
            "province": ["A"] * 3,
            "province_code": 1,
            "region": "east",
            "municipality": False,
            "year": [2008, 2009, 2010],
            "gdp": [None, 1.0, 2.0],
        }
    )
    assert sample_facts.count(main, main, statistics) == {
        "years_statistics": "2009–2010",
        "years_main": "2010–2023",
        "years_link": "2010–2023",
    }
    with pytest.raises(LookupError, match="names no years"):
        sample_facts.count(main.assign(sample="26 provinces"), main, statistics)
