"""Country indicators, with the ratios that comparisons need. Vintages are never spliced."""

from __future__ import annotations

import pandas as pd

# New indicator → numerator and scale; the denominator is GDP in current dollars.
RATIOS = {
    "ip_receipts_to_gdp": ("ip_receipts", 100.0, "percent of GDP"),
    "patents_per_gdp": ("resident_patents", 1e9, "applications per billion US dollars of GDP"),
}


def clean(country_indicators: pd.DataFrame) -> pd.DataFrame:
    """Return one row per country, indicator and year; ratios exist where both parts do."""
    table = country_indicators.drop(columns=["source", "source_url"])
    gdp = table[table["indicator"] == "gdp"].set_index(["iso3", "year"])["value"]
    made = [_ratio(table, gdp, name, *ratio) for name, ratio in RATIOS.items()]
    return pd.concat([table, *made], ignore_index=True)


def _ratio(table: pd.DataFrame, gdp: pd.Series, name: str, numerator: str, scale: float, unit: str) -> pd.DataFrame:
    part = table[table["indicator"] == numerator].set_index(["iso3", "year"])
    ratio = part.assign(value=scale * part["value"] / gdp.reindex(part.index), indicator=name, unit=unit).reset_index()
    return ratio.dropna(subset=["value"])
