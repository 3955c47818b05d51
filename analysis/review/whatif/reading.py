"""What a specification says: the row that counts and what the claims' rule reads in it."""

from __future__ import annotations

import pandas as pd

from analysis.core import claim_tests
from analysis.core.claims import region_of
from analysis.core.estimates import why
from analysis.core.gates import judge
from analysis.core.verdict_rule import UNTESTABLE
from analysis.review.whatif.drift import NOT_ASKED

# Which inference counts where no claim names one: the most cautious that the model offers.
PREFERRED = ("randomization_t", "wild_cluster_bootstrap", "multiplier_bootstrap", "analytic", "cluster", "two_way_cluster", "exact")


def tests_of(claims: dict, model: str, outcome: str) -> list[tuple[str, dict]]:
    """Return (claim, test) for every test or context row that names the model and outcome and has a region."""
    return [
        (name, test)
        for name, claim in claims.items()
        for test in claim_tests.tests_of(claim)
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


def verdicts(rows: pd.DataFrame, tests: list[tuple[str, dict]], honest: dict[str, pd.DataFrame | str], moved: bool = False) -> list[str]:
    """Return one line per test: its verdict by the rule, and what the interval alone would be read as.

    `honest` maps a specification to its rows, for the companion whose interval allows for violations of parallel trends, or
    says why there is none. `moved`: the outcome is in another unit than the one that fixed regions are written in.
    """
    claims = [claim for claim, _ in tests]
    lines = []
    for claim, test in tests:
        name = f"{claim} ({test.get('term', 'att')})" if claims.count(claim) > 1 else claim
        lines.append(f"{name}: {_verdict(row_of(rows, test), test, honest, moved)}")
    return lines


def _verdict(row: pd.Series, test: dict, honest: dict[str, pd.DataFrame | str], moved: bool) -> str:
    if pd.notna(row["reason"]):
        return f"untestable ({why(row)})"
    if pd.isna(row["ci_low"]):
        return "no interval, so no verdict"
    # A sign, and a smallest effect in s.d. of the outcome itself, hold in any unit.
    if moved and "sign" not in test["region"]:
        return "unit changed: no verdict"
    bounds = honest.get(test.get("honest", ""), NOT_ASKED)
    companion = None if isinstance(bounds, str) else bounds.iloc[0]
    judged = judge(row, region_of(test, row), companion)
    # Bounds are read after the other gates, which close without them; what passes those is not settled without bounds.
    if "placebo" in test and judged.verdict.verdict != UNTESTABLE:
        return f"the interval alone: {judged.reading}; whether its placebo would undo it is left out of both versions"
    if "honest" in test and companion is None and judged.verdict.verdict != UNTESTABLE:
        return f"the interval alone: {judged.reading}; whether drift would undo it is left out of both versions: {bounds}"
    return f"{judged.verdict}; the interval alone: {judged.reading}"
