"""Tables on disk: written whole or not at all, sorted by key, carrying their evidence grade.

Two marks travel with every table, in its Parquet metadata: `evidence` (real or simulated) and `absent`
(why the table is empty, when its raw files are not at hand). Neither may be dropped on the way.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analysis.core.atomic import atomic
from analysis.core.contracts import check, typed

EVIDENCE = ("real", "simulated")


def write_table(table: pd.DataFrame, path: str | Path, contract: dict, evidence: str = "real") -> None:
    """Write `table` as Parquet after checking it against its contract; rows are sorted by key."""
    if evidence not in EVIDENCE:
        raise ValueError(f"evidence must be one of {EVIDENCE}, not {evidence!r}")
    absent = table.attrs.get("absent", "")
    table = check(table, contract, Path(path).stem, first_row=0).sort_values(contract["key"], kind="stable", ignore_index=True)
    table.attrs = {"evidence": evidence, "absent": absent}
    with atomic(path) as temporary:
        table.to_parquet(temporary, compression="zstd", index=False)


def read_table(path: str | Path) -> pd.DataFrame:
    """Return the table at `path`; `.attrs` holds `evidence` and `absent`."""
    # Arrow's own threads now and then abort a short program that ends while they still stop; tables here are small.
    return pd.read_parquet(path, use_threads=False, pre_buffer=False)


def absent_table(contract: dict, reason: str) -> pd.DataFrame:
    """Return the empty table that stands for a product whose raw files are not at hand."""
    table = typed(pd.DataFrame(), contract)
    table.attrs["absent"] = reason
    return table


def is_absent(table: pd.DataFrame) -> str:
    """Return why the table is empty, or an empty string when it holds data."""
    return table.attrs.get("absent", "")


def write_text(text: str, path: str | Path) -> None:
    """Write `text` whole or not at all."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
