"""Claims + estimates on the simulated cohort + its truth → what is recovered. SIMULATED."""

from __future__ import annotations

import pandas as pd

from analysis.core.storage import absent_table, read_table, write_table
from analysis.simulations.recoveries import recoveries


def recover(
    claims: dict, specifications: dict, outcomes: dict, estimates: dict[str, list[str]], truth: str, contract: dict, path: str
) -> None:
    """Write what the pipeline recovers of the simulated cohort; an absent table where the firm files are a reader's own."""
    truth_table = read_table(truth)
    if truth_table.empty:
        write_table(absent_table(contract, "The firm files are the reader's own: no true effects are known of them."), path, contract)
        return
    read = {name: pd.concat([read_table(p) for p in paths], ignore_index=True) for name, paths in estimates.items()}
    write_table(recoveries(claims, specifications, outcomes, read, truth_table, contract), path, contract, "simulated")
