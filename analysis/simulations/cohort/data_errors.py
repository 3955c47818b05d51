"""SIMULATED. What real files suffer from: blanks, rows twice, restated years, impossible values, lost dates."""

from __future__ import annotations

import numpy as np
import pandas as pd

# Columns in which a cell may be blank; identifiers and what decides on treatment stay.
BLANKS = ("rd", "sales", "liabilities", "interest", "bank_loans", "market_value", "green_investment", "licence_income", "disclosure_score")


def add_errors(name: str, table: pd.DataFrame, shares: dict, rng: np.random.Generator) -> pd.DataFrame:
    """Return a table of the cohort with errors in it; `shares` is the block `data_errors` of config/simulation.yaml."""
    if name == "financing_events":
        return table
    if name == "projects":
        lost = rng.random(len(table)) < shares["blank_dates"]
        return table.assign(filing_date=table["filing_date"].mask(lost))
    table = table.copy()
    for column in BLANKS:
        table.loc[rng.random(len(table)) < shares["blank"], column] = np.nan
    wrong = rng.random(len(table)) < shares["impossible"]
    twice = table[rng.random(len(table)) < shares["duplicated"]]
    again = table[rng.random(len(table)) < shares["restated"]]
    # A year filed again later with other figures; the reader keeps the latest filing.
    earlier = again.assign(filed=again["filed"].str.replace("-04-", "-03-"), rd=again["rd"] * 1.1)
    table.loc[wrong, "assets"] = -table.loc[wrong, "assets"]
    return pd.concat([table, twice, earlier], ignore_index=True)
