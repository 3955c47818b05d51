"""Accounts of listed issuers and dates of cities from the raw files, by pandas and numpy alone."""

import numpy as np
import pandas as pd

from tests.paper.raw_files import RAW, outside

EFFECT = range(4)
# Fiscal years after which assets hold leases, by the month in which the year ends.
LAST_BEFORE_LEASES = {12: 2018, 1: 2018, 2: 2018}
OLD_SHAPE = {
    ("QSR", "revenue"): 2014,
    ("YUM", "revenue"): 2013,
    ("YUM", "assets"): 2015,
    ("JACK", "revenue"): 2015,
    ("JACK", "assets"): 2017,
}


def read_books():
    """Return one row per firm and fiscal year in million dollars, and the issuers; Iconix from its own file; firms on the list that are no issuers left out."""
    raw = outside("accounts_securitizers/panel_firm_year.csv")
    folder = RAW / "accounts_securitizers"
    listed = pd.read_csv(folder / "issuers.csv").set_index("firm_id")
    raw = raw[(raw["ticker"] != "ICON") & ~(raw["total_assets"] < 1e6)]
    money = {"revenue": "revenue", "operating_income": "income", "interest_expense": "interest", "total_debt": "debt", "total_assets": "assets", "market_equity": "equity"}  # fmt: skip
    table = raw[["ticker", "control_set", "fiscal_year", "period_end"]].copy()
    for theirs, ours in money.items():
        table[ours] = raw[theirs] / 1e6
    table["capex"] = -raw["capex_net"] / 1e6
    table["payouts"] = np.where(raw["cfo"].notna(), -(raw["dividends_paid"].fillna(0) + raw["net_equity_cash"].fillna(0)) / 1e6, np.nan)
    iconix = pd.read_csv(folder / "iconix_accounts.csv")
    own = {"revenue": "revenue_usd", "interest": "interest_expense_usd", "debt": "total_debt_usd", "assets": "total_assets_usd"}
    iconix = pd.DataFrame(
        {"ticker": "ICON", "fiscal_year": iconix["fiscal_year"], "period_end": iconix["period_end"]}
        | {ours: iconix[theirs] / 1e6 for ours, theirs in own.items()}
    )
    table = pd.concat([table, iconix], ignore_index=True)
    issuers = listed[listed["role"] == "issuer"]
    table = table[table["ticker"].isin(issuers.index) | ~table["ticker"].isin(listed.index)]
    table["group"] = table["control_set"].fillna(table["ticker"].map(listed["industry_group"]))
    for (firm, column), last in OLD_SHAPE.items():
        columns = ["revenue", "income"] if column == "revenue" else ["assets"]
        table.loc[(table["ticker"] == firm) & (table["fiscal_year"] <= last), columns] = np.nan
    return table.set_index(["ticker", "fiscal_year"]).sort_index(), issuers


def value_of(books, issuers, firm, year, outcome, deal):
    """Return an outcome of one firm and year, of the stack of `deal`."""
    if (firm, year) not in books.index:
        return np.nan
    row = books.loc[(firm, year)]
    leases = year > LAST_BEFORE_LEASES.get(int(row["period_end"][5:7]), 2019)
    assets = np.nan if leases else row["assets"]
    revenue = row["revenue"] if row["revenue"] > 0 else np.nan
    if outcome == "issuer_interest":
        before = books["debt"].get((firm, year - 1), np.nan)
        share = 0.5
        if firm in issuers.index and issuers.loc[firm, "event_date"][:4] == str(year):
            days = (pd.Timestamp(row["period_end"]) - pd.Timestamp(issuers.loc[firm, "event_date"])).days
            share = min(max(days / 365, 0.0), 1.0)
        debt = (1 - share) * before + share * row["debt"]
        return 100 * row["interest"] / debt if row["interest"] > 0 and debt >= 0.05 * revenue else np.nan
    if outcome in ("issuer_payouts", "issuer_capex"):
        start = int(deal["event_date"][:4]) - 1
        base = books["revenue"].get((firm, start), np.nan)
        scale = books.loc[(deal.name, start), "revenue"] / deal["amount_usd_million"]
        return row[outcome.removeprefix("issuer_")] / base * scale
    with np.errstate(divide="ignore", invalid="ignore"):
        found = {
            "issuer_debt_assets": 100 * row["debt"] / assets,
            "issuer_debt_revenue": 100 * row["debt"] / revenue,
            "issuer_revenue": np.log(revenue),
            "issuer_assets": np.log(assets),
            "issuer_turnover": 100 * revenue / assets,
            "issuer_roa": 100 * row["income"] / assets,
            "issuer_market_value": np.log(row["equity"]),
            "issuer_q": np.log((row["equity"] + row["debt"]) / assets),
        }
    return found[outcome]


def cohorts_of_cities():
    """Return code → first year with six months after the confirmed first issue, and code → year of the first unconfirmed evidence."""
    events = pd.read_csv(RAW / "registers/first_issues.csv", dtype=str)
    codes = pd.read_csv(RAW / "geography/city_codes.csv").set_index("city")["city_code"]
    dates, unconfirmed = {}, {}
    for city, rows in events.groupby("city"):
        confirmed = rows.loc[rows["rule"] == "confirmed first issue", "date"].sort_values()
        if len(confirmed):
            first = confirmed.iloc[0]
            dates[codes[city]] = int(first[:4]) + (len(first) > 4 and first[5:] > "06-30"[: len(first) - 5])
        else:
            unconfirmed[codes[city]] = int(rows["date"].min()[:4])
    return dates, unconfirmed
