"""Cells of p-values adjusted for a family of outcomes."""

from __future__ import annotations

import pandas as pd

from analysis.exhibits.cells import count, interval, number, p_value, select_one


def adjusted(family: pd.DataFrame, outcome: str, heading: str) -> dict[str, str]:
    """Return the cells of an outcome's p-value adjusted for a permuted family, by the largest t-ratio and by the smallest p-value."""
    steps = {heading: "romano_wolf", f"{heading} (min p)": "westfall_young"}
    return {column: p_value(select_one(family, term=outcome, inference=inference)["p_value"]) for column, inference in steps.items()}


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
