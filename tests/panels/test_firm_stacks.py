"""Risk sets: who may stand beside a treated firm, and when."""

import pandas as pd
import pytest

from analysis.panels import firm_stacks, firm_year

SETTINGS = {"industry": "Pharma", "large_diversified": ["BIG"], "window": [-5, 4]}


def scoreboard(rows):
    """Return a Scoreboard of (company, country, industry, years)."""
    records = [
        {
            "firm_id": f"{c}|{k}",
            "company": c,
            "country": k,
            "industry": i,
            "fiscal_year": y,
            "rank": 1,
            "rd": 10.0,
            "sales": 5.0,
            "capex": 1.0,
            "operating_profit": 0.0,
            "employees": 1.0,
            "market_cap": 9.0,
            "rd_to_sales": 2.0,
            "rd_to_market_cap": 1.1,
            "link_suspect": False,
        }
        for c, k, i, years in rows
        for y in years
    ]
    return pd.DataFrame(records)


def events(rows):
    """Return events of (company, also, year, confidence, class)."""
    records = [
        {
            "event_id": f"E{n}",
            "company": c,
            "country": "US",
            "also_listed_as": also,
            "event_year": y,
            "event_date": pd.NA if y is None else str(y),
            "instrument_class": kind,
            "confidence": grade,
            "dated": grade == "high" and y is not None,
        }
        for n, (c, also, y, grade, kind) in enumerate(rows)
    ]
    return pd.DataFrame(records).astype({"event_year": "Int64"})


@pytest.fixture(scope="module")
def panels():
    every = range(2013, 2023)
    firms = scoreboard(
        [
            ("SELLER", "US", "Pharma", every),
            ("OLD NAME", "US", "Pharma", range(2013, 2016)),
            ("NEW NAME", "US", "Pharma", range(2016, 2023)),
            ("LATE", "US", "Pharma", range(2019, 2023)),
            ("HOLE", "US", "Pharma", every),
            ("REMEMBERED", "US", "Pharma", every),
            ("CONTROL", "US", "Pharma", every),
            ("SHORT", "US", "Pharma", range(2013, 2018)),
            ("FOREIGN", "Japan", "Pharma", every),
            ("OTHER", "US", "Cars", every),
            ("LEAVER", "US", "Pharma", range(2013, 2018)),
        ]
    )
    listed = events(
        [
            ("SELLER", pd.NA, 2018, "high", "royalty sale"),
            ("NEW NAME", "OLD NAME", 2020, "high", "notes or loan"),
            ("LATE", pd.NA, 2019, "high", "royalty sale"),
            ("HOLE", pd.NA, 2023, "high", "royalty sale"),
            ("REMEMBERED", pd.NA, None, "unsourced", "royalty sale"),
            ("LEAVER", pd.NA, 2018, "high", "royalty sale"),
        ]
    )
    years = firm_year.build(firms, listed, SETTINGS)
    return years, firm_stacks.build(years, SETTINGS)


def test_split_firms_are_merged(panels):
    years, _ = panels
    merged = years[years["firm_id"] == "NEW NAME|US"]
    assert merged["fiscal_year"].tolist() == list(range(2013, 2023))
    assert "OLD NAME|US" not in set(years["firm_id"])


def test_firms_that_cannot_be_compared_say_why(panels):
    years, _ = panels
    reasons = years.drop_duplicates("firm_id").set_index("firm_id")["ineligible_reason"].dropna().to_dict()
    assert reasons == {"LATE|US": "not listed in the year before the event", "HOLE|US": "fiscal year 2023 is absent from the Scoreboard"}


def test_controls_are_never_listed_firms_of_the_industry_at_risk_before_the_event(panels):
    _, stacks = panels
    never = stacks[stacks["control_kind"] == "never_listed"]
    assert set(never.loc[never["stack"] == 2018, "company"]) == {"CONTROL", "FOREIGN", "SHORT"}  # OTHER makes cars
    assert set(never.loc[never["stack"] == 2020, "company"]) == {"CONTROL", "FOREIGN"}  # SHORT had left before
    assert "REMEMBERED" not in set(stacks["company"])  # named without a source: neither treated nor control


def test_not_yet_treated_controls_leave_before_their_own_event(panels):
    _, stacks = panels
    later = stacks[stacks["control_kind"] == "not_yet_treated"]
    assert set(later["company"]) == {"OLD NAME", "NEW NAME"}
    assert set(later["stack"]) == {2018}
    assert later["fiscal_year"].max() == 2019


def test_cells_split_by_country_group_and_windows_hold(panels):
    _, stacks = panels
    assert set(stacks["cell"]) == {"2018 US", "2018 other", "2020 US", "2020 other"}
    assert stacks["event_time"].between(-5, 4).all()
    assert (stacks["fiscal_year"] - stacks["stack"] == stacks["event_time"]).all()
    treated = stacks[stacks["treated"]]
    assert treated.groupby("stack")["firm_id"].unique().map(list).to_dict() == {2018: ["LEAVER|US", "SELLER|US"], 2020: ["NEW NAME|US"]}


def test_who_leaves_in_the_year_of_the_event_is_at_risk_and_marked(panels):
    years, stacks = panels
    assert years.loc[years["company"] == "LEAVER", "eligible"].all()
    at_event = stacks[stacks["stack"] == 2018].groupby("company")["listed_at_event"].first()
    assert not at_event[["LEAVER", "SHORT"]].any()
    assert at_event[["SELLER", "CONTROL", "FOREIGN"]].all()
