"""Stacked risk sets of fiscal years for firms with accounts (analysis/panels/_accounts_stack.py says who is at risk)."""

from __future__ import annotations

import pandas as pd

from analysis.panels._accounts_stack import assets_of_treated, stack_of

COLUMNS = (
    "stack", "ticker", "fiscal_year", "event_time", "cell", "stack_cell", "treated", "control_kind", "name", "instrument_class", "vehicle",
    "case", "restructured", "short_of_cash", "stack_firm", "cell_year", "treated_after", "rd", "rd_first_filed", "assets", "revenue", "rd_share",
    "cash_share", "liabilities_share", "liabilities_less_share", "shares_index", "cash_flow_share", "income_share", "rd_to_assets",
    "cash_flow_before_rd", "cash_flow_treated", "cash_flow_after", "cash_flow_treated_after", "years_seen",
)  # fmt: skip


def build(accounts_year: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """Return one row per stack, firm and fiscal year. Settings: window (first and last event time)."""
    support = assets_of_treated(accounts_year, "fiscal_year")
    cohorts = sorted(accounts_year.loc[accounts_year["eligible"], "cohort"].dropna().unique())
    stacks = [_stack(accounts_year, int(cohort), settings["window"], support) for cohort in cohorts]
    return pd.concat(stacks, ignore_index=True)[list(COLUMNS)].astype({"stack": "Int64", "event_time": "Int64"})


def _stack(panel: pd.DataFrame, cohort: int, window: list[int], support: tuple[float, float]) -> pd.DataFrame:
    stack = stack_of(panel, "fiscal_year", cohort, window, support)
    before = stack[stack["event_time"] == -1].set_index("ticker")["runway"].dropna()
    short = (before < before.median()).reindex(stack["ticker"]).astype("boolean").set_axis(stack.index)
    flow, after = stack["cash_flow_before_rd"], stack["event_time"] >= 0
    return stack.assign(
        short_of_cash=short,
        cash_flow_treated=flow * stack["treated"],
        cash_flow_after=flow * after,
        cash_flow_treated_after=flow * stack["treated_after"],
    )
