"""Years that notes of tables and the text quote: those of the rows that were used."""

import pandas as pd

from analysis.core.estimation import YEARS

NAMES = ["province", "province_code", "region", "municipality", "year"]


def count(province_att, province_link_within, province_statistics):
    """Return the years of the province statistics and of the samples of two tables, first to last over their outcomes."""
    years = province_statistics.loc[province_statistics.drop(columns=NAMES).notna().any(axis=1), "year"]
    every = {"years_statistics": f"{int(years.min())}\N{EN DASH}{int(years.max())}"}
    return every | {"years_main": _years(province_att), "years_link": _years(province_link_within)}


def _years(table: pd.DataFrame) -> str:
    found = [match.group().split("-") for text in table["sample"].unique() if (match := YEARS.search(text))]
    if not found:
        raise LookupError(f"the sample of {table['model_id'].iloc[0]} names no years")
    return f"{min(first for first, _ in found)}\N{EN DASH}{max(last for _, last in found)}"
