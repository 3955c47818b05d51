"""Projects with their time to first sale measured in several ways: what a specification curve chooses from.

Cut at the year of the issue, as in project_spells, or followed to the end whatever the firm did meanwhile. The second does not
depend on who issued when, so that it stays the same when dates of issue are permuted.
"""

from __future__ import annotations

import pandas as pd

from analysis.panels import project_spells

CUT = ["lower", "upper", "months", "ended"]
COLUMNS = [
    "project_id", "firm_id", "cluster", "ip_class", "new_energy", "state_owned", "filing_date", "filed_year", "filed_trend",
    "filed_trend_squared", "issuer", "first_issue", "exposed", "months_unsold", "months_sold_by",
]  # fmt: skip


def build(projects: pd.DataFrame, financing_events: pd.DataFrame, firm_accounts: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """Return one row per project with a filing date; durations in months. See config/tables/project_durations.yaml."""
    whole = project_spells.dated(projects, financing_events, firm_accounts, settings)
    cut = project_spells.build(projects, financing_events, firm_accounts, settings)
    found = whole[COLUMNS].merge(cut[["project_id", *CUT]], on="project_id", how="left", validate="1:1")
    return found.astype({"ended": "Int64"})
