"""Years that notes of tables and the text quote: those of the rows that were used."""

import pandas as pd

from analysis.core.preparation import prepare

NAMES = ["province", "province_code", "region", "municipality", "year"]


def count(province_statistics: pd.DataFrame, province_year: pd.DataFrame, specifications: dict, outcomes: dict) -> dict:
    """Return the years of the province statistics and of the samples of two tables, first to last over their outcomes."""
    every = province_statistics.loc[province_statistics.drop(columns=NAMES).notna().any(axis=1), "year"]
    samples = {"years_main": "province_att", "years_link": "province_link_within"}
    spans = {name: _span(_years(province_year, specifications[model], outcomes)) for name, model in samples.items()}
    return {"years_statistics": _span(every), **spans}


def _years(panel: pd.DataFrame, specification: dict, outcomes: dict) -> pd.Series:
    """Return the years of the rows that have an outcome of the specification, and its controls."""
    needed = list(specification.get("controls", []))
    samples = (
        prepare(panel, specification.get("where", {}), outcomes[name], name).dropna(subset=[name, *needed])
        for name in specification["outcomes"]
    )
    return pd.concat([sample[specification["time"]] for sample in samples])


def _span(years: pd.Series) -> str:
    return f"{int(years.min())}\N{EN DASH}{int(years.max())}"
