"""Quarterly accounts of listed biopharma firms, from what they filed with the SEC.

Firms report R&D of the fourth quarter only within the year: it is the year less the three quarters before, where all four are known.
"""

from __future__ import annotations

import pandas as pd

from analysis.core.errors import DataError, violation
from analysis.sources.accounts_yearly import assets_left_out, possible_assets, tagged_throughout, with_liabilities

# A balance at the end of a fiscal year stands in both files, from one report.
BALANCES = ("cash", "assets", "liabilities", "equity", "shares")
SAME = 1e-6
HALF_A_QUARTER = pd.Timedelta(days=45)
# The three quarters before end that many days before the fiscal year does, 53rd weeks and month ends aside.
BEFORE, TOLERANCE = (92, 184, 273), 12


def clean(sec_accounts_quarterly: pd.DataFrame, sec_accounts_yearly: pd.DataFrame) -> pd.DataFrame:
    """Return one row per firm and calendar quarter; of two periods in one quarter the later stays. Money and shares in million.

    Raises DataError where the two files give different balances for the end of a fiscal year.
    """
    _need_the_same_balances(sec_accounts_quarterly, sec_accounts_yearly)
    computed = _fourth_quarters(sec_accounts_quarterly, sec_accounts_yearly)
    table = sec_accounts_quarterly.merge(computed, on=["ticker", "period_end"], how="outer")
    table["rd"] = table["rd"].where(table["rd"] >= 0)
    table["rd_computed"] = table["rd"].isna() & table["rd_fourth"].notna()
    table["rd"] = table["rd"].fillna(table["rd_fourth"])
    table["assets_left_out"] = assets_left_out(table)
    table = table.assign(assets=possible_assets(table), shares=table["shares"].where(table["shares"] > 0))
    years = sec_accounts_yearly.assign(assets_left_out=assets_left_out(sec_accounts_yearly))
    years = years.assign(assets=possible_assets(years))
    table = with_liabilities(table, tagged_throughout(years))
    table["quarter"] = quarter_of(table["period_end"])
    table = table.sort_values(["ticker", "period_end"]).drop_duplicates(["ticker", "quarter"], keep="last")
    return table.drop(columns=["equity", "rd_fourth"]).reset_index(drop=True)


def quarter_of(period_end: pd.Series) -> pd.Series:
    """Return the calendar quarter, counted from year 0, that holds the middle of a quarter which ends on that day."""
    middle = pd.to_datetime(period_end) - HALF_A_QUARTER
    return (middle.dt.year * 4 + middle.dt.quarter - 1).astype("Int64")


def _need_the_same_balances(quarters: pd.DataFrame, years: pd.DataFrame) -> None:
    pairs = quarters.merge(years, on=["ticker", "period_end"], suffixes=("", "_of_year"))
    for column in BALANCES:
        here, there = pairs[column].astype("float64"), pairs[f"{column}_of_year"].astype("float64")
        other = (here.isna() != there.isna()) | (here - there).abs().gt(SAME * there.abs())
        if other.any():
            row = pairs[other].iloc[0]
            rule = f"{row['ticker']} at {row['period_end']}: sec_accounts_yearly has {row[f'{column}_of_year']} for the same day"
            raise DataError(violation("sec_accounts_quarterly", rule, column=column, value=row[column]))


def _fourth_quarters(quarters: pd.DataFrame, years: pd.DataFrame) -> pd.DataFrame:
    """Return ticker, period_end and rd_fourth of the fiscal years whose first three quarters are known; negative ones are left out."""
    years = years.dropna(subset=["rd"])[["ticker", "period_end", "rd"]].rename(columns={"rd": "year"})
    known = quarters.dropna(subset=["rd"])[["ticker", "period_end", "rd"]].rename(columns={"period_end": "end"})
    pairs = years.merge(known, on="ticker")
    days = (pd.to_datetime(pairs["period_end"]) - pd.to_datetime(pairs["end"])).dt.days
    place = pd.Series(pd.NA, index=pairs.index, dtype="Int64")
    for number, before in enumerate(BEFORE):
        place[(days - before).abs() <= TOLERANCE] = number
    found = pairs.assign(place=place).dropna(subset=["place"]).drop_duplicates(["ticker", "period_end", "place"])
    sums = found.groupby(["ticker", "period_end"]).agg(year=("year", "first"), three=("rd", "sum"), known=("place", "size")).reset_index()
    whole = sums[(sums["known"] == len(BEFORE)) & (sums["year"] >= sums["three"])]
    return whole.assign(rd_fourth=whole["year"] - whole["three"])[["ticker", "period_end", "rd_fourth"]]
