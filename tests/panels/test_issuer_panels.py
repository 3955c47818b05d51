"""Panels of listed issuers: what is blank and why, debt averaged by time, stacks of one issuer each, flows per dollar raised."""

import pandas as pd
import pytest

from analysis.panels import issuer_stacks, issuer_year

pytestmark = pytest.mark.fast

SETTINGS = {"fewest_debt": 0.05, "not_comparable": [{"firm": "C2", "columns": ["assets"], "to": 2014, "why": "recast"}]}
MONEY = {"revenue": 100.0, "operating_income": 10.0, "interest": 6.0, "debt": 50.0, "assets": 200.0, "market_equity": 300.0, "capex": 5.0}


def accounts(firm, years, month=12, **given):
    rows = [
        {"firm_id": firm, "firm": firm, "group": "restaurant", "fiscal_year": y, "period_end": f"{y}-{month:02d}-28", "payouts": 4.0}
        for y in years
    ]
    table = pd.DataFrame(rows).assign(**MONEY)
    for column, values in given.items():
        table[column] = values
    return table


def listed(**given):
    row = {
        "firm_id": "I1",
        "firm": "Issuer",
        "industry_group": "restaurant",
        "role": "issuer",
        "first_time": True,
        "event_date": "2015-10-01",
    }
    row |= {"date_basis": "closing", "deal_id": "X", "amount_usd_million": 80.0, "source_url": "u", "grade": "high", "note": ""} | given
    return pd.DataFrame([row])


@pytest.fixture
def panel():
    years = range(2011, 2021)
    table = pd.concat(
        [
            accounts("I1", years, debt=[40.0] * 4 + [140.0] * 6, payouts=[4.0] * 4 + [44.0] + [4.0] * 5),
            accounts("C1", years),
            accounts("C2", years, month=9, debt=2.0),
            accounts("C3", years, interest=-1.0),
        ]
    )
    return issuer_year.build(table, listed(), SETTINGS)


def cell(panel, firm, year, column):
    return panel.set_index(["firm_id", "fiscal_year"]).loc[(firm, year), column]


def test_debt_of_the_deals_year_is_averaged_by_time(panel):
    after = (pd.Timestamp("2015-12-28") - pd.Timestamp("2015-10-01")).days / 365
    assert cell(panel, "I1", 2015, "interest_to_debt") == pytest.approx(100 * 6 / (40 * (1 - after) + 140 * after))
    assert cell(panel, "I1", 2014, "interest_to_debt") == pytest.approx(15.0)
    assert cell(panel, "C1", 2015, "interest_to_debt") == pytest.approx(12.0)
    assert pd.isna(cell(panel, "I1", 2011, "interest_to_debt"))  # no year before


def test_a_cost_of_hardly_any_debt_and_of_net_interest_income_is_blank(panel):
    assert panel.loc[panel["firm_id"].isin(["C2", "C3"]), "interest_to_debt"].isna().all()
    assert panel.loc[panel["firm_id"] == "C2", "debt_to_revenue"].eq(2.0).all()


def test_ratios_to_assets_end_where_assets_hold_leases(panel):
    for firm, last in (("C1", 2018), ("C3", 2018), ("C2", 2019)):  # a fiscal year that ends in September begins before the rule in 2019
        own = panel[panel["firm_id"] == firm].set_index("fiscal_year")
        assert own["debt_to_assets"].last_valid_index() == last
        assert own["debt_to_assets_leases"].last_valid_index() == 2020


def test_years_that_cannot_be_compared_are_blank(panel):
    own = panel[panel["firm_id"] == "C2"].set_index("fiscal_year")
    assert own["sales_to_assets"].first_valid_index() == 2015 and own["debt_to_revenue"].notna().all()


@pytest.mark.parametrize("role", ["before the accounts", "earlier", "patent royalties"])
def test_firms_on_the_list_without_a_part_are_no_controls(role):
    table = pd.concat([accounts("I1", range(2011, 2019)), accounts("C1", range(2011, 2019))])
    assert set(issuer_year.build(table, listed(role=role), SETTINGS)["firm_id"]) == {"C1"}


def test_a_stack_is_one_issuer_and_those_at_risk(panel):
    late = pd.concat([panel, panel[panel["firm_id"] == "C1"].assign(firm_id="C4").query("fiscal_year >= 2015")])
    stacks = issuer_stacks.build(late, {"window": [-4, 3]})
    assert set(stacks["firm_id"]) == {"I1", "C1", "C2", "C3"}  # C4 is not observed in the year before
    assert stacks.loc[stacks["treated"], "firm_id"].unique().tolist() == ["I1"]
    assert (stacks["fiscal_year"].min(), stacks["fiscal_year"].max()) == (2011, 2018)


def test_flows_are_per_dollar_raised(panel):
    stacks = issuer_stacks.build(panel, {"window": [-4, 3]}).set_index(["firm_id", "event_time"])
    assert stacks.loc[("I1", 0), "payouts_per_dollar"] == pytest.approx(44 / 80)  # the issuer's own dollars over those raised
    assert stacks.loc[("C1", 2), "payouts_per_dollar"] == pytest.approx(4 / 100 * 100 / 80)


def test_a_spread_has_one_value_on_each_side(panel):
    moving = panel.assign(margin=panel["fiscal_year"].map(dict(zip(range(2011, 2021), [0, 1, 3, 5, 9, 2, 2, 2, 0, 0], strict=True))))
    own = issuer_stacks.build(moving, {"window": [-4, 3]}).query("firm_id == 'I1'").set_index("event_time")["margin_spread"].dropna()
    assert own.to_dict() == {-1: pytest.approx(2.0), 0: 0.0}
