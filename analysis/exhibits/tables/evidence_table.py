"""All evidence on the claims that has an estimate, nearest first: what is compared, its interval and how the rule reads it."""

import pandas as pd

from analysis.exhibits.cells import interval, number, p_value
from analysis.exhibits.display import Table
from analysis.exhibits.tables._stability import CANNOT_TELL, bits, by_distance

# Mark of a p-value that no permutation gives.
MARKS = {"cluster": " c", "t": " t", "exact": " e", "bootstrap": " b", "overdispersed": " o", "quasi_poisson": " o"}
WIDTHS = {"": "4.5%", "Evidence": "1fr", "Reading": "15.5%"}


def layout(verdicts: pd.DataFrame, claims: dict) -> Table:
    """Return one row per test or context with an estimate by its distance from the claims, each distance in the order of the claims."""
    found = verdicts[(verdicts["rank"] > 0) & verdicts["estimate"].notna()]
    found = found.assign(s_value=found["p_value"].map(bits))
    rows, bold, ordered = by_distance(found, claims, _line)
    return Table(pd.DataFrame(rows).fillna(""), data=ordered, bold=bold, widths=WIDTHS)


def _line(row: pd.Series) -> dict:
    reading = row["verdict_before_gates"]
    return {
        "": row["claim"],
        "Evidence": row["says"],
        "Estimate": number(row["estimate"]),
        "95 % interval": interval(row["ci_low"], row["ci_high"]),
        "p": p_value(row["p_value"]) + (MARKS.get(row["inference"], "") if pd.notna(row["p_value"]) else ""),
        "S": number(row["s_value"], 1),
        "MDE": number(row["mde80"]),
        "Reading": "described" if pd.isna(reading) or not reading else reading.replace(*CANNOT_TELL),
    }
