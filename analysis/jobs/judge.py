"""Claims + estimates → verdicts."""

from __future__ import annotations

import pandas as pd

from analysis.core.claims import verdicts
from analysis.core.storage import read_table, write_table


def judge(claims: dict, estimates: dict[str, list[str]], contract: dict, path: str) -> None:
    """Write the verdict on every claim and on each of its tests."""
    read = {name: pd.concat([read_table(p) for p in paths], ignore_index=True) for name, paths in estimates.items()}
    write_table(verdicts(claims, read, contract), path, contract)
