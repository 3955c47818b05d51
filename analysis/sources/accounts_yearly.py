"""Yearly accounts of listed biopharma firms, from what they filed with the SEC."""

from __future__ import annotations

import pandas as pd


def clean(sec_accounts_yearly: pd.DataFrame, sec_accounts_firms: pd.DataFrame) -> pd.DataFrame:
    """Return one row per firm and fiscal year; money in million of the currency, shares in million."""
    table = sec_accounts_yearly.merge(sec_accounts_firms[["ticker", "name"]], on="ticker", how="left", validate="many_to_one")
    for column in ("rd", "rd_first_filed"):
        table[column] = table[column].where(table[column] >= 0)
    table = table.assign(assets=possible_assets(table), shares=table["shares"].where(table["shares"] > 0))
    tagged = tagged_throughout(table)
    table["liabilities_tagged"] = table["ticker"].isin(tagged)
    return with_liabilities(table, tagged).drop(columns=["accession", "equity"])


def possible_assets(table: pd.DataFrame) -> pd.Series:
    """Return total assets, blank where they are not positive or less than the cash among them: then one of the two is in another scale."""
    assets = table["assets"]
    return assets.where((assets > 0) & ~(table["cash"] > assets).fillna(False))


def tagged_throughout(table: pd.DataFrame) -> set[str]:
    """Return the tickers of firms that tag their liabilities in every year in which they report assets."""
    known = table[table["assets"].notna()]
    return set(known.groupby("ticker")["liabilities"].apply(lambda values: values.notna().all()).loc[lambda all_there: all_there].index)


def with_liabilities(table: pd.DataFrame, tagged: set[str]) -> pd.DataFrame:
    """Return the table with liabilities by one rule for all periods of a firm: its tag, or assets less equity.

    A change from one to the other within a firm would be read as a change of its debts. Liabilities below zero are blank: one of the
    two is in another scale.
    """
    liabilities = table["liabilities"].where(table["ticker"].isin(tagged), table["assets"] - table["equity"])
    return table.assign(liabilities=liabilities.where(liabilities >= 0))
