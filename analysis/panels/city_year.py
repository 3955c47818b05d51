"""Cities by year: real GDP, loans, the year of the first issue by several rules, and strata of size before any issue.

Status follows the rules of provinces: cities with unconfirmed evidence are controls until that evidence. Cities whose
borders changed are left out, and so is the province whose issue no source places in a city, unless the widest dates are asked for.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

STRATA = {1: "largest tenth", 2: "second tenth"}
REST, UNCONFIRMED = "the rest", "unconfirmed evidence"
PLACEBO_YEARS = 3


def build(city_statistics: pd.DataFrame, city_onset: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """Return one row per city and year.

    Settings: first_year; size_year (real GDP that sizes a city); borders (codes left out); unplaced (province codes whose issue
    has no city); compared (province codes of the comparison among three); breaks (city, column, last year of the old level, why).
    """
    panel = city_statistics[city_statistics["year"] >= settings["first_year"]]
    panel = panel[~panel["city_code"].isin(settings["borders"])]
    dates = city_onset[["city_code", "cohort_midyear", "cohort_strict", "cohort_wide", "status"]]
    panel = panel.merge(dates, on="city_code", how="left", validate="many_to_one").reset_index(drop=True)
    panel["status"] = panel["status"].fillna("no known issue")
    for rule in settings["breaks"]:
        panel.loc[(panel["city_code"] == rule["city"]) & (panel["year"] <= rule["to"]), rule["column"]] = np.nan
    panel["placed"] = ~panel["province_code"].isin(settings["unplaced"])
    panel["certain"] = panel["status"] != "uncertain"
    before = (panel["year"] < panel["cohort_wide"]).fillna(False).astype(bool)
    panel["usable"] = panel["placed"] & (panel["certain"] | before)
    panel["treated_strict"] = (panel["year"] >= panel["cohort_midyear"]).fillna(False).astype(bool)
    panel["cohort_early"] = panel["cohort_midyear"] - PLACEBO_YEARS
    panel["three_provinces"] = panel["province_code"].isin(settings["compared"])
    panel["size_stratum"] = _size(panel, settings["size_year"])
    # A city of uncertain status keeps a stratum of its own, where nobody is treated, as among provinces.
    panel["stratum_size"] = panel["size_stratum"].where(panel["certain"], UNCONFIRMED)
    return panel


def _size(panel: pd.DataFrame, year: int) -> pd.Series:
    """Return the stratum by real GDP in `year` among all cities that have it; a city without it is of the rest."""
    size = panel[panel["year"] == year].set_index("city_code")["real_gdp"].dropna()
    tenth = np.ceil(10 * size.rank(ascending=False) / len(size)).astype(int).map(STRATA)
    return panel["city_code"].map(tenth).fillna(REST).astype("string")
