"""Yearly accounts of listed biopharma firms, from what they filed with the SEC."""

from __future__ import annotations

import numpy as np
import pandas as pd

# Half of a factor of a thousand, in logarithms to base ten.
SCALE = 1.5


def clean(sec_accounts_yearly: pd.DataFrame, sec_accounts_firms: pd.DataFrame) -> pd.DataFrame:
    """Return one row per firm and fiscal year; money in million of the currency, shares in million."""
    table = sec_accounts_yearly.merge(sec_accounts_firms[["ticker", "name"]], on="ticker", how="left", validate="many_to_one")
    for column in ("rd", "rd_first_filed"):
        table[column] = table[column].where(table[column] >= 0)
    table["assets_left_out"] = assets_left_out(table)
    table = table.assign(assets=possible_assets(table), shares=table["shares"].where(table["shares"] > 0))
    tagged = tagged_throughout(table)
    table["liabilities_tagged"] = table["ticker"].isin(tagged)
    return with_liabilities(table, tagged).drop(columns=["accession", "equity"])


def possible_assets(table: pd.DataFrame) -> pd.Series:
    """Return total assets, blank where `assets_left_out` says why."""
    return table["assets"].where(table["assets_left_out"].isna())


def assets_left_out(table: pd.DataFrame) -> pd.Series:
    """Return why a period's total assets cannot stand beside the firm's other figures, missing where they can.

    `table` has one row per firm and period, with ticker, period_end, cash, assets, liabilities and equity. Errors of scale are by a
    thousand: assets count as one where, in logarithms, they lie nearer to a thousandth of what they are compared with than to its size.
    """
    size = np.log10(table["assets"].where(table["assets"] > 0))
    out = pd.Series(pd.NA, index=table.index, dtype="string")
    # The later reasons are the surer ones and stand where several hold.
    for item in ("equity", "liabilities"):
        out[np.log10(table[item].abs().where(table[item] != 0)) - size > SCALE] = f"next to nothing beside the {item}"
    out[table["cash"] > table["assets"]] = "less than the cash among them"
    out[table["assets"] <= 0] = "not positive"
    # First what is too small: it would make what is right beside it look too large.
    for sign, word in ((-1, "thousandth"), (1, "thousandfold")):
        out[_beyond_both(table, sign * size.where(out.isna()))] = f"a {word} of the periods before and after"
    return out


def _beyond_both(table: pd.DataFrame, size: pd.Series) -> pd.Series:
    """Return where a firm's size, in logarithms, exceeds that of its known periods just before and just after by more than SCALE."""
    order = table[["ticker", "period_end"]].assign(size=size).dropna(subset=["size"]).sort_values(["ticker", "period_end"])
    own = order.groupby("ticker")["size"]
    least = np.minimum(order["size"] - own.shift(1), order["size"] - own.shift(-1))
    return (least > SCALE).reindex(table.index, fill_value=False)


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
