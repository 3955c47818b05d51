"""Who survived: firms at risk in the R&D Scoreboard, and whether a firm of that name still had accounts in 2026.

The accounts hold survivors only; the Scoreboard lists firms as they were. Both groups are looked for by the same rule, the name of the
year before the event, so that renamed firms count as gone in both. Firms of the United States only: others need not file there.
"""

from __future__ import annotations

import pandas as pd

from analysis.panels._scoreboard_names import scoreboard_keys


def build(firm_stacks: pd.DataFrame, scoreboard: pd.DataFrame, accounts_yearly: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """Return one row per stack and firm at risk: treated and `survived`. Settings: legal_forms (endings of names)."""
    keys = set(scoreboard_keys(accounts_yearly, settings["legal_forms"]))
    printed = scoreboard.drop_duplicates("company").set_index("company")["name_key"]
    at_risk = firm_stacks[(firm_stacks["event_time"] == -1) & (firm_stacks["country_group"] == "US")]
    at_risk = at_risk[at_risk["control_kind"] != "not_yet_treated"]
    survived = at_risk["company"].map(printed).isin(keys).astype("boolean")
    return at_risk[["stack", "firm_id", "company", "treated"]].assign(survived=survived).reset_index(drop=True)
