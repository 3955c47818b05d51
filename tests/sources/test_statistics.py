"""Province and country statistics against printed figures, and what no single cell can show."""

import pytest

from analysis.core.errors import DataError
from analysis.core.rawfiles import load
from analysis.sources import province_statistics
from tests.raw import cleaned, contract


@pytest.fixture(scope="module")
def statistics():
    return cleaned("province_statistics")


@pytest.fixture
def raw():
    return {name: load(contract(name)) for name in ("province_yearbooks", "province_list")}


def test_every_province_has_every_year(statistics):
    assert statistics.groupby("province").size().eq(16).all()
    assert statistics["province"].nunique() == 31
    assert statistics.drop_duplicates("province")["region"].value_counts().to_dict() == {
        "West": 12,
        "East": 10,
        "Central": 6,
        "Northeast": 3,
    }


def test_blank_stays_blank(statistics):
    assert statistics.loc[statistics["year"] == 2018, "pollution_control"].isna().all()
    assert statistics.loc[statistics["year"] == 2017, "pollution_control"].notna().all()


def test_intensity_is_on_one_vintage(statistics):
    # R&D of Beijing in 2023 over GDP after the fifth census: 2947.1 / 48113.2 (bulletin of 2024, revised 2023).
    beijing = statistics.set_index(["province", "year"]).loc[("Beijing", 2018)]
    assert beijing["rd_intensity_revised_pct"] == pytest.approx(100 * beijing["rd_expenditure"] / beijing["gdp"])
    gaps = (statistics["rd_intensity_published_pct"] - statistics["rd_intensity_revised_pct"]).abs().groupby(statistics["year"]).mean()
    assert gaps[2018] > 2 * gaps[2019]  # the published series changes its GDP between the two
    assert gaps[2024] < 0.01


def test_provinces_add_to_the_nation():
    checks = cleaned("national_checks").set_index("variable")
    for variable in ("rd_expenditure", "rd_personnel", "rd_government_funds", "science_spending", "fiscal_expenditure"):
        assert checks.loc[variable, "difference_pct"].abs().max() < 0.01, variable


def test_a_part_may_not_exceed_its_whole(raw):
    table = raw["province_yearbooks"]
    table.loc[10, "rd_expenditure"] = table.loc[10, "gdp"] + 1
    with pytest.raises(DataError, match=r"province_year\.csv, row 12, column 'rd_expenditure'.*may not exceed 'gdp'"):
        province_statistics.clean(**raw)


def test_a_province_without_a_year_is_named(raw):
    raw["province_yearbooks"] = raw["province_yearbooks"].drop(index=5).reset_index(drop=True)
    with pytest.raises(DataError, match="Beijing, 2014"):
        province_statistics.clean(**raw)


def test_a_province_that_is_not_on_the_list_is_named(raw):
    raw["province_yearbooks"].loc[0, "province"] = "Bejing"
    with pytest.raises(DataError, match=r"value 'Bejing': province is not in"):
        province_statistics.clean(**raw)


def test_countries_are_not_spliced():
    countries = cleaned("countries").set_index(["iso3", "indicator", "year"])
    assert ("EUU28", "rd_intensity", 2011) in countries.index
    assert ("EU27", "ip_receipts", 2012) not in countries.index
    ratio = countries.loc[("JPN", "ip_receipts_to_gdp", 2020), "value"]
    assert ratio == pytest.approx(100 * countries.loc[("JPN", "ip_receipts", 2020), "value"] / countries.loc[("JPN", "gdp", 2020), "value"])
