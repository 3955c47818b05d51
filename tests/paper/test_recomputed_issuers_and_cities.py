"""The main lines of issuers and cities once more, from the raw files with pandas and numpy alone, to the printed digit."""

import json

import numpy as np
import pandas as pd
import pytest

from tests.paper.issuers_and_cities import EFFECT, cohorts_of_cities, read_books, value_of
from tests.paper.raw_files import ROOT, outside


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
    return read_books()


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


@pytest.mark.parametrize(
    ("column", "label"), [("real_gdp_2000prices", "Real GDP of cities (log points)"), ("loans_100m_yuan", "Loans of cities (log points)")]
)
def test_effects_on_cities_to_the_printed_digit(column, label):
    raw = outside("cities/city_year_gdp_loans.csv").sort_values(["city_code", "year"])
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
