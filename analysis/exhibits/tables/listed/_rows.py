"""Rows that a listed table may ask for besides one specification's effect: by the name that `show` gives them.

Each returns lines as name of a cell → text; a table prints those cells that it has a column for.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from analysis.exhibits.cells import in_order, interval, labelled, number, select_one, select_rows
from analysis.exhibits.tables._families import rows_of
from analysis.exhibits.tables._left_out import left_out


def value(row: dict, table: pd.DataFrame, outcome: str, outcomes: dict) -> list[dict]:
    """Return one number by its term, without its uncertainty."""
    return [{"label": row["title"], "estimate": number(select_one(table, term=row["term"])["estimate"], row.get("digits", 3))}]


def without_each(row: dict, table: pd.DataFrame, outcome: str, outcomes: dict) -> list[dict]:
    """Return the lowest and the highest effect without one cluster, and which clusters these are."""
    span, names = left_out(table, outcome)
    return [{"label": f"{row['title']} in turn ({names})" if names else row.get("otherwise", f"{row['title']} in turn"), "interval": span}]


def violations(row: dict, table: pd.DataFrame, outcome: str, outcomes: dict) -> list[dict]:
    """Return a line for each size of violations of parallel trends."""
    return [
        {
            "label": f"Violations of trends up to {bound['setting']} times the worst before",
            "estimate": number(bound["estimate"]),
            "interval": interval(bound["ci_low"], bound["ci_high"]),
        }
        for _, bound in select_rows(table, outcome=outcome, term="att_honest").iterrows()
    ]


def family(row: dict, table: pd.DataFrame, outcome: str, outcomes: dict) -> list[dict]:
    """Return each outcome of a family with its p-value alone and adjusted."""
    return [
        {
            "label": labelled(outcomes, name),
            "estimate": cells["Estimate"],
            "std_error": cells["s.e."],
            "interval": cells["95 % interval"],
            "p": f"{cells['p alone']}; {cells['p adjusted']}",
            "n": cells["N"],
        }
        for name, cells in rows_of(table, row.get("inference", "cluster")).items()
    ]


SHOWS: dict[str, Callable[[dict, pd.DataFrame, str, dict], list[dict]]] = {
    "value": value,
    "without_each": without_each,
    "violations": violations,
    "family": family,
}


def as_row(row: str | dict) -> dict:
    """Return a row of an entry in full: a name alone is that of a specification."""
    return {"from": row} if isinstance(row, str) else row


def other_forms(table: pd.DataFrame, outcomes: dict) -> list[tuple[str, str]]:
    """Return (outcome, what its label says after the first comma) of each outcome of a table, in order."""
    return [(name, outcomes[name]["label"].split(", ")[1].capitalize()) for name in in_order(table, outcomes)]


def cells_of(line: dict, columns: dict[str, str]) -> dict:
    """Return a line under the headings of a table: `columns` maps the name of a cell to its heading."""
    return {columns[name]: text for name, text in line.items() if name in columns}
