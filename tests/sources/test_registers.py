"""The registers: nothing averaged, nothing counted twice, nothing dated that is not known."""

import pandas as pd
import pytest

from analysis.exhibits.tables.register_summary import first_sizes
from analysis.panels import firm_rates, market_growth, pledge_shares
from analysis.sources import province_onset
from tests.raw import cleaned


@pytest.fixture(scope="module")
def issuances():
    return cleaned("issuances").set_index("deal_id")


@pytest.fixture(scope="module")
def onset():
    return cleaned("province_onset").set_index("province")


def test_both_registers_are_whole(issuances):
    assert issuances["market"].value_counts().to_dict() == {"World": 136, "China": 35}
    assert issuances["source_url"].notna().all()
    assert issuances["securitization"].sum() == 130 + 35


def test_green_is_never_read_as_no(issuances):
    assert set(issuances["green"]) == {"not assessed"}


def test_conflicting_figures_stay_a_range(issuances):
    motown = issuances.loc["US-MUS-002"]
    assert (motown["size_million"], motown["size_low"], motown["size_high"]) == (30, 22, 40)
    assert pd.isna(issuances.loc["US-MUS-004", "size_million"])  # sources give no issue size, only a package value


def test_currencies_at_the_annual_rate_and_missing_where_no_rate_is_known(issuances):
    # 301 million yuan in 2019 at 6.90839 yuan a dollar (World Bank).
    assert issuances.loc["CN-2019-01", "size_usd_million"] == pytest.approx(301 / 6.90839)
    assert issuances.loc["GB-MUS-009", "size_usd_million"] == 90  # the source's own figure stands
    assert issuances.loc[issuances["year"] >= 2025].query("market == 'China'")["size_usd_million"].isna().all()


def test_a_pool_counts_once(issuances):
    pool = issuances[issuances["collateral_pool"] == "dominos"].sort_values("pool_order")
    assert pool["pool_order"].tolist() == list(range(1, len(pool) + 1))
    assert pool["year"].is_monotonic_increasing
    assert first_sizes(pool).tolist() == [1850.0]
    assert first_sizes(issuances).sum() < 0.5 * issuances["size_usd_million"].sum()


@pytest.mark.parametrize(
    ("province", "status", "strict", "wide", "midyear"),
    [
        ("Beijing", "treated", 2019, 2018, 2019),
        ("Hainan", "treated", 2018, 2018, 2019),
        ("Guangdong", "treated", 2019, 2019, 2020),
        ("Shanghai", "treated", 2020, 2020, 2020),
        ("Jiangsu", "treated", 2021, 2020, 2022),
        ("Hunan", "treated", 2023, 2022, 2023),
        ("Tianjin", "uncertain", None, 2022, None),
        ("Anhui", "uncertain", None, 2024, None),
        ("Henan", "no known issue", None, None, None),
    ],
)
def test_treatment_timing(onset, province, status, strict, wide, midyear):
    row = onset.loc[province]
    found = [None if pd.isna(row[name]) else int(row[name]) for name in ("cohort_strict", "cohort_wide", "cohort_midyear")]
    assert (row["status"], found) == (status, [strict, wide, midyear])


def test_every_province_has_one_row_and_every_date_its_evidence(onset):
    assert len(onset) == 31
    assert onset.index.is_unique
    dated = onset[onset["cohort_wide"].notna()]
    assert dated[["evidence", "source_url"]].notna().all().all()
    assert not set(onset["basis_strict"]) & {"no-objection letter", "shelf approval", "programme launch"}


def test_an_approval_dates_no_province(onset):
    assert onset.loc["Beijing", "date_strict"] == "2019" and onset.loc["Beijing", "date_approval"] == "2018-12-14"
    assert onset.loc["Jiangsu", "date_strict"] == "2021-10-15" and onset.loc["Jiangsu", "date_approval"] == "2020-12"
    assert onset.loc["Hunan", ["cohort_midyear", "cohort_approval"]].tolist() == [2023, 2022]
    assert onset.loc["Beijing", ["cohort_midyear", "cohort_late", "cohort_approval"]].tolist() == [2019, 2020, 2018]


def test_a_confirmed_date_that_marks_no_issue_is_refused():
    events = cleaned("first_issues")
    events.loc[events["city"] == "Shanghai", "basis"] = "no-objection letter"
    with pytest.raises(ValueError, match="Shanghai, 2020-03-04: basis 'no-objection letter' is no issue"):
        province_onset.clean(events, pd.DataFrame({"province": ["Shanghai"]}))


def test_published_series_keep_their_definition():
    series = cleaned("market_series")
    assert series["source_def"].nunique() > 10
    cnipa = series[series["provider"] == "CNIPA"].set_index("as_of")
    assert cnipa.loc["2023-09-30", "months"] == 58
    assert cnipa.loc["2024-06-30", "months"] == 67


def test_a_green_label_is_read_only_where_the_title_is_known(issuances):
    china = issuances[issuances["market"] == "China"]
    assert china["green_label"].value_counts().to_dict() == {"no": 33, "title not known": 2}
    assert set(issuances.loc[issuances["market"] == "World", "green_label"]) == {"title not known"}


def test_rates_of_firms_stand_beside_the_prime_rate_of_their_day(issuances):
    found = firm_rates.build(issuances.reset_index(), cleaned("loan_prime_rate")).set_index("deal_id")
    assert found["prime_rate_pct"].to_dict() == {"CN-2019-02": 4.15, "CN-2021-01": 3.85, "CN-2021-03": 3.85, "CN-2024-03": 3.35}
    assert found["spread_pp"].to_numpy() == pytest.approx([0.85, 0.14, -1.39, -1.35])


def test_pledges_beside_patents_in_force():
    found = pledge_shares.build(cleaned("pledges"), cleaned("province_statistics")).set_index(["place", "year"])
    assert found["inventions_in_force"].to_dict() == {
        ("China", 2009): 180042, ("China", 2018): 1601903, ("Guangdong", 2009): 27483, ("Guangdong", 2017): 208502,
    }  # fmt: skip
    assert found["patents_in_force"].notna().tolist() == [True, False, True, False]


def test_periods_of_the_market_add_to_the_published_counts(issuances):
    found = market_growth.build(cleaned("market_series"), issuances.reset_index()).set_index(["comparison", "as_of"])
    assert found["deals"].tolist() == [119, 32, 60, 32]
    assert found["months"].tolist() == [58, 9, 21, 9]
    assert 1 < found["dispersion"].iloc[0] < found["dispersion_upper"].iloc[0]
    # Thirty deals of one originator as one draw, the other 29 as one each.
    assert found["dispersion_upper"].iloc[0] == pytest.approx((30**2 + 29) / 59)
