"""Levels, growth and ranks of country indicators in the latest year that all countries have."""

import pandas as pd

from analysis.exhibits.cells import number
from analysis.exhibits.display import Table

COUNTRIES = {"USA": "US", "CHN": "China", "JPN": "Japan", "DEU": "Germany", "FRA": "France", "GBR": "UK", "KOR": "Korea"}
INDICATORS = {
    "rd_intensity": ("R&D (percent of GDP)", 2, 1.0),
    "ip_receipts_to_gdp": ("IP receipts (percent of GDP)", 3, 1.0),
    "ip_receipts": ("IP receipts (bn US dollars)", 1, 1e-9),
    "ip_payments": ("IP payments (bn US dollars)", 1, 1e-9),
    "patents_per_gdp": ("Resident patent applications per bn dollars of GDP", 1, 1.0),
}


def layout(countries: pd.DataFrame) -> Table:
    """Return level, rank and growth over ten years by country."""
    rows, rules = [], []
    for indicator, (label, digits, scale) in INDICATORS.items():
        wide = countries[countries["indicator"] == indicator].pivot(index="year", columns="iso3", values="value")[list(COUNTRIES)].dropna()
        year = int(wide.index.max())
        level, ten_before = wide.loc[year] * scale, wide.loc[year - 10] * scale
        rank = level.rank(ascending=False).astype(int)
        rules.append(len(rows))
        rows.append({"Indicator": f"{label}, {year}"} | {name: number(level[code], digits) for code, name in COUNTRIES.items()})
        rows.append({"Indicator": "rank"} | {name: str(rank[code]) for code, name in COUNTRIES.items()})
        rows.append(
            {"Indicator": "change over ten years (%)"}
            | {name: number(100 * (level[code] / ten_before[code] - 1), 0) for code, name in COUNTRIES.items()}
        )
    return Table(pd.DataFrame(rows), data=countries, rules=tuple(rules[1:]), widths={"Indicator": "1fr"})
