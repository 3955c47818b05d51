"""Filing to first sale: models that count projects not yet sold, beside the comparison of completed ones that censoring drives."""

import math

import pandas as pd

from analysis.exhibits.cells import count, interval, number, p_value, select_one
from analysis.exhibits.display import Table
from analysis.exhibits.tables._true_effects import true_effect

RATIO, HAZARD, MONTHS = "time ratio", "hazard ratio", "months"


def layout(
    cycle: pd.DataFrame,
    cycle_lognormal: pd.DataFrame,
    cycle_loglogistic: pd.DataFrame,
    cycle_weibull: pd.DataFrame,
    cycle_hazard: pd.DataFrame,
    cycle_mean: pd.DataFrame,
    cycle_immortal: pd.DataFrame,
    cycle_completed: pd.DataFrame,
    cycle_completed_did: pd.DataFrame,
    true_effects: pd.DataFrame,
    outcomes: dict,
    specifications: dict,
) -> Table:
    """Return exponentiated estimates (and a difference of mean months): the percentage is what a reader would report as the change of the cycle."""
    blocks = {
        "Every project counts, sold or not": [
            ("cycle", cycle, "exposed", RATIO),
            ("cycle_lognormal", cycle_lognormal, "exposed", RATIO),
            ("cycle_loglogistic", cycle_loglogistic, "exposed", RATIO),
            ("cycle_weibull", cycle_weibull, "exposed", RATIO),
            ("cycle_hazard", cycle_hazard, "exposed", HAZARD),
            ("cycle_mean", cycle_mean, "difference", MONTHS),
        ],
        "What misleads": [
            ("cycle_completed", cycle_completed, "exposed", RATIO),
            ("cycle_completed_did", cycle_completed_did, "exposed", RATIO),
            ("cycle_immortal", cycle_immortal, "ever_exposed", HAZARD),
        ],
    }
    rows, bold = [], []
    for heading, parts in blocks.items():
        bold.append(len(rows))
        rows.append({"": heading})
        for name, table, term, scale in parts:
            true_value = true_effect(true_effects, outcomes, specifications[name], str(table["outcome"].iloc[0]))
            rows.append(_line(specifications[name]["title"], select_one(table, term=term), scale, true_value))
    tables = [table for parts in blocks.values() for _, table, _, _ in parts]
    return Table(pd.DataFrame(rows).fillna(""), data=pd.concat(tables, ignore_index=True), bold=tuple(bold), widths={"": "1fr"})


def _line(label: str, row: pd.Series, scale: str, true_value: float) -> dict:
    def ratio(value: float) -> float:
        # The end of an interval may be too large for a number: then it says nothing, and nothing is printed.
        return math.nan if pd.isna(value) else value if scale == MONTHS else math.exp(value) if value < 700 else math.nan

    change = 100 * (ratio(row["estimate"]) - 1)
    return {
        "": label,
        "Scale": scale,
        "Estimate": number(ratio(row["estimate"])) if pd.notna(row["estimate"]) else "not identified",
        "95 % interval": interval(ratio(row["ci_low"]), ratio(row["ci_high"])),
        "p": p_value(row["p_value"]),
        "Change": "" if pd.isna(change) or scale != RATIO else f"{number(change, 0)} %",
        "True effect": number(ratio(true_value)) if scale == RATIO else "",
        "N": count(row["n_obs"]),
    }
