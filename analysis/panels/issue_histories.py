"""Years of issuing firms after their first issue: does a fuller IP pool bring the next issue?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.panels._firm_traits import fixed_traits
from analysis.panels._issuers import first_issues, issues_of


def build(firm_accounts: pd.DataFrame, financing_events: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """Return one row per firm and year after the first issue: start and stop in years since it, whether the firm issues again,
    and the log of last year's IP pool and R&D in s.d. over these rows.
    """
    events = issues_of(financing_events, settings["instrument"])
    again = events.assign(year=events["date"].str.slice(0, 4).astype("Int64"))[["firm_id", "year"]].drop_duplicates()
    rows = firm_accounts.merge(first_issues(financing_events, settings["instrument"]), on="firm_id")
    rows = rows.sort_values(["firm_id", "year"], ignore_index=True)
    last = rows.groupby("firm_id").shift(1)
    follows = (rows["year"] - last["year"] == 1).fillna(False).astype(bool)
    for name in ("ip_pool", "rd"):
        rows[f"log_{name}"] = np.log(last[name].where(last[name] > 0)).where(follows)
    rows = rows.merge(again.assign(issues=1), on=["firm_id", "year"], how="left")
    rows = rows[rows["year"] > rows["cohort"]].dropna(subset=["log_ip_pool"])
    rows["pool_sd"] = (rows["log_ip_pool"] - rows["log_ip_pool"].mean()) / rows["log_ip_pool"].std()
    rows["rd_sd"] = (rows["log_rd"] - rows["log_rd"].mean()) / rows["log_rd"].std()
    since = (rows["year"] - rows["cohort"]).astype("int64")
    rows = rows.assign(start=since - 1, stop=since, issues=rows["issues"].fillna(0).astype("int64"))
    rows = rows.merge(fixed_traits(firm_accounts)[["firm_id", "cluster"]], on="firm_id")
    return rows[["firm_id", "year", "cluster", "start", "stop", "issues", "log_ip_pool", "pool_sd", "log_rd", "rd_sd"]].reset_index(
        drop=True
    )
