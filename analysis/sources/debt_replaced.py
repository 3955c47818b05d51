"""What deals of listed issuers replaced, where documents say it, and how much of it had been sold in markets."""

from __future__ import annotations

import pandas as pd


def clean(debt_replaced_by_deal: pd.DataFrame) -> pd.DataFrame:
    """Return one row per deal with the share of the debt at stake that markets held, after less before (percentage points).

    Notes of a securitization are sold in markets in full. Where documents name loans only, nothing was before, whatever their amount.
    """
    raw = debt_replaced_by_deal
    market, other = raw["market_debt_replaced_usd_million"], raw["other_debt_replaced_usd_million"]
    before = (100 * market / (market + other)).where(market > 0, 0.0)
    return raw.assign(market_share_before_pct=before, market_share_change=100 - before)
