"""Treatment timing of cities, by the rules of provinces (_onset); an issue known to the province alone stands at its capital, and says so."""

from __future__ import annotations

import pandas as pd

from analysis.core.errors import DataError
from analysis.sources._onset import COHORTS, dated, timing


def clean(first_issues_by_city: pd.DataFrame, city_codes_list: pd.DataFrame) -> pd.DataFrame:
    """Return one row per city with any evidence; raise DataError for a city of the register without a code."""
    events = dated(first_issues_by_city)
    codes = city_codes_list.set_index("city")
    if without := sorted(set(events["city"]) - set(codes.index)):
        raise DataError(f"city_codes_list: no code for {without[0]}, a city of first_issues_by_city")
    rows = [{"city": name, **codes.loc[name].to_dict()} | timing(rows) for name, rows in events.groupby("city", sort=True)]
    return pd.DataFrame(rows).astype(dict.fromkeys((*COHORTS, "city_code"), "Int64"))
