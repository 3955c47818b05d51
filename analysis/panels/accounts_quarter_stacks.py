"""Stacked risk sets of quarters for firms with accounts: the event study around the quarter of the event.

Events known only to the year have no quarter and are left out.
"""

from __future__ import annotations

import pandas as pd

from analysis.panels._accounts_firms import first_events
from analysis.panels._accounts_stack import assets_of_treated, stack_of

COLUMNS = (
    "stack", "ticker", "quarter", "event_time", "cell", "treated", "control_kind", "rd", "assets", "cash_share", "liabilities_share",
)  # fmt: skip
DATED_TO_MONTH = 7  # letters of a date YYYY-MM


def build(accounts_quarterly: pd.DataFrame, accounts_yearly: pd.DataFrame, accounts_events: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """Return one row per stack, firm and quarter. Settings: window (first and last event time, quarters), royalty_business (tickers).

    `accounts_yearly` is the table among whose firms a blind run permutes the events.
    """
    panel = accounts_quarterly[accounts_quarterly["ticker"].isin(accounts_yearly["ticker"])].reset_index(drop=True)
    known = accounts_events["event_date"].str.len().fillna(0) >= DATED_TO_MONTH
    events = accounts_events.assign(dated=accounts_events["dated"] & known)
    firms = first_events(panel, events, "quarter")
    panel = panel.merge(firms, left_on="ticker", right_index=True, how="left")
    panel["listed"] = panel["ticker"].isin(firms.index)
    panel["royalty_business"] = panel["ticker"].isin(settings["royalty_business"])
    panel["cash_share"] = 100 * panel["cash"] / panel["assets"]
    panel["liabilities_share"] = 100 * panel["liabilities"] / panel["assets"]
    there = panel[(panel["quarter"] == panel["cohort"] - 1) & panel["assets"].notna()]["ticker"]
    panel["eligible"] = panel["ticker"].isin(there) & ~panel["undated_before"].eq(True).fillna(False)
    support = assets_of_treated(panel, "quarter")
    cohorts = sorted(panel.loc[panel["eligible"], "cohort"].dropna().unique())
    stacks = pd.concat([stack_of(panel, "quarter", int(cohort), settings["window"], support) for cohort in cohorts], ignore_index=True)
    return (
        stacks.loc[stacks["control_kind"] != "not_yet_treated", list(COLUMNS)]
        .reset_index(drop=True)
        .astype({"stack": "Int64", "event_time": "Int64"})
    )
