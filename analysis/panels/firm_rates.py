"""The rates that firms in Chinese pools pay, beside the loan prime rate of the day.

The prime rate is what banks ask of their best customers, not of these firms; three of the rates are after subsidies. The
spread is therefore no cost of securitization: it says how far what firms pay is from a public rate.
"""

from __future__ import annotations

import pandas as pd


def build(issuances: pd.DataFrame, loan_prime_rate: pd.DataFrame) -> pd.DataFrame:
    """Return one row per deal with a rate and a day: the rate, the prime rate in force, and the spread in percentage points."""
    deals = issuances.dropna(subset=["firm_rate_pct", "date"])[["deal_id", "date", "firm_rate_pct", "firm_rate_basis"]]
    days = loan_prime_rate.assign(day=pd.to_datetime(loan_prime_rate["published"]), prime_rate_pct=loan_prime_rate["one_year_pct"])
    found = pd.merge_asof(deals.assign(day=pd.to_datetime(deals["date"])).sort_values("day"), days[["day", "prime_rate_pct"]], on="day")
    found["spread_pp"] = found["firm_rate_pct"] - found["prime_rate_pct"]
    return found.drop(columns="day")
