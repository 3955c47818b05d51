"""Sponsors under one name: companies of the event list, and other printed names without punctuation and legal form."""

from __future__ import annotations

import pandas as pd

from analysis.core.errors import DataError

# Of English, German, French, Italian, Danish, Dutch and other companies.
LEGAL = "inc|incorporated|ltd|limited|llc|corp|corporation|co|company|gmbh|ag|sa|nv|bv|plc|lp|srl|spa|ab|as|aps|kg|pty|kk|oy|the"


def one_name(printed: pd.Series, known: pd.DataFrame) -> pd.Series:
    """Return for each `printed` name (text, may be missing) the company that `known` (sponsor, company) gives, else its bare name."""
    bare = printed.str.lower().str.replace(r"\(.*?\)", "", regex=True).str.replace(r"[^a-z0-9]+", " ", regex=True).str.strip()
    words = bare.str.replace(rf"\b(?:{LEGAL})\b", " ", regex=True).str.split().str.join(" ")
    # A name of legal words only stays as it is.
    return printed.map(known.set_index("sponsor")["company"]).fillna(words.where(words != "", bare)).astype("string")


def need_companies(known: pd.DataFrame, companies: pd.Series) -> None:
    """Raise DataError for the first company of `known` that is not among the `companies` of the event list."""
    wrong = known[~known["company"].isin(companies)]
    if len(wrong):
        row = wrong.iloc[0]
        raise DataError(f"orphan_sponsor_list: '{row['sponsor']}' names the company '{row['company']}', which no event of a firm does")
