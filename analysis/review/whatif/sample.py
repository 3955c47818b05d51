"""Conditions on rows in a change: `drop.province=Guangdong` beside what the model leaves out already, checked against the panel."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

import pandas as pd

from analysis.core.errors import BadOption
from analysis.core.preparation import prepare

CONDITION = {"drop": "not_in", "keep": "in", ">=": "at_least", "<=": "at_most"}
# More values than this say nothing in one line.
LISTED = 12


def add_condition(settings: dict, column: str, how: str, value: Any) -> None:
    """Set one condition of the sample; values dropped come on top of those that the model drops already."""
    own = settings.get("where", {}).get(column, {})
    condition = CONDITION[how]
    if how == "drop":
        value = [*own.get(condition, []), *(one for one in value if one not in own.get(condition, []))]
    settings["where"] = {**settings.get("where", {}), column: {**own, condition: value}}


def check_values(panel: pd.DataFrame, selected: list[tuple[str, list]], context: str) -> None:
    """Refuse a value that no row of the panel has: it would change nothing and look like a result."""
    for column, values in selected:
        for value in values:
            if panel[column].isin([value]).any():
                continue
            known = sorted(panel[column].dropna().astype(str).unique())
            near = get_close_matches(str(value), known, n=3, cutoff=0.5)
            listed = f"it has {', '.join(known)}" if len(known) <= LISTED else f"it has {len(known)} values"
            hint = f"did you mean {' or '.join(map(repr, near))}?" if near else listed
            raise BadOption(f"{context}: no row of the panel has {column} '{value}'; {hint}", column, value, hint)


def same_rows(panel: pd.DataFrame, first: dict, second: dict) -> bool:
    """Return whether two different samples hold as many rows, so that words about the sample changed nothing."""
    if first == second:
        return False
    return len(prepare(panel, first, None, "")) == len(prepare(panel, second, None, ""))
