"""Effects on orphan projects as the text prints them: ratios of times, hazards and means, not their logs."""

import math

import pandas as pd

from analysis.exhibits.cells import select_one


def count(
    projects_completed: pd.DataFrame,
    projects_completed_did: pd.DataFrame,
    projects_immortal: pd.DataFrame,
    projects_cycle: pd.DataFrame,
    projects_cycle_by_entry: pd.DataFrame,
    projects_aft: pd.DataFrame,
    projects_hazard: pd.DataFrame,
    projects_placebo: pd.DataFrame,
    projects_without_near: pd.DataFrame,
    projects_lag_1: pd.DataFrame,
    projects_lag_2: pd.DataFrame,
    projects_under_way: pd.DataFrame,
    projects_matched: pd.DataFrame,
    projects_within_sponsor: pd.DataFrame,
    projects_firms_only: pd.DataFrame,
    projects_calendar: pd.DataFrame,
    sponsor_counts: pd.DataFrame,
    sponsor_counts_by_year: pd.DataFrame,
    specifications: dict,
) -> dict:
    """Return for each effect its ratio, the ends of its 95 % interval and its p-value ('<name>', '_low', '_high', '_p')."""
    tables = {
        "completed": projects_completed,
        "completed_did": projects_completed_did,
        "immortal": projects_immortal,
        "cycle": projects_cycle,
        "aft": projects_aft,
        "hazard": projects_hazard,
        "placebo": projects_placebo,
        "without_near": projects_without_near,
        "lag_1": projects_lag_1,
        "lag_2": projects_lag_2,
        "under_way": projects_under_way,
        "matched": projects_matched,
        "within_sponsor": projects_within_sponsor,
        "firms_only": projects_firms_only,
        "calendar": projects_calendar,
    }
    found: dict[str, float] = {}
    for name, table in tables.items():
        found |= _ratios(name, select_one(table, term=specifications[f"projects_{name}"]["treatment"], inference="cluster"))
    found |= _ratios("counts", select_one(sponsor_counts, outcome="sponsor_approvals", term="exposed"))
    found |= _ratios("lead", select_one(sponsor_counts_by_year, term="before_5"))
    later = [select_one(sponsor_counts_by_year, term=f"after_{year}") for year in range(6)]
    # The size of violations, as a share of the farther end of the placebo's interval, at which the interval of the cycle reaches one.
    ends = [abs(math.log(found[f"placebo_{end}"])) for end in ("low", "high")]
    permuted = {"term": "exposed", "inference": "randomization_score"}
    return found | {
        "breakdown": -math.log(found["cycle_high"]) / max(ends),
        "permuted_p": float(select_one(projects_cycle, **permuted)["p_value"]),
        "permuted_entry_p": float(select_one(projects_cycle_by_entry, **permuted)["p_value"]),
        "later_smallest_p": min(float(row["p_value"]) for row in later),
    }


def _ratios(name: str, row: pd.Series) -> dict[str, float]:
    ends = {"": "estimate", "_low": "ci_low", "_high": "ci_high"}
    ratios = {f"{name}{end}": math.exp(row[column]) if pd.notna(row[column]) else math.nan for end, column in ends.items()}
    return ratios | {f"{name}_p": float(row["p_value"]) if pd.notna(row["p_value"]) else math.nan, f"{name}_shorter": 1 - ratios[name]}
