"""Projects split at their firm's first issue: exposure changes when the issue comes, not before (no immortal time)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.panels.project_spells import dated


def build(projects: pd.DataFrame, financing_events: pd.DataFrame, firm_accounts: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """Return one row per stretch of a project: start and stop in months since filing, exposure, and whether it ends in a sale.

    `ever_exposed` is the mistaken exposure that looks ahead: it counts months before the issue as exposed.
    """
    spells = dated(projects, financing_events, firm_accounts, settings)
    sold = spells["months_sold_by"].notna()
    spells["stop"] = np.where(sold, (spells["months_unsold"] + spells["months_sold_by"]) / 2, spells["months_unsold"])
    spells = spells.assign(ended=sold.astype("int64")).query("stop > 0")
    issue = spells["months_to_issue"]
    inside = (issue > 0) & (issue < spells["stop"])
    spells["ever_exposed"] = ((spells["exposed"] == 1) | inside.fillna(False)).astype("int64")
    whole = spells[~inside.fillna(False)].assign(start=0.0)
    before = spells[inside.fillna(False)].assign(start=0.0, ended=0, exposed=0)
    before = before.assign(stop=before["months_to_issue"])
    after = spells[inside.fillna(False)].assign(exposed=1)
    after = after.assign(start=after["months_to_issue"])
    rows = pd.concat([whole, before, after]).sort_values(["project_id", "start"], ignore_index=True)
    return rows[COLUMNS]


COLUMNS = [
    "project_id",
    "firm_id",
    "ip_class",
    "cluster",
    "start",
    "stop",
    "ended",
    "exposed",
    "ever_exposed",
    "issuer",
    "filed_trend",
    "filed_trend_squared",
]
