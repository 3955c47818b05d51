"""Cells of result tables: estimates, intervals and p-values as printed."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.exhibits.display import minus


def number(value: float, digits: int = 3) -> str:
    """Return `value` with fixed decimals and separated thousands, zero without a sign; nothing when it is missing."""
    return "" if pd.isna(value) else minus(f"{value:,.{digits}f}")


def interval(low: float, high: float, digits: int = 3) -> str:
    """Return '[low, high]'; nothing when either end is missing."""
    return "" if pd.isna(low) or pd.isna(high) else f"[{number(low, digits)}, {number(high, digits)}]"


def p_value(value: float) -> str:
    """Return a p-value with three decimals, or '<0.001'."""
    if pd.isna(value):
        return ""
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def prefixed(value: float) -> str:
    """Return a p-value after its relation: '= 0.034' or '< 0.001'."""
    shown = p_value(value)
    return shown.replace("<", "< ") if shown.startswith("<") else f"= {shown}"


def percent(share: float, digits: int = 0) -> str:
    """Return a share in percent; nothing when it is missing."""
    return "" if pd.isna(share) else f"{number(100 * share, digits)} %"


def enumerated(labels: list[str]) -> str:
    """Return labels as a list within a sentence: 'industrial R&D, sales and GDP'; 'none' without any. Abbreviations keep their capitals."""
    words = [label[:1].lower() + label[1:] if label[1:2].islower() else label for label in labels]
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]])) or "none"


def count(value: int) -> str:
    """Return a count with separated thousands; nothing when it is missing."""
    return "" if pd.isna(value) else f"{int(value):,}"


def labelled(outcomes: dict, name: str) -> str:
    """Return an outcome's label with the unit of an effect on it."""
    return f"{outcomes[name]['label']} ({outcomes[name]['unit']})"


def select_rows(estimates: pd.DataFrame, **conditions: Any) -> pd.DataFrame:
    """Return the rows whose columns equal the given values."""
    rows = estimates
    for column, value in conditions.items():
        rows = rows[(rows[column] == value).fillna(False)]
    return rows


def select_one(estimates: pd.DataFrame, **conditions: Any) -> pd.Series:
    """Return the one row that matches, or an empty row that prints as nothing with its reason."""
    rows = select_rows(estimates, **conditions)
    if len(rows) > 1:
        raise LookupError(f"{len(rows)} rows match {conditions}")
    return rows.iloc[0] if len(rows) else pd.Series(pd.NA, index=estimates.columns, dtype=object)


def in_order(estimates: pd.DataFrame, outcomes: dict) -> list[str]:
    """Return the outcomes of a table of estimates in the order of config/study.yaml."""
    present = set(estimates["outcome"])
    return [name for name in outcomes if name in present]


def measured(panel: pd.DataFrame, outcomes: dict) -> dict[str, dict]:
    """Return the outcomes whose column the panel holds, the first one of each column: later ones are other forms of it."""
    first = {}
    for name, about in outcomes.items():
        first.setdefault(about["column"], name)
    return {name: outcomes[name] for column, name in first.items() if column in panel}
