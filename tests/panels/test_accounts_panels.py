"""Panels of accounts: when an event counts, who stands beside it, and what is made blank."""

import numpy as np
import pandas as pd
import pytest

from analysis.core.errors import DataError
from analysis.panels import accounts_stacks, accounts_year
from analysis.sources import accounts_quarterly, accounts_yearly
from tests.raw import cleaned

pytestmark = pytest.mark.fast
SETTINGS = {"royalty_business": ["BUYER"], "restructured": ["SPLIT"], "tails": 0.01}
MONEY = ["rd", "rd_first_filed", "operating_expenses", "revenue", "net_income", "operating_cash_flow", "cash", "short_term_investments"]


def filings(firms):
    """Return raw yearly accounts of (ticker, month and day of the year's end, first year, total assets), to 2020."""
    rows = [
        {
            "ticker": t,
            "fiscal_year": y,
            "period_end": f"{y}-{end}",
            "accession": "",
            "assets": size,
            "liabilities": 2.0,
            "equity": 8.0,
            "shares": 5.0,
        }
        | dict.fromkeys(MONEY, 1.0)
        for t, end, first, size in firms
        for y in range(first, 2021)
    ]
    return pd.DataFrame(rows)


def events(rows):
    """Return events of (ticker, last day, amount, what it is, confidence)."""
    about = [
        {
            "event_id": f"E{n}", "ticker": t, "company": t, "event_date": day, "event_end": day, "instrument": kind, "instrument_class": "royalty sale",
            "amount_million": amount, "currency": "USD", "amount_basis": "upfront_or_issued", "confidence": grade, "dated": grade == "high",
        }
        for n, (t, day, amount, kind, grade) in enumerate(rows)
    ]  # fmt: skip
    return pd.DataFrame(about)


@pytest.fixture(scope="module")
def year():
    firms = [("SELLER", "12-31", 2012, 10.0), ("SEPT", "09-30", 2012, 20.0), ("YOUNG", "12-31", 2016, 10.0), ("NAMED", "12-31", 2012, 10.0)]
    firms += [
        ("BUYER", "12-31", 2012, 15.0),
        ("GIANT", "12-31", 2012, 900.0),
        ("ALIKE", "12-31", 2012, 12.0),
        ("ALSO", "12-31", 2012, 14.0),
    ]
    raw = filings(firms)
    names = pd.DataFrame({"ticker": raw["ticker"].unique(), "name": raw["ticker"].unique()})
    listed = [("SELLER", "2016-03-31", 5.0, "royalty sale", "high"), ("SELLER", "2018-06-01", 7.0, "royalty sale", "high")]
    listed += [("SEPT", "2016-11-09", 1.0, "royalty notes", "high"), ("YOUNG", "2016-02-01", 1.0, "royalty sale", "high")]
    listed += [("NAMED", "2015-01-01", 1.0, "royalty sale", "low")]
    return accounts_year.build(accounts_yearly.clean(raw, names), events(listed), SETTINGS)


def test_an_event_counts_from_the_fiscal_year_that_holds_it(year):
    cohorts = year.groupby("ticker")["cohort"].first().dropna().to_dict()
    assert cohorts == {"SELLER": 2016, "SEPT": 2017, "YOUNG": 2016}  # a year that ends in September holds the November before


def test_who_cannot_be_compared_says_why(year):
    reasons = year.dropna(subset=["ineligible_reason"]).groupby("ticker")["ineligible_reason"].first().to_dict()
    assert reasons == {"YOUNG": "no accounts of the year before the event", "NAMED": "no dated event within its accounts"}


def test_liabilities_without_the_money_raised(year):
    seller = year[year["ticker"] == "SELLER"].set_index("fiscal_year")
    assert seller["raised"].loc[[2015, 2016, 2017, 2018]].tolist() == [0.0, 5.0, 5.0, 12.0]
    assert seller["liabilities_less_share"].loc[2016] == pytest.approx(100 * (2.0 - 5.0) / 10.0)


def test_controls_have_no_row_in_the_register_buy_no_royalties_and_are_of_the_treated_s_size(year):
    stacks = accounts_stacks.build(year, {"window": [-3, 2]})
    controls = stacks[stacks["control_kind"] == "never_listed"]
    assert set(controls["ticker"]) == {"ALIKE", "ALSO"}
    assert set(stacks.loc[stacks["treated"], "ticker"]) == {"SELLER", "SEPT"}
    waiting = stacks[stacks["control_kind"] == "not_yet_treated"]
    assert set(zip(waiting["stack"], waiting["ticker"], strict=True)) == {(2016, "SEPT")}
    assert waiting["fiscal_year"].max() == 2016


def test_a_split_is_no_dilution():
    raw = filings([("SPLIT", "12-31", 2016, 10.0)])
    raw["shares"] = [10.0, 11.0, 1.1, 1.32, 66.0]
    names = pd.DataFrame({"ticker": ["SPLIT"], "name": ["Split"]})
    none = events([("OTHER", "2016-01-01", 1.0, "royalty sale", "high")])
    found = accounts_year.build(accounts_yearly.clean(raw, names), none, SETTINGS)["shares_index"]
    assert found.tolist() == pytest.approx([1.0, 1.1, 1.1, 1.32, 1.32])


