"""All evidence on the claims, and beside each reading what bears on it."""

import pandas as pd

from analysis.core.comparisons import Comparison
from analysis.exhibits.cells import interval, number, p_value, percent
from analysis.exhibits.display import Table
from analysis.exhibits.tables._stability import stability

INFERENCES = {"randomization_t": "randomization", "none": ""}
WIDTHS = {
    "Evidence": "1.6fr",
    "Estimate and 95 % interval": "15%",
    "Reading": "1fr",
    "Too large by": "5.5%",
    "Wrong sign": "5%",
    "p, family": "5%",
}


def layout(comparison: Comparison, verdicts: pd.DataFrame, claims: dict) -> Table:
    """Return one row per test or context with an estimate, in the order of the claims."""
    found = stability(comparison, verdicts)
    place = {name: position for position, name in enumerate(claims)}
    found = found.sort_values("claim", key=lambda names: names.map(place), kind="stable", ignore_index=True)
    return Table(pd.DataFrame([_line(row) for _, row in found.iterrows()]), data=found, widths=WIDTHS)


def _line(row: pd.Series) -> dict:
    reading = row["verdict_before_gates"]
    return {
        "": row["claim"],
        "Evidence": f"{row['says']} ({row['directness']})",
        "Estimate and 95 % interval": f"{number(row['estimate'])} {interval(row['ci_low'], row['ci_high'])}",
        "Reading": "described" if pd.isna(reading) or not reading else reading.replace("untestable (INCONCLUSIVE)", "cannot tell"),
        "MDE": number(row["mde80"]),
        "Too large by": "" if pd.isna(row["exaggeration"]) else f"{row['exaggeration']:.1f}",
        "Wrong sign": percent(row["sign_error"]),
        "p": p_value(row["p_value"]),
        "by": INFERENCES.get(row["inference"], row["inference"].replace("_", " ")),
        "S": "" if pd.isna(row["s_value"]) else f"{row['s_value']:.1f}",
        "p, family": p_value(row["p_family"]),
        "Curve": percent(row["share_same"]),
        "Flips": f"{row['flips']} of {row['repeated']}" if row["repeated"] else "",
    }
