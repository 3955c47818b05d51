"""The scorecard: every claim of the study and what these data say of it."""

import pandas as pd

from analysis.core.claims import SHOWN
from analysis.exhibits.cells import interval, number, prefixed
from analysis.exhibits.display import Table

HEADINGS = {
    "quantitative": "Claims with a number",
    "directional": "Claims with a direction",
    "descriptive": "Descriptive, comparative and structural claims",
    "normative": "Recommendations",
}


def layout(verdicts: pd.DataFrame, claims: dict) -> Table:
    """Return one row per claim: verdict, reason, and the estimate behind it or the nearest real evidence."""
    rows, bold = [], []
    for kind, heading in HEADINGS.items():
        bold.append(len(rows))
        rows.append({"Claim": heading})
        for name, claim in claims.items():
            if claim["kind"] == kind:
                rows.append(_line(name, claim, verdicts[verdicts["claim"] == name].set_index("rank")))
    widths = {"Claim": "5%", "What the study says": "1.15fr", "Verdict": "14%", "Why": "1.15fr", "Evidence": "1.25fr"}
    return Table(pd.DataFrame(rows), data=verdicts, bold=tuple(bold), widths=widths)


def _line(name: str, claim: dict, rows: pd.DataFrame) -> dict:
    head = rows.loc[0]
    code = "" if pd.isna(head["code"]) or not head["code"] else f" ({head['code']})"
    return {
        "Claim": name,
        "What the study says": claim["claim"],
        "Verdict": head["verdict"] + code,
        "Why": head["explanation"][:1].upper() + head["explanation"][1:] + ".",
        "Evidence": "\n".join(_evidence(row) for rank, row in rows.iterrows() if rank > 0),
    }


def _evidence(row: pd.Series) -> str:
    """Return one line of evidence: what, how close to the claim, the numbers, and the reading with and without gates."""
    if pd.isna(row["estimate"]):
        return f"{row['says']} ({row['directness']}): no estimate ({row['code']})"
    shown = "" if pd.isna(row["p_value"]) else f", p {prefixed(row['p_value'])}"
    numbers = f"{row['says']} ({row['directness']}): {number(row['estimate'])} {interval(row['ci_low'], row['ci_high'])}{shown}"
    if row["code"] == SHOWN:
        return numbers
    reading = f"{row['verdict']} ({row['code']})"
    alone = "" if row["verdict_before_gates"] in ("", reading) else f"; the interval alone: {row['verdict_before_gates']}"
    return f"{numbers}. {reading}{alone}"
