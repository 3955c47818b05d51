"""Pledges registered in a year beside the patents in force at its end.

Pledges may be of any kind of patent; patents in force of all kinds are published for one of the years only, so that the ratio over time
is to inventions alone, which are fewer: it overstates the share of patents that are pledged.
"""

from __future__ import annotations

import pandas as pd

COUNTRY = "China"


def build(pledges: pd.DataFrame, province_statistics: pd.DataFrame) -> pd.DataFrame:
    """Return one row per place and year; the country's inventions are the sum of its provinces."""
    counted = province_statistics.dropna(subset=["inventions_in_force"])
    places = counted.set_index(["province", "year"])["inventions_in_force"].to_dict()
    places |= {(COUNTRY, year): total for year, total in counted.groupby("year")["inventions_in_force"].sum().items()}
    official = pd.Series([places.get(key) for key in zip(pledges["place"], pledges["year"], strict=True)], index=pledges.index)
    inventions = pledges["inventions_in_force"].astype("Float64").fillna(official.astype("Float64")).round().astype("Int64")
    return pledges.drop(columns="source_url").assign(inventions_in_force=inventions)
