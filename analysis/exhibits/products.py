"""The products that an exhibit is made from, read with why any is absent and how good its evidence is."""

from __future__ import annotations

import pandas as pd

from analysis.core.estimates import ABSENT
from analysis.core.storage import is_absent, read_table


def read_products(inputs: dict[str, str | list[str]]) -> tuple[dict[str, pd.DataFrame], str, str]:
    """Return the tables by name, why any of them is absent, and the weakest evidence among them.

    A list of paths (the outcomes of one specification) becomes one table.
    """
    tables, reasons, evidence = {}, {}, "real"
    for name, paths in inputs.items():
        parts = [read_table(path) for path in ([paths] if isinstance(paths, str) else list(paths))]
        tables[name] = parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)
        for part in parts:
            evidence = "simulated" if part.attrs["evidence"] == "simulated" else evidence
            reasons.update(dict.fromkeys(filter(None, [is_absent(part), absent_estimates(part)])))
    return tables, " ".join(reasons), evidence


def refused_estimates(tables: dict[str, pd.DataFrame]) -> str:
    """Return why there is nothing to draw: the reasons when no row of any of the estimate tables has an estimate, else nothing."""
    estimates = [table for table in tables.values() if "reason_code" in table and "estimate" in table]
    if not estimates or any(table["estimate"].notna().any() for table in estimates):
        return ""
    reasons = [reason for table in estimates for reason in table["reason"].dropna()]
    return " ".join(dict.fromkeys(reasons))


def absent_estimates(table: pd.DataFrame) -> str:
    """Return the reason when every row of an Estimate table is missing for want of data."""
    if "reason_code" in table and len(table) and (table["reason_code"] == ABSENT).fillna(False).all():
        return table["reason"].iloc[0]
    return ""
