"""The effect on R&D under other choices, and financing outcomes with p-values adjusted for their family."""

import pandas as pd

from analysis.exhibits.cells import in_order, interval, labelled, number, only, p_value
from analysis.exhibits.display import Table
from analysis.exhibits.tables._planted import line, planted_value

COLUMNS = {
    "debt_to_assets": "firm_debt",
    "bank_loan_share": "firm_bank_loans",
    "direct_finance_share": "firm_direct_finance",
    "intangible_share": "firm_intangibles",
    "cost_of_debt": "firm_cost_of_debt",
}


def layout(
    firm_att,
    firm_winsorizing,
    firm_by_firm,
    firm_regression,
    firm_weighting,
    firm_without_municipalities,
    firm_anticipation,
    firm_without_other_instruments,
    firm_finance_family,
    planted_truth,
    outcomes,
    specifications,
):
    """Return a block an outcome of R&D, and one for the financing family."""
    tables = {
        "firm_att": firm_att,
        "firm_by_firm": firm_by_firm,
        "firm_regression": firm_regression,
        "firm_weighting": firm_weighting,
        "firm_without_municipalities": firm_without_municipalities,
        "firm_anticipation": firm_anticipation,
        "firm_without_other_instruments": firm_without_other_instruments,
    }
    rows, bold = [], []
    for outcome in in_order(firm_by_firm, outcomes):
        bold.append(len(rows))
        rows.append({"": labelled(outcomes, outcome)})
        planted = planted_value(planted_truth, outcomes, specifications["firm_att"], outcome)
        rows += [line(specifications[name]["title"], only(t, outcome=outcome, term="att"), planted) for name, t in tables.items()]
        if outcome == "firm_rd_to_sales":
            for other in in_order(firm_winsorizing, outcomes):
                label = outcomes[other]["label"].split(", ")[1].capitalize()
                rows.append(line(label, only(firm_winsorizing, outcome=other, term="att"), planted))
    bold.append(len(rows))
    rows.append({"": "Financing, two-way fixed effects: p alone, and adjusted for the family"})
    for column, outcome in COLUMNS.items():
        rows.append(_adjusted(firm_finance_family, column, labelled(outcomes, outcome)))
    data = pd.concat([*tables.values(), firm_winsorizing, firm_finance_family], ignore_index=True)
    return Table(pd.DataFrame(rows).fillna(""), data=data, bold=tuple(bold), widths={"": "1fr"})


def _adjusted(table: pd.DataFrame, column: str, label: str) -> dict:
    # The first outcome of the family goes by its name in the configuration, the others by their columns.
    term = column if (table["term"] == column).any() else str(table["outcome"].iloc[0])
    alone, adjusted = only(table, term=term, inference="cluster"), only(table, term=term, inference="romano_wolf")
    return {
        "": label,
        "Estimate": number(alone["estimate"]) if pd.notna(alone["estimate"]) else "not identified",
        "s.e.": number(alone["std_error"]),
        "95 % interval": interval(alone["ci_low"], alone["ci_high"]),
        "p": f"{p_value(alone['p_value'])}; {p_value(adjusted['p_value'])}" if pd.notna(adjusted["p_value"]) else "",
        "N": "" if pd.isna(alone["n_obs"]) else f"{int(alone['n_obs']):,}",
    }
