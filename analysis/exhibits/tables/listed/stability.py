"""What bears on the readings of the evidence besides their own intervals."""

import pandas as pd

from analysis.core.comparisons import Comparison
from analysis.exhibits.cells import number, p_value, percent
from analysis.exhibits.display import Table
from analysis.exhibits.tables._stability import CANNOT_TELL, by_distance, stability

COLUMNS = ["", "Evidence", "Reading", "Too large by", "Wrong sign", "p, family", "Curve", "Flips"]
WIDTHS = {"": "4.5%", "Evidence": "1fr", "Reading": "15.5%", "Too large by": "7%", "Wrong sign": "7%", "p, family": "7%"}


def layout(comparison: Comparison, verdicts: pd.DataFrame, claims: dict) -> Table:
    """Return one row per estimate with something beside it, in the order of the table of all evidence; the data hold every estimate."""
    found = stability(comparison, verdicts)
    something = found[["exaggeration", "p_family", "share_alike"]].notna().any(axis=1) | (found["repeated"] > 0)
    rows, bold, _ = by_distance(found[something], claims, _line)
    return Table(pd.DataFrame(rows, columns=COLUMNS).fillna(""), data=by_distance(found, claims, _line)[2], bold=bold, widths=WIDTHS)


def _line(row: pd.Series) -> dict:
    reading = row["verdict_before_gates"]
    return {
        "": row["claim"],
        "Evidence": row["says"],
        "Reading": "described" if pd.isna(reading) or not reading else reading.replace(*CANNOT_TELL),
        "Too large by": number(row["exaggeration"], 1),
        "Wrong sign": percent(row["sign_error"]),
        "p, family": p_value(row["p_family"]),
        "Curve": percent(row["share_alike"]),
        "Flips": f"{row['flips']} of {row['repeated']}" if row["repeated"] else "",
    }
