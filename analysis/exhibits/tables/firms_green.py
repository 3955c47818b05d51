"""Green investment: the ratio of means, its margins, and logs of one plus the amount in three units."""

import pandas as pd

from analysis.exhibits.cells import in_order, labelled, select_one
from analysis.exhibits.display import Table
from analysis.exhibits.tables._true_effects import line, true_effect


def layout(
    firm_green_ratio: pd.DataFrame,
    firm_green_margin: pd.DataFrame,
    firm_green_logs: pd.DataFrame,
    true_effects: pd.DataFrame,
    outcomes: dict,
    specifications: dict,
) -> Table:
    """Return the estimates of each outcome; only the first two rows estimate what the claim is about."""
    blocks = {
        "Ratio of means and extensive margin": [
            ("firm_green_ratio", firm_green_ratio, "treated"),
            ("firm_green_margin", firm_green_margin, "att"),
        ],
        "Logs: what the unit of the amount decides": [("firm_green_logs", firm_green_logs, "att")],
    }
    rows, bold = [], []
    for heading, parts in blocks.items():
        bold.append(len(rows))
        rows.append({"": heading})
        for name, table, term in parts:
            for outcome in in_order(table, outcomes):
                row = select_one(table, outcome=outcome, term=term)
                if pd.isna(row["term"]):
                    row = select_one(table, outcome=outcome, term="treated")
                rows.append(line(labelled(outcomes, outcome), row, true_effect(true_effects, outcomes, specifications[name], outcome)))
    data = pd.concat([firm_green_ratio, firm_green_margin, firm_green_logs], ignore_index=True)
    return Table(pd.DataFrame(rows).fillna(""), data=data, bold=tuple(bold), widths={"": "1fr"})
