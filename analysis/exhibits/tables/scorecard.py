"""The scorecard: of every claim of the study the verdict, which direct evidence alone decides, and why."""

import pandas as pd

from analysis.core.claims import DIRECTNESS, FIRST_CONTEXT
from analysis.core.rawfiles import briefly
from analysis.core.verdict_rule import CONSISTENT, NORMATIVE, NOT_CONSISTENT, UNTESTABLE
from analysis.exhibits.display import Table

HEADINGS = {
    "quantitative": "Claims with a number",
    "directional": "Claims with a direction",
    "descriptive": "Descriptive, comparative and structural claims",
    "normative": "Recommendations",
}
WIDTHS = {"": "5%", "The study says": "1fr", "Verdict": "17%", "Why, or what is missing": "1.15fr"}


def layout(verdicts: pd.DataFrame, claims: dict) -> Table:
    """Return one row per claim, under the heading of its kind: the claim, its verdict and why."""
    rows: list[dict] = []
    bold: list[int] = []
    for kind, heading in HEADINGS.items():
        bold.append(len(rows))
        rows.append({"": heading})
        heads = verdicts[verdicts["rank"] == 0].set_index("claim")
        own = {name: verdicts[verdicts["claim"] == name] for name, claim in claims.items() if claim["kind"] == kind}
        rows += [_line(name, claims[name], heads.loc[name], rows_of) for name, rows_of in own.items()]
    tones = {(i, "Verdict"): tone for i, row in enumerate(rows) if (tone := shade(row.get("Verdict", "")))}
    return Table(pd.DataFrame(rows, columns=list(WIDTHS)), data=verdicts, bold=tuple(bold), widths=WIDTHS, tones=tones)


def _line(name: str, claim: dict, head: pd.Series, own: pd.DataFrame) -> dict:
    missing = "; ".join(claim.get("missing", [])) if head["code"] == "FIELD" else ""
    why = f"missing: {missing}" if missing else briefly(str(head["explanation"])) + other_way(head["verdict"], own)
    if pd.notna(whose := head.get("whose", "")) and whose:
        why += f" (evidence of {whose})"
    verdict = coded(head["verdict"], head["code"])
    return {"": name, "The study says": claim["claim"], "Verdict": verdict, "Why, or what is missing": f"{why[:1].upper()}{why[1:]}."}


def other_way(verdict: str, own: pd.DataFrame) -> str:
    """Return in words which direct context, which decides nothing, is read as the opposite of a verdict; '' where none is."""
    opposite = {CONSISTENT: NOT_CONSISTENT, NOT_CONSISTENT: CONSISTENT}.get(verdict)
    context = own[own["rank"] >= FIRST_CONTEXT]
    if opposite is None or context.empty:
        return ""
    found = context[(context["directness"] == DIRECTNESS[0]) & context["verdict_before_gates"].fillna("").str.startswith(opposite)]
    return f"; read the other way, as context: {'; '.join(found['says'])}" if len(found) else ""


def coded(verdict: str, code: str) -> str:
    """Return a verdict with its code, where it has one."""
    return verdict if pd.isna(code) or not code else f"{verdict} ({code})"


def shade(said: str) -> str:
    """Return how a cell is shaded: what a closed gate leaves open is open; nothing at all stays blank."""
    if said in ("", NORMATIVE):
        return ""
    if said.endswith("closes") or not said.startswith((CONSISTENT, NOT_CONSISTENT)):
        return "" if said.startswith(UNTESTABLE) else "open"
    return "yes" if said.startswith(CONSISTENT) else "no"
