"""Accounts of listed issuers and of firms that never issued, as ratios that a deal could move.

What accounting moves and no deal does is left blank: assets that hold leases (from the first fiscal year under the rule of
2019), figures of years that were recast for one column and not for another (`not_comparable`), and the cost of hardly any debt. The
debt of the deal's own year is averaged by the months before and after the deal, because the interest paid is.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

ISSUER = "issuer"
# Months in which a fiscal year ends that began after the rule on leases: those of fiscal 2019 do, others from 2020 on.
EARLY_LEASES, LEASES = (12, 1, 2), 2019


def build(issuer_accounts: pd.DataFrame, issuers: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """Return one row per firm and fiscal year: issuers with accounts on both sides, and firms that appear in no list of issuers.

    Settings: not_comparable (firm, columns, last fiscal year, why), fewest_debt (least average debt to revenue at which a cost of
    debt means something). Ratios in percent, money in million dollars.
    """
    table = issuer_accounts.merge(issuers.drop(columns=["firm", "industry_group"]), on="firm_id", how="left", validate="many_to_one")
    table = table[table["role"].isna() | (table["role"] == ISSUER)].sort_values(["firm_id", "fiscal_year"], ignore_index=True)
    end = pd.to_datetime(table["period_end"])
    table["lease_year"] = table["fiscal_year"] >= LEASES + (~end.dt.month.isin(EARLY_LEASES)).astype(int)
    table["issuer"] = table["role"].notna()
    table["first_time"] = table["first_time"].eq(True).fillna(False).astype(bool)
    table["cohort"] = pd.to_numeric(table["event_date"].str[:4]).astype("Int64")
    for rule in settings["not_comparable"]:
        cells = (table["firm_id"] == rule["firm"]) & (table["fiscal_year"] <= rule["to"])
        table.loc[cells, rule["columns"]] = np.nan
    return table.assign(**_ratios(table, end, settings["fewest_debt"])).drop(columns=["role", "date_basis", "source_url", "grade", "note"])


def _ratios(table: pd.DataFrame, end: pd.Series, fewest_debt: float) -> dict[str, pd.Series]:
    revenue, debt = table["revenue"].where(table["revenue"] > 0), table["debt"]
    assets = table["assets"].where(~table["lease_year"])
    value = table["market_equity"] + debt
    average = _average_debt(table, end)
    cost = table["interest"].where((table["interest"] > 0) & (average >= fewest_debt * revenue)) / average
    return {
        "interest_to_debt": 100 * cost,
        "debt_to_revenue": 100 * debt / revenue,
        "debt_to_assets": 100 * debt / assets,
        "sales_to_assets": 100 * revenue / assets,
        "return_on_assets": 100 * table["operating_income"] / assets,
        "margin": 100 * table["operating_income"] / revenue,
        "tobin_q": value / assets,
        "assets_before_leases": assets,
        "debt_to_assets_leases": 100 * debt / table["assets"],
        "sales_to_assets_leases": 100 * revenue / table["assets"],
        "tobin_q_leases": value / table["assets"],
    }


def _average_debt(table: pd.DataFrame, end: pd.Series) -> pd.Series:
    """Return the mean of debt at the start and the end of the year; in the year of the deal weighted by the time before and after it."""
    before = table.groupby("firm_id")["debt"].shift().where(table.groupby("firm_id")["fiscal_year"].diff() == 1)
    deal = pd.to_datetime(table["event_date"].where(table["event_date"].str.len() == 10))
    after = ((end - deal).dt.days / 365).clip(0, 1)
    share = pd.Series(0.5, index=table.index).mask((table["fiscal_year"] == table["cohort"]).fillna(False) & after.notna(), after)
    return (1 - share) * before + share * table["debt"]
