"""What a specification says: the row that counts and what the claims' rule reads in it."""

from __future__ import annotations

import pandas as pd

from analysis.claims import RELATIVE_MAGNITUDE, UNTESTABLE, judge, region_of

# Which inference counts where no claim names one: the most cautious that the model offers.
PREFERRED = ("randomization_t", "wild_cluster_bootstrap", "multiplier_bootstrap", "analytic", "cluster", "two_way_cluster", "exact")


def tests_of(claims: dict, model: str, outcome: str) -> list[tuple[str, dict]]:
    """Return (claim, test) for every test or context row that names the model and outcome and has a region."""
    return [
        (name, test)
        for name, claim in claims.items()
        for key in ("tests", "context", "firms")  # real evidence first
        for test in claim.get(key, [])
        if test["from"] == model and test.get("outcome", outcome) == outcome and "region" in test
    ]


def row_of(rows: pd.DataFrame, test: dict | None) -> pd.Series:
    """Return the row that counts: the one that a claim's test names, else the overall effect by the most cautious inference."""
    chosen = rows
    wanted = (test or {}).get("term", "att")
    if (rows["term"] == wanted).any():
        chosen = rows[(rows["term"] == wanted).fillna(False)]
    for inference in ((test or {}).get("inference", ""), *PREFERRED):
        if (chosen["inference"] == inference).any():
            return chosen[(chosen["inference"] == inference).fillna(False)].iloc[0]
    return chosen.iloc[0]


def verdicts(row: pd.Series, tests: list[tuple[str, dict]], honest: dict[str, pd.DataFrame]) -> list[str]:
    """Return one line a claim: its verdict by the rule, and what the interval alone would be read as.

    `honest` maps a specification to its rows, for the companion whose interval allows for violations of parallel trends.
    """
    lines = []
    for claim, test in tests:
        if pd.notna(row["reason"]):
            lines.append(f"{claim}: untestable ({row['reason']})")
            continue
        if pd.isna(row["ci_low"]):
            lines.append(f"{claim}: no interval, so no verdict")
            continue
        companion = _companion(honest.get(test.get("honest", "")))
        verdict, alone = judge(row, region_of(test, row), companion, test.get("power", False))
        if "honest" in test and companion is None and verdict.verdict != UNTESTABLE:
            lines.append(f"{claim}: the interval alone: {alone}; whether drift would undo it was not computed (--honest does)")
        else:
            lines.append(f"{claim}: {verdict.verdict} ({verdict.code}); the interval alone: {alone}")
    return lines


def _companion(rows: pd.DataFrame | None) -> pd.Series | None:
    """Return the row of the interval that allows for violations of parallel trends, or the row that says why there is none."""
    if rows is None:
        return None
    found = rows[((rows["term"] == "att_honest") & (rows["inference"] == f"honest_relative_magnitude_{RELATIVE_MAGNITUDE}")).fillna(False)]
    return found.iloc[0] if len(found) else rows.iloc[0]
