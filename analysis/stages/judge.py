"""Claims + estimates → verdicts."""

from __future__ import annotations

import pandas as pd

from analysis.claims import assess
from analysis.storage import read_table, write_table

NUMBERS = ("estimate", "ci_low", "ci_high", "p_value", "region_low", "region_high", "mde80")


def judge(claims: dict, estimates: dict[str, list[str]], contract: dict, path: str) -> None:
    """Write the verdict on every claim and on each of its tests."""
    read = {name: pd.concat([read_table(p) for p in paths], ignore_index=True) for name, paths in estimates.items()}
    rows = [row for name, claim in claims.items() for row in assess(name, claim, read)]
    table = pd.DataFrame(rows, columns=list(contract["columns"]))
    for name in contract["columns"]:
        if name in NUMBERS:
            table[name] = pd.to_numeric(table[name]).astype("float64")
        else:
            table[name] = table[name].astype("Int64" if name == "rank" else "string")
    write_table(table, path, contract)
