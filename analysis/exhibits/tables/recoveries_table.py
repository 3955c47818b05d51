"""SIMULATED. The true effect for each claim about firms, and what the pipeline finds and would read."""

from collections.abc import Callable

import pandas as pd

from analysis.exhibits.cells import interval, number
from analysis.exhibits.display import Table


def layout(recoveries: pd.DataFrame, claims: dict) -> Table:
    """Return a row per test; the verdict is always SIM."""
    rows = [
        {
            "Claim": row["claim"],
            "Test": row["says"],
            "True effect": number(row["true_effect"]),
            "Estimate": number(row["estimate"]) if pd.notna(row["estimate"]) else "none",
            "95 % interval": interval(row["ci_low"], row["ci_high"]),
            "Recovered": "" if pd.isna(row["recovered"]) else "yes" if row["recovered"] else "no",
            "The rule would read": row["reading"],
        }
        for row in recoveries.sort_values(["claim", "rank"], key=_order(claims)).to_dict("records")
    ]
    return Table(pd.DataFrame(rows), data=recoveries, widths={"Test": "1fr", "The rule would read": "24%"})


def _order(claims: dict) -> Callable[[pd.Series], pd.Series]:
    place = {name: i for i, name in enumerate(claims)}
    return lambda column: column.map(place) if column.name == "claim" else column
