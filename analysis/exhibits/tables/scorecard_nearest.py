"""The nearest evidence on each claim: what is compared, what its interval reads, and how near it is to the claim."""

import pandas as pd

from analysis.core.claims import SHOWN
from analysis.core.verdict_rule import INCONCLUSIVE, UNTESTABLE
from analysis.exhibits.cells import enumerated, interval, number, prefixed
from analysis.exhibits.display import Table
from analysis.exhibits.tables.scorecard import coded, shade

WIDTHS = {"": "5%", "Nearest evidence": "1fr", "Reads": "19%", "How close": "24%"}


def layout(verdicts: pd.DataFrame, claims: dict) -> Table:
    """Return one row per claim that some real estimate bears on; the last one names the claims without any."""
    rows, without = [], []
    for name, claim in claims.items():
        own = verdicts[verdicts["claim"] == name].set_index("rank")
        if pd.notna(own.loc[0, "nearest"]):
            near = own.loc[own.loc[0, "nearest"]]
            rows.append({"": name, "Nearest evidence": evidence(near), "Reads": reading(near), "How close": closeness(near)})
        elif claim["kind"] != "normative":
            without.append(name)
    tones = {(i, "Reads"): tone for i, row in enumerate(rows) if (tone := shade(row["Reads"]))}
    if without:
        rows.append({"": f"Nothing at hand bears on {enumerated(without)}."})
    wide = (len(rows) - 1,) if without else ()
    return Table(pd.DataFrame(rows, columns=list(WIDTHS)), data=verdicts, wide=wide, widths=WIDTHS, tones=tones)


def reading(row: pd.Series) -> str:
    """Return what evidence reads: in words where it cannot tell, with the gates that it passes and the one that closes."""
    if row["code"] == SHOWN:
        return "described, not judged"
    alone = str(row["verdict_before_gates"]).replace(f"{UNTESTABLE} ({INCONCLUSIVE})", "cannot tell")
    passed = "" if pd.isna(row["gates_passed"]) or not row["gates_passed"] else f"passes {row['gates_passed']}"
    closed = f"{row['code']} closes" if coded(row["verdict"], row["code"]) != row["verdict_before_gates"] else ""
    gates = ", ".join(filter(None, (passed, closed)))
    return f"{alone}; {gates}" if gates else alone


def closeness(row: pd.Series) -> str:
    """Return how direct evidence is, and whose figures it is where these are far from the firms that the claims are about."""
    whose = row.get("whose", "")
    return row["directness"] if pd.isna(whose) or not whose else f"{row['directness']}, but of {whose}"


def evidence(row: pd.Series) -> str:
    """Return what is compared with what, and below it the numbers; an estimate that no sample was drawn for stands alone."""
    shown = "" if pd.isna(row["p_value"]) else f", p {prefixed(row['p_value'])}"
    numbers = f"{number(row['estimate'])} {interval(row['ci_low'], row['ci_high'])}".strip()
    return f"{row['says'][:1].upper()}{row['says'][1:]}\n{numbers}{shown}"
