"""Beside each reading: S-value, the family of outcomes, the curve of specifications, other estimators."""

import pandas as pd

from analysis.core.comparisons import Comparison
from analysis.exhibits.cells import p_value, percent
from analysis.exhibits.display import Table
from analysis.exhibits.tables._stability import stability

INFERENCES = {"randomization_t": "randomization"}


def layout(comparison: Comparison, verdicts: pd.DataFrame) -> Table:
    """Return one row per reading."""
    found = stability(comparison, verdicts)
    widths = {"Evidence": "1.5fr", "Reading": "1fr"}
    return Table(pd.DataFrame([_line(row) for _, row in found.iterrows()]), data=found, widths=widths)


def _line(row: pd.Series) -> dict:
    return {
        "Claim": row["claim"],
        "Evidence": row["says"],
        "Reading": row["verdict_before_gates"].replace("untestable (INCONCLUSIVE)", "cannot tell"),
        "p": p_value(row["p_value"]),
        "by": INFERENCES.get(row["inference"], row["inference"].replace("_", " ")),
        "S": f"{row['s_value']:.1f}",
        "p, family": p_value(row["p_family"]),
        "Curve": percent(row["share_same"]),
        "Flips": f"{row['flips']} of {row['repeated']}" if row["repeated"] else "",
    }
