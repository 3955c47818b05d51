"""The main lines of issuers and cities once more, from the raw files with pandas and numpy alone, to the printed digit."""

import json

import numpy as np
import pandas as pd
import pytest

from analysis.core.rawfiles import ROOT, external_folder

YEARS = range(-3, 4)
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


def external(name):
    path = ROOT / external_folder() / name
    if not path.exists():
        pytest.skip(f"{name} is not at hand")
    return pd.read_csv(path)


def printed(table):
    """Return the cells of an archived table: first cell of each row → row; skips where the table has not been made with the data."""
    path = ROOT / "paper" / "tables" / f"{table}.json"
    if not path.exists():
        pytest.skip(f"{path.name} has not been made yet")
    content = json.loads(path.read_text())
    if content["columns"] == ["Not available"]:
        pytest.skip("the archived table was made without the data")
    return [dict(zip(content["columns"], row, strict=True)) for row in content["rows"]]


@pytest.fixture(scope="module")
def books():
    """One row per firm and fiscal year in million dollars, Iconix from its own file; firms on the list that are no issuers left out."""
    raw = external("accounts_securitizers/panel_firm_year.csv")
    folder = ROOT / "data/raw/accounts_securitizers"
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


LABELS = {
    "issuer_interest": "Interest to average debt (percentage points)",
    "issuer_debt_assets": "Debt to assets (percentage points)",
    "issuer_debt_revenue": "Debt to revenue (percentage points)",
    "issuer_payouts": "Payouts per dollar raised (dollars a year)",
    "issuer_capex": "Investment per dollar raised (dollars a year)",
    "issuer_revenue": "Revenue (log points)",
    "issuer_assets": "Assets (log points)",
    "issuer_turnover": "Sales to assets (percentage points)",
    "issuer_roa": "Operating return on assets (percentage points)",
    "issuer_market_value": "Market value of equity (log points)",
    "issuer_q": "Tobin's q (log points)",
}


def effect_of(books, issuers, outcome):
    """Return the mean over issuers and years 0 to 3 of changes since the year before, less the mean change of controls, and how many issuers."""
    differences, treated = [], set()
    for name, deal in issuers.iterrows():
        year = int(deal["event_date"][:4])
        here = books.xs(year - 1, level="fiscal_year")
        controls = [f for f in here.index[here["group"] == deal["industry_group"]] if f not in issuers.index]
        value = {(firm, e): value_of(books, issuers, firm, year + e, outcome, deal) for firm in [name, *controls] for e in [-1, *EFFECT]}
        change = {key: x - value[(key[0], -1)] for key, x in value.items()}
        for e in EFFECT:
            others = np.array([change[(firm, e)] for firm in controls])
            others = others[np.isfinite(others)]
            if np.isfinite(change[(name, e)]) and len(others):
                differences.append(change[(name, e)] - others.mean())
                treated.add(name)
    return np.mean(differences), len(treated)


@pytest.mark.parametrize("outcome", LABELS)
def test_effects_on_issuers_to_the_printed_digit(books, outcome):
    rows = {row["Outcome"]: row for row in printed("issuer_effects")}
    effect, treated = effect_of(*books, outcome)
    line = rows[LABELS[outcome]]
    assert line["ATT"].replace("\N{MINUS SIGN}", "-") == f"{effect:.3f}"
    assert line["Issuers"] == str(treated)


BY_PLACE = {
    "Beijing": 110000, "Shanghai": 310000, "Nanjing": 320100, "Wenzhou": 330300, "Changsha": 430100, "Guangzhou": 440100, "Shenzhen": 440300, "Dongguan": 441900,
}  # fmt: skip


def cohorts_of_cities():
    """Return code → first year with six months after the confirmed first issue, and code → year of the first unconfirmed evidence."""
    events = pd.read_csv(ROOT / "data/raw/registers/first_issues.csv", dtype=str)
    codes = pd.read_csv(ROOT / "data/raw/geography/city_codes.csv").set_index("city")["city_code"]
    dates, unconfirmed = {}, {}
    for city, rows in events.groupby("city"):
        confirmed = rows.loc[rows["rule"] == "confirmed first issue", "date"].sort_values()
        if len(confirmed):
            first = confirmed.iloc[0]
            dates[codes[city]] = int(first[:4]) + (len(first) > 4 and first[5:] > "06-30"[: len(first) - 5])
        else:
            unconfirmed[codes[city]] = int(rows["date"].min()[:4])
    return dates, unconfirmed


@pytest.mark.parametrize(
    ("column", "label"), [("real_gdp_2000prices", "Real GDP of cities (log points)"), ("loans_100m_yuan", "Loans of cities (log points)")]
)
def test_effects_on_cities_to_the_printed_digit(column, label):
    raw = external("cities/city_year_gdp_loans.csv").sort_values(["city_code", "year"])
    dates, unconfirmed = cohorts_of_cities()
    assert {city: dates[code] for city, code in BY_PLACE.items()} == {
        "Beijing": 2019, "Shanghai": 2020, "Nanjing": 2022, "Wenzhou": 2021, "Changsha": 2023, "Guangzhou": 2020, "Shenzhen": 2020, "Dongguan": 2023,
    }  # fmt: skip
    growth = 100 * raw["real_gdp_2000prices"] / raw.groupby("city_code")["real_gdp_2000prices"].shift()
    off = {
        "real_gdp_2000prices": ((growth - raw["gdp_growth_index_prev100"]).abs() > 1) | (raw["interp_gdp"] == 1) | (raw["flag_gdp"] == 1),
        "loans_100m_yuan": (raw["interp_loans"] == 1) | (raw["flag_loans"] == 1) | ((raw["city_code"] == 440300) & (raw["year"] <= 2014)),
    }
    raw["y"] = np.log(raw[column].mask(off[column]))
    kept = ~raw["city_code"].isin([370100, 371200]) & (raw["city_code"] // 10000 != 46) & (raw["year"] >= 2012)
    kept &= raw["year"] < raw["city_code"].map(unconfirmed).fillna(9999)
    wide = raw[kept].pivot(index="city_code", columns="year", values="y")
    cohort = pd.Series(wide.index.map(lambda code: dates.get(code, 9999)), wide.index)
    cells = []
    for year in sorted(set(cohort[cohort <= 2023])):
        for t in range(year, 2024):
            change = wide[t] - wide[year - 1]
            ours, theirs = change[cohort == year].dropna(), change[cohort > 2023].dropna()
            cells.append((len(ours), ours.mean() - theirs.mean()))
    weights, effects = np.array(cells).T
    rows = printed("city_effects")
    start = next(i for i, row in enumerate(rows) if row[""] == label)
    assert rows[start + 1]["ATT"].replace("\N{MINUS SIGN}", "-") == f"{np.average(effects, weights=weights):.3f}"
