"""Every sourced firm that monetised royalties, its match, and whether it is in the sample."""

import pandas as pd

from analysis.exhibits.cells import count
from analysis.exhibits.display import Table


def layout(event_matches: pd.DataFrame) -> Table:
    """Return one row per sourced first event; unsourced firms and later events are in the CSV."""
    shown = event_matches[event_matches["first_event"]].sort_values(["in_sample", "event_year", "company"], ascending=[False, True, True])
    rows, bold = [], []
    for in_sample, heading in ((True, "In the sample"), (False, "Not in the sample")):
        part = shown[shown["in_sample"] == in_sample]
        bold.append(len(rows))
        rows.append({"Company": f"{heading} ({len(part)} firms)"})
        rows += [_row(row) for row in part.to_dict("records")]
    widths = {"Company": "1.5fr", "Buyer or lender": "1.5fr", "Editions, or why not": "1.3fr"}
    return Table(pd.DataFrame(rows), data=event_matches, bold=tuple(bold), widths=widths)


def _row(row: dict) -> dict:
    amount = "" if pd.isna(row["amount_million"]) else f"{row['currency']} {count(row['amount_million'])}m"
    years = f"{row['years_before']} before, {row['years_after']} after"
    return {
        "Company": _once(row["company"]),
        "Year": str(row["event_year"]),
        "Instrument": row["instrument"],
        "Buyer or lender": "" if pd.isna(row["counterparty"]) else row["counterparty"],
        "Amount": amount,
        "Editions, or why not": years if row["in_sample"] else row["reason"],
    }


def _once(name: str) -> str:
    """Return a name that the workbook prints twice in one cell once."""
    words = name.split()
    half = len(words) // 2
    return " ".join(words[:half]) if half and words[:half] == words[half:] else name
