"""Stacks of cities by the year of their first issue: compared within strata of size, with cities that have no known issue by then."""

from __future__ import annotations

import pandas as pd


def build(city_year: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """Return one row per stack, city and year. Settings: window (first and last event time).

    Controls are cities without a confirmed issue, in the years in which they are usable.
    """
    usable = city_year[city_year["usable"]]
    years = sorted(usable["cohort_midyear"].dropna().unique())
    last = usable["year"].max()
    stacks = [_stack(usable, int(year), settings["window"]) for year in years if year <= last]
    return pd.concat(stacks, ignore_index=True).astype({"stack": "Int64", "event_time": "Int64"})


def _stack(cities: pd.DataFrame, year: int, window: list[int]) -> pd.DataFrame:
    event_time = cities["year"] - year
    treated = (cities["cohort_midyear"] == year).fillna(False).astype(bool)
    never = ~(cities["cohort_midyear"] <= cities["year"].max()).fillna(False).astype(bool)
    stack = cities[(treated | never) & event_time.between(*window)]
    return stack.assign(
        stack=year, event_time=event_time[stack.index], treated=treated[stack.index], cell=f"{year} " + stack["size_stratum"]
    )
