"""The stacks of firms with accounts, reduced to the firm-years that the R&D Scoreboard holds too, with both figures of R&D."""

from __future__ import annotations

import pandas as pd


def build(accounts_stacks: pd.DataFrame, accounts_scoreboard: pd.DataFrame) -> pd.DataFrame:
    """Return one row per stack, firm and fiscal year in both sources; controls without a known event only."""
    stacks = accounts_stacks[accounts_stacks["control_kind"] != "not_yet_treated"]
    kept = ["stack", "ticker", "fiscal_year", "event_time", "stack_cell", "treated", "control_kind", "rd"]
    both = accounts_scoreboard[["ticker", "fiscal_year", "rd_scoreboard"]]
    return stacks[kept].merge(both, on=["ticker", "fiscal_year"]).reset_index(drop=True)
