"""Listed firms that securitized IP or franchise income, with the day of the deal and, for others, why they are neither issuer nor control."""

from __future__ import annotations

import pandas as pd


def clean(issuer_list: pd.DataFrame) -> pd.DataFrame:
    """Return one row per firm; the deal's day as text, known to the month for some."""
    return issuer_list.drop(columns="cik").assign(first_time=issuer_list["first_time"].eq("yes"))
