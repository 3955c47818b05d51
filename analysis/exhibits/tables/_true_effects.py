"""The true effect, beside what was found: blank where the firms are a reader's own."""

from __future__ import annotations

import math

import pandas as pd

from analysis.core.gates import rests_on_few
from analysis.exhibits.cells import count, interval, number, p_value


def true_effect(truth: pd.DataFrame, outcomes: dict, specification: dict, outcome: str) -> float:
    """Return the true overall value behind a specification and outcome, or NaN."""
    quantity = specification.get("true_effect") or outcomes.get(outcome, {}).get("true_effect")
    found = truth[(truth["quantity"] == quantity) & (truth["at"] == "overall")] if quantity else truth.head(0)
    return float(found["value"].iloc[0]) if len(found) else math.nan


def line(label: str, row: pd.Series, true_value: float, digits: int = 3) -> dict:
    """Return the cells of one estimate; a dagger marks intervals that rest on few treated clusters, a comma what was left out."""
    left_out = "" if pd.isna(row["left_out"]) else row["left_out"]
    return {
        "": label + (f", without {left_out}" if left_out else "") + (" †" if rests_on_few(row) else ""),
        "Estimate": number(row["estimate"], digits) if pd.notna(row["estimate"]) else "not identified",
        "s.e.": number(row["std_error"], digits),
        "95 % interval": interval(row["ci_low"], row["ci_high"], digits),
        "p": p_value(row["p_value"]),
        "True effect": number(true_value, digits),
        "Issuers": count(row["n_treated"]),
        "N": count(row["n_obs"]),
    }
