"""Cells of Romano-Wolf tables."""

from __future__ import annotations

import pandas as pd

from analysis.exhibits.cells import count, interval, number, p_value, select_one


def rows_of(table: pd.DataFrame, own: str = "cluster") -> dict[str, dict]:
    """Return outcome → cells: the estimate with its p-value by the inference `own` and the one adjusted for the family."""
    found = {}
    for name in dict.fromkeys(table.loc[table["inference"] == "romano_wolf", "term"]):
        alone, adjusted = (select_one(table, term=name, inference=inference) for inference in (own, "romano_wolf"))
        found[name] = {
            "Estimate": number(alone["estimate"]),
            "s.e.": number(alone["std_error"]),
            "95 % interval": interval(alone["ci_low"], alone["ci_high"]),
            "p alone": p_value(alone["p_value"]),
            "p adjusted": p_value(adjusted["p_value"]),
            "N": count(alone["n_obs"]),
        }
    return found
