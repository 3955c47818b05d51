"""The scorecard: of every claim of the study the verdict, by direct evidence alone, and the nearest evidence there is."""

import pandas as pd

from analysis.core.claims import SHOWN
from analysis.core.rawfiles import briefly
from analysis.core.verdict_rule import CONSISTENT, INCONCLUSIVE, NORMATIVE, NOT_CONSISTENT, UNTESTABLE
from analysis.exhibits.cells import interval, number, prefixed
from analysis.exhibits.display import Table

HEADINGS = {
    "quantitative": "Claims with a number",
    "directional": "Claims with a direction",
    "descriptive": "Descriptive, comparative and structural claims",
    "normative": "Recommendations",
}
WIDTHS = {
    "": "3.2%",
    "The study says": "1.1fr",
    "Verdict (direct evidence)": "9.5%",
    "Why, or what is missing": "1.15fr",
    "Nearest evidence reads": "11.5%",
    "What it is": "1.45fr",
    "How close": "8.5%",
}
VERDICT, READS = "Verdict (direct evidence)", "Nearest evidence reads"
NONE = "none at hand"


def layout(verdicts: pd.DataFrame, claims: dict) -> Table:
    """Return one row per claim: verdict and why, then reading, gates, numbers and directness of the nearest evidence."""
    rows: list[dict] = []
    bold: list[int] = []
    for kind, heading in HEADINGS.items():
        bold.append(len(rows))
        rows.append({"": heading})
        for name, claim in claims.items():
            if claim["kind"] == kind:
                rows.append(_line(name, claim, verdicts[verdicts["claim"] == name].set_index("rank")))
    tones = {(i, name): tone for i, row in enumerate(rows) for name in (VERDICT, READS) if (tone := _tone(row.get(name, "")))}
    return Table(pd.DataFrame(rows, columns=list(WIDTHS)), data=verdicts, bold=tuple(bold), widths=WIDTHS, tones=tones)


def _line(name: str, claim: dict, rows: pd.DataFrame) -> dict:
    head = rows.loc[0]
    missing = "; ".join(claim.get("missing", [])) if head["code"] == "FIELD" else ""
    why = f"missing: {missing}" if missing else briefly(str(head["explanation"]))
    cells = {"": name, "The study says": claim["claim"], VERDICT: _coded(head["verdict"], head["code"])}
    cells |= {"Why, or what is missing": f"{why[:1].upper()}{why[1:]}."}
    if claim["kind"] == "normative":
        return cells
    if pd.isna(head["nearest"]):
        return cells | {READS: NONE}
    near = rows.loc[head["nearest"]]
    return cells | {READS: reading(near), "What it is": evidence(near), "How close": closeness(near)}


def _tone(said: str) -> str:
    """Return how a cell is shaded: what a closed gate leaves open is open; nothing at all stays blank."""
    if said in ("", NONE, NORMATIVE):
        return ""
    if said.endswith("closes") or not said.startswith((CONSISTENT, NOT_CONSISTENT)):
        return "" if said.startswith(UNTESTABLE) else "open"
    return "yes" if said.startswith(CONSISTENT) else "no"


def _coded(verdict: str, code: str) -> str:
    return verdict if pd.isna(code) or not code else f"{verdict} ({code})"


def reading(row: pd.Series) -> str:
    """Return what evidence reads: in words where it cannot tell, with the gates that it passes and the one that closes."""
    if row["code"] == SHOWN:
        return "described, not judged"
    alone = str(row["verdict_before_gates"]).replace(f"{UNTESTABLE} ({INCONCLUSIVE})", "cannot tell")
    passed = "" if pd.isna(row["gates_passed"]) or not row["gates_passed"] else f"passes {row['gates_passed']}"
    closed = f"{row['code']} closes" if _coded(row["verdict"], row["code"]) != row["verdict_before_gates"] else ""
    gates = ", ".join(filter(None, (passed, closed)))
    return f"{alone}; {gates}" if gates else alone


def closeness(row: pd.Series) -> str:
    """Return how direct evidence is, and whose figures it is where these are far from the firms that the claims are about."""
    far = row.get("whose", "")
    return row["directness"] if pd.isna(far) or not far else f"{row['directness']}, but of {far}"


def evidence(row: pd.Series) -> str:
    """Return what is compared with what, and below it the numbers."""
    shown = "" if pd.isna(row["p_value"]) else f", p {prefixed(row['p_value'])}"
    return f"{row['says']}\n{number(row['estimate'])} {interval(row['ci_low'], row['ci_high'])}{shown}"