def test_what_cannot_be_is_blank():
    raw = filings([("FIRM", "12-31", 2017, 10.0)])
    raw.loc[0, "cash"] = 50.0
    raw.loc[1, "rd"] = -1.0
    names = pd.DataFrame({"ticker": ["FIRM"], "name": ["Firm"]})
    table = accounts_yearly.clean(raw, names)
    assert np.isnan(table["assets"].iloc[0])
    assert np.isnan(table["rd"].iloc[1])
    raw["liabilities"] = np.nan
    raw.loc[2, "equity"] = 100.0  # more than all assets
    derived = accounts_yearly.clean(raw, names)
    assert not derived["liabilities_tagged"].any()
    assert derived["liabilities"].isna().tolist() == [True, False, True, False]


def test_assets_of_another_scale_are_left_out_and_say_why():
    raw = filings([("FIRM", "12-31", 2013, 10.0)])
    raw["assets"] = [10.0, 0.01, 10.0, 11.0, 20000.0, 12.0, 0.06, 0.06]
    raw.loc[[6, 7], ["liabilities", "equity"]] = [[2.0, -1.94], [0.02, 8.0]]
    raw.loc[1, ["liabilities", "equity"]] = np.nan
    names = pd.DataFrame({"ticker": ["FIRM"], "name": ["Firm"]})
    table = accounts_yearly.clean(raw.assign(cash=np.nan).sample(frac=1, random_state=1), names).sort_values("fiscal_year")
    found = dict(zip(table["fiscal_year"], table["assets_left_out"], strict=True))
    assert {year: why for year, why in found.items() if pd.notna(why)} == {
        2014: "a thousandth of the periods before and after",
        2017: "a thousandfold of the periods before and after",
        2019: "next to nothing beside the liabilities",
        2020: "next to nothing beside the equity",
    }
    assert table["assets"].isna().tolist() == [year in (2014, 2017, 2019, 2020) for year in range(2013, 2021)]


def test_growth_and_ruin_are_no_errors_of_scale():
    raw = filings([("FIRM", "12-31", 2016, 10.0)]).assign(cash=np.nan, liabilities=np.nan, equity=np.nan)
    raw["assets"] = [0.01, 9.0, 900.0, 40.0, 0.02]
    names = pd.DataFrame({"ticker": ["FIRM"], "name": ["Firm"]})
    assert accounts_yearly.clean(raw, names)["assets_left_out"].isna().all()


def test_no_cell_of_the_filings_is_absurd_any_more():
    for name in ("accounts_yearly", "accounts_quarterly"):
        table = cleaned(name)
        assert not (table["liabilities"] > 1000**0.5 * table["assets"]).any()
        assert table["assets_left_out"].notna().sum() > 0
        assert table.loc[table["assets_left_out"].notna(), "assets"].isna().all()


def test_the_fourth_quarter_is_the_year_less_three():
    years = filings([("FIRM", "12-31", 2019, 10.0)])
    ends = ["2019-03-31", "2019-06-30", "2019-09-30", "2019-12-31", "2020-03-31"]
    quarters = pd.DataFrame({"ticker": "FIRM", "period_end": ends, "rd": [0.1, 0.2, 0.3, np.nan, 0.5]})
    quarters = quarters.assign(cash=1.0, assets=10.0, liabilities=2.0, equity=8.0, shares=5.0)
    table = accounts_quarterly.clean(quarters, years).set_index("period_end")
    assert table.loc["2019-12-31", "rd"] == pytest.approx(0.4)
    assert table["rd_computed"].tolist() == [False, False, False, True, False]
    assert "2020-12-31" not in table.index  # three of its quarters are unknown
    assert np.diff(table["quarter"].astype(int)).tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("column", ["cash", "assets", "liabilities", "equity", "shares"])
def test_both_files_hold_the_same_balance_at_the_end_of_a_year(column):
    years = filings([("FIRM", "12-31", 2019, 10.0)])
    balances = years.loc[years["fiscal_year"] == 2019, ["cash", "assets", "liabilities", "equity", "shares"]].iloc[0]
    quarters = pd.DataFrame({"ticker": "FIRM", "period_end": ["2019-09-30", "2019-12-31"], "rd": [0.3, np.nan], **balances})
    accounts_quarterly.clean(quarters, years)
    for other in (balances[column] * 1000, np.nan):
        wrong = quarters.copy()
        wrong.loc[1, column] = other
        with pytest.raises(DataError, match=rf"'{column}'.*FIRM at 2019-12-31: sec_accounts_yearly has"):
            accounts_quarterly.clean(wrong, years)


def test_dates_known_to_the_month_or_the_year_count_from_their_end():
    events_of = cleaned("accounts_events").set_index("event_id")
    known = events_of[events_of["event_date"].notna()]
    lengths = known["event_date"].str.len()
    assert (known.loc[lengths == 10, "event_end"] == known.loc[lengths == 10, "event_date"]).all()
    assert known.loc[lengths == 4, "event_end"].str.endswith("-12-31").all()
    assert known.loc[known["event_date"] == "2014-04", "event_end"].tolist() == ["2014-04-30"]


def test_firms_of_the_register_are_all_found_by_name():
    table = cleaned("accounts_events")
    assert table["ticker"].nunique() == 48
    assert table[table["dated"]].groupby("ticker").size().shape == (34,)
