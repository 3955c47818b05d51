"""Balance and overlap: traits of treated and other provinces before any issue, over all and within the East."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.exhibits.cells import count
from analysis.exhibits.display import Table
from analysis.exhibits.tables._balance import compared

# Years before the base year over which growth is taken.
SPAN = 5
# Trait → column, and how it is measured in the last year before any issue: as it is, in logs, or as growth over SPAN years.
TRAITS = {
    "R&D to GDP, per cent": ("rd_intensity_revised_pct", "level"),
    "Its change over five years": ("rd_intensity_revised_pct", "change"),
    "GDP per head, log": ("log_gdp_per_capita", "level"),
    "Share of industry": ("secondary_share", "level"),
    "Public spending, log": ("log_fiscal_expenditure", "level"),
    "Population, log": ("population", "log"),
    "R&D, log": ("rd_expenditure", "log"),
    "Growth of R&D over five years": ("rd_expenditure", "growth"),
    "Technology contracts sold, log": ("technology_sold", "log"),
}


def layout(province_year: pd.DataFrame) -> Table:
    """Return one row per trait: means, normalized difference (Imbens and Rubin 2015, equation 14.1) and overlap, all and East.

    Overlap: how many treated provinces lie within the range of those that are not.
    """
    cohorts = [name for name in province_year if name.startswith("cohort_") and name != "cohort_early"]
    year = int(province_year[cohorts].min().min()) - 1
    certain = province_year[province_year["certain"]]
    now, then = (certain[certain["year"] == y].set_index("province") for y in (year, year - SPAN))
    treated = (now["cohort_midyear"] <= province_year["year"].max()).fillna(False).astype(bool)
    east = now["region"] == "East"
    rows = []
    for label, (column, how) in TRAITS.items():
        values = _measured(now[column].astype(float), then[column].astype(float), how)
        rows.append({"Trait": label} | compared(values, treated) | compared(values[east], treated[east], suffix=", East"))
    counts = {"Trait": "Provinces"}
    for suffix, group in (("", treated), (", East", treated[east])):
        counts |= {f"Treated{suffix}": count(group.sum()), f"Others{suffix}": count((~group).sum())}
    return Table(pd.DataFrame([*rows, counts]).fillna(""), widths={"Trait": "1fr"}, rules=(len(rows),))


def _measured(now: pd.Series, then: pd.Series, how: str) -> pd.Series:
    if how == "level":
        return now
    if how == "change":
        return now - then
    return np.log(now) - (np.log(then) if how == "growth" else 0.0)
