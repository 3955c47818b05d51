"""Names of filers with the SEC in the form by which the R&D Scoreboard links its firms."""

from __future__ import annotations

import pandas as pd

from analysis.sources.scoreboard import name_key


def scoreboard_keys(accounts_yearly: pd.DataFrame, legal_forms: list[str]) -> pd.Series:
    """Return ticker → name without legal form, of the firms whose name is known; legal forms in lower case, as in the Scoreboard's map."""
    named = accounts_yearly.dropna(subset=["name"]).drop_duplicates("ticker").set_index("ticker")["name"]
    return named.map(lambda name: name_key(name, legal_forms)).astype("string")
