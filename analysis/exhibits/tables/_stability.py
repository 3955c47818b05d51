"""What bears on each reading of the verdict rule besides its own interval."""

from __future__ import annotations

import math
from collections.abc import Callable

import pandas as pd

from analysis.core.claims import DIRECTNESS
from analysis.core.comparisons import Comparison
from analysis.core.verdict_rule import CONSISTENT, INCONCLUSIVE, NOT_CONSISTENT, UNTESTABLE, Region, read_interval
from analysis.exhibits.cells import select_one, select_rows
from analysis.exhibits.tables._overall import overall

# What a row carries over from its verdict.
CARRIED = (
    "claim", "says", "directness", "model_id", "outcome", "inference", "estimate", "ci_low", "ci_high", "p_value", "verdict_before_gates", "code", "mde80",
    "assumed_effect", "exaggeration", "sign_error",
)  # fmt: skip

# A reading, and how tables of evidence print it.
SHARES = {CONSISTENT: "share_consistent", NOT_CONSISTENT: "share_not_consistent", UNTESTABLE: "share_undecided"}
CANNOT_TELL = (f"{UNTESTABLE} ({INCONCLUSIVE})", "cannot tell")


def by_distance(found: pd.DataFrame, claims: dict, line: Callable[[pd.Series], dict]) -> tuple[list[dict], tuple[int, ...], pd.DataFrame]:
    """Return the lines of evidence below a heading for each distance from the claims, nearest first and each in the order of
    the claims; which lines are headings; and the rows of `found` in that order.
    """
    place = {name: position for position, name in enumerate([*DIRECTNESS, *claims])}
    ordered = found.sort_values(["directness", "claim"], key=lambda names: names.map(place), kind="stable", ignore_index=True)
    rows: list[dict] = []
    bold: list[int] = []
    for distance, part in ordered.groupby("directness", sort=False):
        bold.append(len(rows))
        rows += [{"": str(distance).capitalize()}, *(line(row) for _, row in part.iterrows())]
    return rows, tuple(bold), ordered


def stability(comparison: Comparison, verdicts: pd.DataFrame) -> pd.DataFrame:
    """Return one row per test (or context) with an estimate, its reading if it has one, and all that repeats it.

    The entry's `families` map a specification to its Romano-Wolf tables, `curves` a specification and outcome to the joint
    table of the curve, `estimators` a specification to other estimators of the same effect. `repeated` counts the latter,
    `flips` those whose interval alone is read as another verdict. What has no p-value has no S-value, what is shown and not judged
    no flips.
    """
    entry, tables = comparison.entry, comparison.tables
    families = {model: [tables[name] for name in names] for model, names in entry["families"].items()}
    curves = {(model, outcome): tables[name] for model, own in entry["curves"].items() for outcome, name in own.items()}
    estimators = {model: [tables[name] for name in names if name != model] for model, names in entry["estimators"].items()}
    rows = []
    for _, row in verdicts[(verdicts["rank"] > 0) & verdicts["estimate"].notna()].iterrows():
        judged = bool(row["verdict_before_gates"]) and pd.notna(row["verdict_before_gates"])
        others = _readings(row, estimators.get(row["model_id"], [])) if judged else []
        about = row[list(CARRIED)].to_dict()
        about |= {"s_value": bits(row["p_value"])}
        about |= {"p_family": _family(families.get(row["model_id"], []), row["outcome"])}
        about |= {"share_alike": _share(curves.get((row["model_id"], row["outcome"])), row["verdict_before_gates"] if judged else "")}
        about |= {"repeated": len(others), "flips": sum(other != _verdict(row["verdict_before_gates"]) for other in others)}
        rows.append(about)
    return pd.DataFrame(rows)


def bits(p_value: float) -> float:
    """Return the S-value; NaN without a p-value."""
    if pd.isna(p_value):
        return math.nan
    return -math.log2(p_value) if p_value > 0 else math.inf


def _verdict(reading: str) -> str:
    """Return the verdict in 'verdict (code)'."""
    return reading.partition(" (")[0]


def _readings(row: pd.Series, tables: list[pd.DataFrame]) -> list[str]:
    """Return the verdict on the claim's region by the interval of each table that estimates the outcome."""
    low, high = row["region_low"], row["region_high"]
    region = Region(-math.inf if pd.isna(low) else low, math.inf if pd.isna(high) else high)
    found = [overall(table, row["outcome"]) for table in tables]
    intervals = [((one["ci_low"], one["ci_high"]), (one["ci90_low"], one["ci90_high"])) for one in found if pd.notna(one["ci_low"])]
    return [read_interval(*both, region).verdict for both in intervals]


def _family(tables: list[pd.DataFrame], outcome: str) -> float:
    """Return the p-value of an outcome adjusted for the first family that holds it."""
    found = [select_one(table, term=outcome, inference="romano_wolf")["p_value"] for table in tables]
    return next((float(p_value) for p_value in found if pd.notna(p_value)), math.nan)


def _share(joint: pd.DataFrame | None, reading: str) -> float:
    """Return the share of a whole curve's specifications that are read as the row is; missing without a curve or a reading."""
    if joint is None or not reading:
        return math.nan
    whole = select_rows(joint, subset="all") if "subset" in joint else joint
    return float(whole[SHARES[_verdict(reading)]].iloc[0])
