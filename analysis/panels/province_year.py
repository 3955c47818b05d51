"""The province panel: outcomes, treatment timing and controls, 31 provinces by 16 years.

Money is nominal: year effects take out national prices, not provincial ones.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

ONSET = ("province", "cohort_strict", "cohort_wide", "cohort_midyear", "status")

# Traits that are also kept as they were before any province issued.
TRAITS = ("log_gdp_per_capita", "secondary_share", "log_fiscal_expenditure")

# How much earlier the placebo dates are: as far as possible while the first cohort keeps years before them.
PLACEBO_YEARS = 3


def build(province_statistics: pd.DataFrame, province_onset: pd.DataFrame, province_borders: pd.DataFrame) -> pd.DataFrame:
    """Return one row per province and year. Nothing is interpolated: a missing part leaves its ratio missing."""
    panel = province_statistics.merge(province_onset[list(ONSET)], on="province", how="left", validate="many_to_one")
    panel = panel.sort_values(["province", "year"], ignore_index=True)
    panel["certain"] = panel.pop("status") != "uncertain"
    panel["treated_strict"] = (panel["year"] >= panel["cohort_strict"]).fillna(False).astype(bool)
    panel["issue_year"] = (panel["year"] == panel["cohort_strict"]).fillna(False).astype(bool)
    panel["cohort_early"] = panel["cohort_strict"] - PLACEBO_YEARS
    panel["borders_treated"] = _borders_treated(panel, province_borders)
    before = panel.groupby("province")[["rd_expenditure", "industrial_rd"]].shift()
    panel["grants_per_rd"] = panel["invention_grants"] / before["rd_expenditure"]
    panel["log_industrial_rd_lag1"] = np.log(before["industrial_rd"])
    panel["log_gdp"] = np.log(panel["gdp"])
    panel["log_gdp_per_capita"] = np.log(panel["gdp"] / panel["population"])
    panel["secondary_share"] = panel["secondary_value_added"] / panel["gdp"]
    panel["log_fiscal_expenditure"] = np.log(panel["fiscal_expenditure"])
    return panel.merge(_before(panel), on="province", how="left", validate="many_to_one")


def _before(panel: pd.DataFrame) -> pd.DataFrame:
    """Return the traits of each province (`base_` and their name) in the last year before the first date of any definition."""
    last = panel[["cohort_strict", "cohort_wide", "cohort_midyear"]].min().min() - 1
    return panel.loc[panel["year"] == last, ["province", *TRAITS]].rename(columns={trait: f"base_{trait}" for trait in TRAITS})


def _borders_treated(panel: pd.DataFrame, borders: pd.DataFrame) -> pd.Series:
    """Return whether the province has no issue within the panel, but borders one that has."""
    treated = set(panel.loc[panel["treated_strict"], "province"])
    exposed = set(borders.loc[borders["neighbour"].isin(treated), "province"]) - treated
    return panel["province"].isin(exposed)
