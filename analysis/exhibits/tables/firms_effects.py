"""Effects of a firm's first issue on R&D, finance, governance and scale."""

import pandas as pd

from analysis.exhibits.cells import in_order, labelled, select_one
from analysis.exhibits.display import Table
from analysis.exhibits.tables._true_effects import line, true_effect


def layout(firm_att: pd.DataFrame, firm_counts: pd.DataFrame, true_effects: pd.DataFrame, outcomes: dict, specifications: dict) -> Table:
    """Return a block per family of outcomes, a row per outcome."""
    rows, bold, family = [], [], ""
    tables = {"firm_att": (firm_att, "att"), "firm_counts": (firm_counts, "treated")}
    found = {o: (name, t, term) for name, (t, term) in tables.items() for o in in_order(t, outcomes)}
    for outcome in sorted(found, key=lambda o: list(outcomes).index(o)):
        if outcomes[outcome]["family"] != family:
            family = outcomes[outcome]["family"]
            bold.append(len(rows))
            rows.append({"": family.removeprefix("firm ").capitalize().replace("R&d", "R&D")})
        name, table, term = found[outcome]
        true_value = true_effect(true_effects, outcomes, specifications[name], outcome)
        rows.append(line(labelled(outcomes, outcome), select_one(table, outcome=outcome, term=term), true_value))
    data = pd.concat([firm_att, firm_counts], ignore_index=True)
    return Table(pd.DataFrame(rows).fillna(""), data=data, bold=tuple(bold), widths={"": "1fr"})
