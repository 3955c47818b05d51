"""Deals on which sources disagree: the figures are kept apart, never averaged."""

import pandas as pd

from analysis.exhibits.cells import count
from analysis.exhibits.display import Table


def layout(issuances: pd.DataFrame) -> Table:
    """Return one row per deal with a conflict: the size used, the range reported, and what disagrees."""
    shown = issuances[issuances["source_def"].notna()].sort_values(["jurisdiction", "deal_id"])
    rows = [
        {
            "Deal": row["deal_id"],
            "Issuer": _issuer(row),
            "Used": "" if pd.isna(row["size_million"]) else f"{row['currency']} {count(row['size_million'])}m",
            "Reported": _range(row),
            "What disagrees": row["source_def"],
        }
        for row in shown.to_dict("records")
    ]
    return Table(pd.DataFrame(rows), data=shown, widths={"Issuer": "1fr", "What disagrees": "1.6fr"})


def _issuer(row: dict) -> str:
    """Return the issuer, or the place of a deal whose name has no Latin form: the paper's fonts have no Chinese."""
    name = str(row["issuer"]).split(" (")[0]
    return name if name.isascii() else f"a deal of {row['province' if pd.isna(row['city']) else 'city']}"


def _range(row: dict) -> str:
    return "" if pd.isna(row["size_low"]) else f"{count(row['size_low'])}–{count(row['size_high'])}m"
