"""SIMULATED. What the pipeline recovers of the truths of the simulated cohort: this tests methods, never a claim."""

from __future__ import annotations

import pandas as pd

from analysis.core.claims import recover
from analysis.core.contracts import typed


def recoveries(
    claims: dict, specifications: dict, outcomes: dict, estimates: dict, truth_table: pd.DataFrame, contract: dict
) -> pd.DataFrame:
    """Return the rows of analysis.core.claims.recover for every claim, in the columns of the contract."""
    values = truth_table[truth_table["at"] == "overall"].set_index("quantity")["value"]
    named = {}
    for model, specification in specifications.items():
        for outcome in specification.get("outcomes") or ["none"]:
            quantity = specification.get("true_effect") or outcomes.get(outcome, {}).get("true_effect")
            if quantity in values.index:
                named[model, outcome] = float(values[quantity])
    rows = [row for name, claim in claims.items() for row in recover(name, claim, estimates, named)]
    return typed(pd.DataFrame(rows), contract)
