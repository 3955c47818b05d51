"""Guangdong's published share of deals beside its share of inventions: is the market more concentrated than invention?"""

from __future__ import annotations

import pandas as pd

PLACE = "Guangdong"
ONE_ORIGINATOR = "one originator, Shenzhen"


def build(market_series: pd.DataFrame, province_statistics: pd.DataFrame) -> pd.DataFrame:
    """Return one row: deals of the place and of all on one provider's count, and the benchmark of the last year counted."""
    counted = market_series[market_series["basis"] == "cumulative"].set_index("scope")
    place = counted.loc[f"{PLACE} originators"]
    everyone = market_series[
        (market_series["provider"] == place["provider"])
        & (market_series["scope"] == "both exchanges")
        & (market_series["as_of"] == place["as_of"])
    ].iloc[0]
    year = int(place["as_of"][:4])
    # Deals of one originator are no independent draws: the largest one's count as a single deal in the cautious share.
    repeated = int(market_series.loc[market_series["scope"] == ONE_ORIGINATOR, "deals"].iloc[0]) - 1
    inventions = province_statistics[province_statistics["year"] == year].set_index("province")["inventions_in_force"]
    return pd.DataFrame(
        {
            "place": pd.Series([PLACE], dtype="string"),
            "year": pd.Series([year], dtype="Int64"),
            "source_def": pd.Series([everyone["source_def"]], dtype="string"),
            "deals_place": pd.Series([place["deals"]], dtype="Int64"),
            "deals_all": pd.Series([everyone["deals"]], dtype="Int64"),
            "originators_place": pd.Series([place["deals"] - repeated], dtype="Int64"),
            "originators_all": pd.Series([everyone["deals"] - repeated], dtype="Int64"),
            "value_share": [float(place["value_cny_billion"] / everyone["value_cny_billion"])],
            "benchmark": [float(inventions[PLACE] / inventions.sum())],
        }
    )
