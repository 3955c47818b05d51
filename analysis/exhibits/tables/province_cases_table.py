"""Each treated province as a case: its synthetic control, and synthetic difference-in-differences, with ranks among placebos."""

from __future__ import annotations

import pandas as pd

from analysis.exhibits.cells import in_order, labelled, number, p_value, select_one, select_rows
from analysis.exhibits.display import Table

FIT, LEFT_OUT = "fit", "cases_left_out"


def layout(province_cases: pd.DataFrame, province_cases_did: pd.DataFrame, outcomes: dict) -> Table:
    """Return a block per outcome, a row per treated province, then the mean over cases and how many were left out."""
    rows, bold = [], []
    for name in in_order(province_cases, outcomes):
        control, changes = (select_rows(table, outcome=name) for table in (province_cases, province_cases_did))
        bold.append(len(rows))
        rows.append({"Province": labelled(outcomes, name)})
        for case in sorted(set(select_rows(control, term="case")["setting"])):
            one, fit, other = (
                select_one(table, term=term, setting=case) for table, term in ((control, "case"), (control, FIT), (changes, "case"))
            )
            rows.append(
                {
                    "Province": case,
                    "Gap": number(one["estimate"]),
                    "p": p_value(one["p_value"]),
                    "Fit before": number(fit["estimate"]),
                    "Synthetic DiD": number(other["estimate"]),
                    "p ": p_value(other["p_value"]),
                }
            )
        means = [select_one(table, term="att")["estimate"] for table in (control, changes)]
        rows.append({"Province": "Mean of all cases", "Gap": number(means[0]), "Synthetic DiD": number(means[1])})
        lost = select_rows(control, term=LEFT_OUT)
        if len(lost):
            rows.append({"Province": f"Left out: {'; '.join(lost['reason'])}"})
    data = pd.concat([province_cases, province_cases_did], ignore_index=True)
    return Table(pd.DataFrame(rows).fillna(""), data=data, bold=tuple(bold), widths={"Province": "1fr"})
