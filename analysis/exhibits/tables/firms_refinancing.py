"""Three links of the claimed cycle: issue to R&D, R&D to licence income, IP pool to the next issue; and R&D with its own past."""

import pandas as pd

from analysis.exhibits.cells import number, select_one
from analysis.exhibits.display import Table
from analysis.exhibits.tables._true_effects import line, true_effect


def layout(
    firm_att: pd.DataFrame,
    firm_licence_link: pd.DataFrame,
    issue_again: pd.DataFrame,
    issue_again_gap: pd.DataFrame,
    issue_again_yearly: pd.DataFrame,
    firm_dynamics: pd.DataFrame,
    true_effects: pd.DataFrame,
    outcomes: dict,
    specifications: dict,
) -> Table:
    """Return a row per estimate; all three links must hold for the cycle."""
    parts = [
        ("firm_att", firm_att, "firm_rd", "att", "First link: first issue to log R&D"),
        ("firm_licence_link", firm_licence_link, "firm_licences", "log_rd_lag1", specifications["firm_licence_link"]["title"]),
        ("issue_again", issue_again, "none", "log_ip_pool", specifications["issue_again"]["title"]),
        ("issue_again_gap", issue_again_gap, "none", "log_ip_pool", specifications["issue_again_gap"]["title"]),
        ("issue_again_yearly", issue_again_yearly, "none", "log_ip_pool", specifications["issue_again_yearly"]["title"]),
    ]
    rows = []
    for name, table, outcome, term, label in parts:
        true_value = true_effect(true_effects, outcomes, specifications[name], outcome)
        rows.append(line(label, select_one(table, outcome=outcome, term=term), true_value))
    bold = (len(rows),)
    rows.append({"": specifications["firm_dynamics"]["title"]})
    for term, label in (
        ("L1.firm_rd", "Log R&D of the year before"),
        ("treated", "In or after the year of the first issue"),
        ("L1.firm_rd:within", "For comparison, within (biased down)"),
        ("L1.firm_rd:pooled", "For comparison, pooled (biased up)"),
    ):
        rows.append(line(label, select_one(firm_dynamics, term=term), float("nan")))
    for term, label in (("ar2", "Second-order autocorrelation, p"), ("hansen", "Hansen test, p"), ("instruments", "Instruments")):
        row = select_one(firm_dynamics, term=term)
        rows.append({"": label, "Estimate": number(row["p_value"]) if term != "instruments" else number(row["estimate"], 0)})
    tables = [table for _, table, _, _, _ in parts] + [firm_dynamics]
    return Table(pd.DataFrame(rows).fillna(""), data=pd.concat(tables, ignore_index=True), bold=bold, widths={"": "1fr"})
