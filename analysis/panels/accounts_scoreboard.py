"""R&D of the same firm and year in two sources: its filings, and the R&D Scoreboard.

The Scoreboard converts at the rate of each year end. That rate is one number per year, about which the ratios of the two sources
lie closest: the middle of their shortest half (the median would move with firms whose R&D one source defines more widely). What
is left is disagreement.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.panels._scoreboard_names import scoreboard_keys


def build(accounts_yearly: pd.DataFrame, accounts_events: pd.DataFrame, scoreboard: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """Return one row per firm and fiscal year with R&D in both. Settings: legal_forms (endings of names).

    Firms of the event register are found by the name that the register gives, others by their name without legal form.
    """
    keys = scoreboard_keys(accounts_yearly, settings["legal_forms"])
    printed = scoreboard.drop_duplicates("company").set_index("company")["name_key"]
    listed = accounts_events.dropna(subset=["company"]).drop_duplicates("ticker").set_index("ticker")["company"].map(printed).dropna()
    both = pd.concat([listed, keys[~keys.index.isin(listed.index)]]).rename("name_key").rename_axis("ticker").reset_index()
    own = accounts_yearly[["ticker", "fiscal_year", "rd"]].merge(both, on="ticker")
    own = own[own["rd"] > 0]
    theirs = scoreboard[["name_key", "fiscal_year", "company", "rd"]].sort_values("rd", ascending=False)
    theirs = theirs.drop_duplicates(["name_key", "fiscal_year"]).rename(columns={"rd": "rd_scoreboard"})
    table = own.merge(theirs[theirs["rd_scoreboard"] > 0], on=["name_key", "fiscal_year"], validate="many_to_one")
    table["ratio"] = table["rd"] / table["rd_scoreboard"]
    table["rate"] = table.groupby("fiscal_year")["ratio"].transform(_densest)
    table["difference"] = table["ratio"] / table["rate"] - 1
    return table[["ticker", "fiscal_year", "company", "rd", "rd_scoreboard", "rate", "difference"]].sort_values(["ticker", "fiscal_year"])


def _densest(ratios: pd.Series) -> float:
    """Return the middle of the shortest half of positive numbers, in logarithms: where most of them lie close together."""
    ordered = np.sort(np.log(ratios.to_numpy(float)))
    half = len(ordered) // 2 + 1
    first = int(np.argmin(ordered[half - 1 :] - ordered[: len(ordered) - half + 1]))
    return float(np.exp(np.median(ordered[first : first + half])))
