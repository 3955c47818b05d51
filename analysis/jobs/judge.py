"""Claims + estimates → verdicts."""

from __future__ import annotations

import pandas as pd

from analysis.core.claims import assess, recover
from analysis.core.storage import absent_table, read_table, write_table

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


def compare(
    claims: dict, specifications: dict, outcomes: dict, estimates: dict[str, list[str]], truth: str, contract: dict, path: str
) -> None:
    """Write what the pipeline recovers of the simulated cohort; an absent table where the firm files are a reader's own."""
    truth_table = read_table(truth)
    if truth_table.empty:
        write_table(absent_table(contract, "The firm files are the reader's own: no true effects are known of them."), path, contract)
        return
    read = {name: pd.concat([read_table(p) for p in paths], ignore_index=True) for name, paths in estimates.items()}
    write_table(recoveries(claims, specifications, outcomes, read, truth_table, contract), path, contract, "simulated")


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
    table = pd.DataFrame(rows, columns=list(contract["columns"]))
    kinds = {"number": "float64", "integer": "Int64", "boolean": "boolean"}
    return table.astype({name: kinds.get(rule["type"], "string") for name, rule in contract["columns"].items()})
