"""Accounts of listed restaurants, franchisors and brand firms by fiscal year, in million dollars; Iconix from its own filings."""

from __future__ import annotations

import pandas as pd

MILLION = 1e6
# A firm's books that were printed in thousands stand a thousand times too small in the compilation; none of these firms is so small.
FEWEST_ASSETS = 1e6
# Column of the compilation → ours; outlays count as positive.
COLUMNS = {
    "revenue": ("revenue", 1),
    "operating_income": ("operating_income", 1),
    "interest_expense": ("interest", 1),
    "total_debt": ("debt", 1),
    "total_assets": ("assets", 1),
    "market_equity": ("market_equity", 1),
    "capex_net": ("capex", -1),
}
ICONIX = ("ICON", "Iconix Brand Group")
OWN = {"revenue_usd": "revenue", "interest_expense_usd": "interest", "total_debt_usd": "debt", "total_assets_usd": "assets"}


def clean(listed_accounts: pd.DataFrame, iconix_filings: pd.DataFrame, issuer_list: pd.DataFrame) -> pd.DataFrame:
    """Return one row per firm and fiscal year with its group; rows printed in thousands are left out, and what is not filed stays blank.

    Payouts are dividends and buy-backs less shares sold; a cash flow statement that names none of them says that there were none.
    """
    raw = listed_accounts[(listed_accounts["ticker"] != ICONIX[0]) & ~(listed_accounts["total_assets"] < FEWEST_ASSETS)]
    table = pd.DataFrame(
        {"firm_id": raw["ticker"], "firm": raw["company"], "fiscal_year": raw["fiscal_year"], "period_end": raw["period_end"]}
    )
    for column, (name, sign) in COLUMNS.items():
        table[name] = sign * raw[column] / MILLION
    paid = -(raw["dividends_paid"].fillna(0) + raw["net_equity_cash"].fillna(0)) / MILLION
    table["payouts"] = paid.where(raw["cfo"].notna())
    own = iconix_filings.rename(columns=OWN)
    own[list(OWN.values())] /= MILLION
    table = pd.concat([table, own.assign(firm_id=ICONIX[0], firm=ICONIX[1])], ignore_index=True)
    groups = raw.dropna(subset=["control_set"]).drop_duplicates("ticker").set_index("ticker")["control_set"].to_dict()
    groups |= issuer_list.set_index("firm_id")["industry_group"].to_dict()
    names = issuer_list.set_index("firm_id")["firm"].to_dict()
    return table.assign(
        group=table["firm_id"].map(groups).astype("string"),
        firm=table["firm_id"].map(names).fillna(table["firm"]).fillna(table["firm_id"]).astype("string"),
    )
