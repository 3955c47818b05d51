"""Stacks of listed issuers: each issuer around its deal, beside the firms without a deal that are observed in the year before.

Every issuer is a stack of its own, so that it can be left out alone. Payouts and investment are per dollar raised: a
firm's flow over its revenue in the year before, times that issuer's revenue over what its deal raised, controls alike.
The spread of returns takes three years on each side and has one value before (event time -1) and one after (0).
"""

from __future__ import annotations

import pandas as pd

FLOWS = {"payouts": "payouts_per_dollar", "capex": "capex_per_dollar"}
SPREADS = {"return_on_assets": "return_spread", "margin": "margin_spread"}
BEFORE, AFTER = (-3, -1), (1, 3)
FEWEST = 2  # years on each side, below which there is no spread


def build(issuer_year: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """Return one row per stack, firm and fiscal year. Settings: window (first and last event time)."""
    deals = issuer_year[issuer_year["issuer"]].drop_duplicates("firm_id")
    stacks = [_stack(issuer_year, deal, settings["window"]) for _, deal in deals.iterrows()]
    return pd.concat(stacks, ignore_index=True).astype({"event_time": "Int64", "event_year": "Int64"})


def _stack(firms: pd.DataFrame, deal: pd.Series, window: list[int]) -> pd.DataFrame:
    year = int(deal["cohort"])
    event_time = firms["fiscal_year"] - year
    own = firms["firm_id"] == deal["firm_id"]
    at_risk = set(firms.loc[(event_time == -1) & (own | ~firms["issuer"]), "firm_id"])
    keep = firms["firm_id"].isin(at_risk) & event_time.between(*window)
    stack = firms[keep].drop(columns=["issuer", "cohort", "event_date", "deal_id", "amount_usd_million", "first_time"])
    stack = stack.assign(stack=deal["firm_id"], event_year=year, event_time=event_time[keep], treated=own[keep])
    stack = stack.assign(
        own_group=stack["group"] == deal["group"],
        issuer_group=deal["group"],
        first_time=bool(deal["first_time"]),
        cell=f"{deal['firm']} {year}",
    )
    revenue = stack["firm_id"].map(stack[stack["event_time"] == -1].set_index("firm_id")["revenue"])
    scale = revenue[stack["treated"]].iloc[0] / deal["amount_usd_million"]
    flows = {name: stack[flow] / revenue * scale for flow, name in FLOWS.items()}
    return stack.assign(**flows, **{name: _spread(stack, column) for column, name in SPREADS.items()})


def _spread(stack: pd.DataFrame, column: str) -> pd.Series:
    """Return the standard deviation of a column over the years before (at event time -1) and after the deal (at 0); blank elsewhere."""
    found = pd.Series(float("nan"), index=stack.index)
    for (first, last), place in ((BEFORE, -1), (AFTER, 0)):
        values = stack[stack["event_time"].between(first, last)].groupby("firm_id")[column].agg(["std", "count"])
        spread = values["std"].where(values["count"] >= FEWEST)
        here = stack["event_time"] == place
        found[here] = stack.loc[here, "firm_id"].map(spread)
    return found
