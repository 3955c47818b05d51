"""The compilation of accounts against values of SEC filings for the same firms: how many agree."""

from __future__ import annotations

import pandas as pd

# Item of the filings → column of the compilation and its sign there.
ITEMS = {
    "total_assets": ("total_assets", 1),
    "revenue": ("revenue", 1),
    "net_income": ("net_income", 1),
    "dividends": ("dividends_paid", -1),
    "buybacks": ("net_equity_cash", -1),
}
# Days by which the last days of a fiscal year of 52 or 53 weeks and of a calendar month may differ.
NEAR = 16


def clean(listed_accounts: pd.DataFrame, sec_checks_listed: pd.DataFrame) -> pd.DataFrame:
    """Return one row per item and kind of filing: cells compared, and how many agree within 0.5 % and within 5 %."""
    panel = listed_accounts.assign(day=pd.to_datetime(listed_accounts["period_end"]))
    filed = sec_checks_listed.assign(filed_day=pd.to_datetime(sec_checks_listed["period_end"]))
    pairs = filed.merge(panel, left_on="firm_id", right_on="ticker", suffixes=("_filed", ""))
    pairs = pairs[(pairs["day"] - pairs["filed_day"]).abs() <= pd.Timedelta(days=NEAR)]
    rows = []
    for (item, filing), cells in pairs.groupby(["item", "filing"], sort=True):
        column, sign = ITEMS[item]
        ours = sign * cells[column].fillna(0 if item in ("dividends", "buybacks") else float("nan"))
        off = ((ours - cells["value_usd"]) / cells["value_usd"].where(cells["value_usd"] != 0)).abs().dropna()
        rows.append(
            {"item": item, "filing": filing, "compared": len(off), "agree": int((off <= 0.005).sum()), "near": int((off <= 0.05).sum())}
        )
    return pd.DataFrame(rows)
