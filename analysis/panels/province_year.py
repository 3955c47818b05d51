"""The province panel: outcomes, treatment timing and controls, 31 provinces by 16 years.

Money is nominal: year effects take out national prices, not provincial ones.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

COHORTS = ("cohort_midyear", "cohort_strict", "cohort_late", "cohort_approval", "cohort_wide")

# Traits that are also kept as they were before any province issued.
TRAITS = ("log_gdp_per_capita", "secondary_share", "log_fiscal_expenditure", "rd_intensity_revised_pct")

# Strata by R&D to GDP before any issue, terciles of provinces of certain status.
TERCILES = ("low R&D intensity", "middle R&D intensity", "high R&D intensity")

# How much earlier the placebo dates are: as far as possible while the first cohort keeps years before them.
PLACEBO_YEARS = 3


def build(province_statistics: pd.DataFrame, province_onset: pd.DataFrame, province_borders: pd.DataFrame) -> pd.DataFrame:
    """Return one row per province and year. Nothing is interpolated: a missing part leaves its ratio missing."""
    onset = province_onset[["province", *COHORTS, "status"]]
    panel = province_statistics.merge(onset, on="province", how="left", validate="many_to_one")
    panel = panel.sort_values(["province", "year"], ignore_index=True)
    panel["certain"] = panel.pop("status") != "uncertain"
    # Unconfirmed evidence says nothing of the years before it.
    panel["usable"] = panel["certain"] | (panel["year"] < panel["cohort_wide"]).fillna(False).astype(bool)
    panel["treated_strict"] = (panel["year"] >= panel["cohort_strict"]).fillna(False).astype(bool)
    panel["first_treated_year"] = (panel["year"] == panel["cohort_midyear"]).fillna(False).astype(bool)
    panel["cohort_early"] = panel["cohort_midyear"] - PLACEBO_YEARS
    panel["borders_treated"] = _borders_treated(panel, province_borders)
    before = panel.groupby("province")[["rd_expenditure", "industrial_rd"]].shift()
    panel["grants_per_rd"] = panel["invention_grants"] / before["rd_expenditure"]
    panel["log_industrial_rd_lag1"] = np.log(before["industrial_rd"])
    panel["log_gdp"] = np.log(panel["gdp"])
    panel["log_gdp_per_capita"] = np.log(panel["gdp"] / panel["population"])
    panel["secondary_share"] = panel["secondary_value_added"] / panel["gdp"]
    panel["log_fiscal_expenditure"] = np.log(panel["fiscal_expenditure"])
    panel = panel.merge(_before(panel), on="province", how="left", validate="many_to_one")
    return panel.assign(**_strata(panel))


def _before(panel: pd.DataFrame) -> pd.DataFrame:
    """Return the traits of each province (`base_` and their name) in the last year before the first date of any definition."""
    last = panel[list(COHORTS)].min().min() - 1
    return panel.loc[panel["year"] == last, ["province", *TRAITS]].rename(columns={trait: f"base_{trait}" for trait in TRAITS})


def _strata(panel: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the strata within which dates are permuted; a province of uncertain status keeps its own, where nobody is treated."""
    certain = panel["certain"]
    level = panel["base_rd_intensity_revised_pct"]
    edges = panel[certain].drop_duplicates("province")["base_rd_intensity_revised_pct"].quantile([1 / 3, 2 / 3])
    tercile = pd.Series(np.searchsorted(edges.to_numpy(), level.to_numpy()), panel.index).map(dict(enumerate(TERCILES)))
    schemes = {"stratum_region": panel["region"], "stratum_intensity": tercile, "stratum_none": pd.Series("all", panel.index)}
    return {name: stratum.astype(str).where(certain, "unconfirmed evidence") for name, stratum in schemes.items()}


def _borders_treated(panel: pd.DataFrame, borders: pd.DataFrame) -> pd.Series:
    """Return whether the province has no issue within the panel, but borders one that has."""
    treated = set(panel.loc[panel["treated_strict"], "province"])
    exposed = set(borders.loc[borders["neighbour"].isin(treated), "province"]) - treated
    return panel["province"].isin(exposed)
