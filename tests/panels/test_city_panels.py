"""Panels of cities: status by the rules of provinces, strata of size, breaks, and what is left out."""

import pandas as pd
import pytest

from analysis.core.errors import DataError
from analysis.panels import city_stacks, city_year
from analysis.sources import city_onset, city_statistics

pytestmark = pytest.mark.fast

SETTINGS = {
    "first_year": 2015, "size_year": 2017, "borders": [110900], "unplaced": [130000], "compared": [110000],
    "breaks": [{"city": 110101, "column": "loans", "to": 2015, "why": "a jump"}],
}  # fmt: skip


def statistics():
    rows = []
    for number in range(1, 31):
        code = 110100 + number if number < 30 else 130100
        rows += [(code, f"c{number}", code // 10000 * 10000, y, 1000.0 / number, 10.0) for y in range(2013, 2024)]
    rows += [(110900, "moved", 110000, y, 5.0, 1.0) for y in range(2013, 2024)]
    table = pd.DataFrame(rows, columns=["city_code", "city_zh", "province_code", "year", "real_gdp", "loans"])
    return table.astype({"city_code": "Int64", "province_code": "Int64", "year": "Int64"})


def onset(*rows):
    columns = ["city_code", "cohort_midyear", "cohort_strict", "cohort_wide", "status"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[:4], "Int64"))


ONSET = onset((110101, 2020, 2019, 2019, "treated"), (110102, pd.NA, pd.NA, 2021, "uncertain"), (130100, 2019, 2018, 2018, "treated"))


@pytest.fixture
def panel():
    return city_year.build(statistics(), ONSET, SETTINGS)


def test_status_follows_the_rules_of_provinces(panel):
    usable = panel[panel["usable"]]
    assert usable[usable["city_code"] == 110102]["year"].max() == 2020  # a control until the unconfirmed evidence
    assert 130100 not in set(usable["city_code"])  # whose issue is known to the province alone
    assert 110900 not in set(panel["city_code"])
    assert panel["year"].min() == 2015


def test_strata_are_of_size_before_any_issue_and_uncertain_cities_have_their_own(panel):
    by_city = panel.drop_duplicates("city_code").set_index("city_code")
    assert by_city.loc[[110101, 110102, 110103], "size_stratum"].tolist() == ["largest tenth"] * 3
    assert by_city.loc[[110104, 110105, 110106], "size_stratum"].tolist() == ["second tenth"] * 3
    assert (by_city["size_stratum"] == "the rest").sum() == 24
    assert by_city.loc[110102, "stratum_size"] == "unconfirmed evidence"


def test_a_break_is_blank_up_to_its_year(panel):
    own = panel[panel["city_code"] == 110101].set_index("year")["loans"]
    assert own.first_valid_index() == 2016 and panel[panel["city_code"] == 110103]["loans"].notna().all()


def test_stacks_compare_within_strata(panel):
    stacks = city_stacks.build(panel, {"window": [-3, 3]})
    assert set(stacks["stack"]) == {2020}
    assert stacks.loc[stacks["treated"], "cell"].unique().tolist() == ["2020 largest tenth"]
    assert (stacks["year"].min(), stacks["year"].max()) == (2017, 2023)
    assert not stacks.loc[stacks["city_code"] == 110102, "treated"].any()


def raw(**given):
    rows = [
        {"city_code": 1, "city_zh": "a", "year": y, "real_gdp_2000prices": 100.0 * 1.1 ** (y - 2010), "gdp_growth_index_prev100": 110.0}
        | {"loans_100m_yuan": 5.0, "interp_gdp": 0, "flag_gdp": 0, "interp_loans": 0, "flag_loans": 0}
        for y in range(2010, 2014)
    ]
    table = pd.DataFrame(rows)
    for (column, row), value in given.items():
        table.loc[row, column] = value
    return table


@pytest.mark.parametrize(
    ("column", "value", "blank"),
    [("interp_gdp", 1, "real_gdp"), ("flag_gdp", 1, "real_gdp"), ("gdp_growth_index_prev100", 108.0, "real_gdp"), ("interp_loans", 1, "loans"), ("flag_loans", 1, "loans")],
)  # fmt: skip
def test_cells_that_look_wrong_are_blank_and_no_others(column, value, blank):
    table = raw()
    table.loc[2, column] = value
    found = city_statistics.clean(table)
    assert found[blank].isna().tolist() == [False, False, True, False]
    assert found.drop(columns=blank).notna().all().all()


EVENTS = pd.DataFrame(
    {
        "city": ["A", "A", "B"],
        "date": ["2019-09-11", "2019-03-01", "2022"],
        "rule": ["confirmed first issue", "approval", "upper bound"],
        "basis": ["issue", "no-objection letter", "press"],
        "evidence": ["x", "y", "z"],
        "source_url": ["u", "v", "w"],
    }
)


def test_dates_of_cities_are_those_of_the_shared_rules():
    codes = pd.DataFrame({"city": ["A", "B"], "city_code": [1, 2], "place": "city"})
    found = city_onset.clean(EVENTS, codes).set_index("city")
    assert found.loc["A", ["cohort_midyear", "cohort_strict", "cohort_wide", "status"]].tolist() == [2020, 2019, 2019, "treated"]
    assert found.loc["B", "status"] == "uncertain" and found.loc["B", "cohort_wide"] == 2022
    with pytest.raises(DataError, match="no code for B"):
        city_onset.clean(EVENTS, codes[:1])
