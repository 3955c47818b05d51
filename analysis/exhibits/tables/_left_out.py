"""Estimates without each cluster in turn, as one line: the lowest and the highest, with the names."""

from __future__ import annotations

import pandas as pd

from analysis.exhibits.cells import number

TERM = "att_without"


def left_out(table: pd.DataFrame, outcome: str) -> tuple[str, str]:
    """Return the lowest and highest estimate and which clusters make them; nothing where none could be estimated."""
    own = table[(table["outcome"] == outcome) & (table["term"] == TERM) & table["estimate"].notna()]
    if own.empty:
        return "", ""
    low, high = own.loc[own["estimate"].idxmin()], own.loc[own["estimate"].idxmax()]
    return f"{number(low['estimate'])} to {number(high['estimate'])}", " and ".join(r["setting"] for r in (low, high))
