"""Published totals of the Chinese market, one row per provider, scope and period."""

from __future__ import annotations

import pandas as pd

# The first mainland issue closed in December 2018: cumulative counts run from there.
MARKET_BEGINS = pd.Period("2018-12", "M")


def clean(market_series_published: pd.DataFrame) -> pd.DataFrame:
    """Return the published totals with the length of the period that each covers."""
    raw = market_series_published
    last = pd.PeriodIndex(raw["as_of"], freq="M")
    begin = [
        MARKET_BEGINS if basis == "cumulative" else pd.Period(f"{year}-01", "M")
        for basis, year in zip(raw["basis"], raw["first_year"], strict=True)
    ]
    months = [(end - start).n + 1 for end, start in zip(last, begin, strict=True)]
    return raw.drop(columns="confidence").assign(
        source_def=raw["provider"] + ": " + raw["scope"],
        months=pd.Series(months, index=raw.index, dtype="float64"),
        derived=(raw["derived"] == "yes"),
    )
