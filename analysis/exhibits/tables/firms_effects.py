"""Effects of a firm's first issue on R&D, finance, governance and scale."""

import pandas as pd

from analysis.exhibits.cells import in_order, labelled, only
from analysis.exhibits.display import Table
from analysis.exhibits.tables._planted import line, planted_value


def layout(firm_att, firm_counts, planted_truth, outcomes, specifications):
    """Return a block a family of outcomes, a row an outcome."""
    rows, bold, family = [], [], ""
    tables = {"firm_att": (firm_att, "att"), "firm_counts": (firm_counts, "treated")}
    found = {o: (name, t, term) for name, (t, term) in tables.items() for o in in_order(t, outcomes)}
    for outcome in sorted(found, key=lambda o: list(outcomes).index(o)):
        if outcomes[outcome]["family"] != family:
            family = outcomes[outcome]["family"]
            bold.append(len(rows))
            rows.append({"": family.removeprefix("firm ").capitalize().replace("R&d", "R&D")})
        name, table, term = found[outcome]
        planted = planted_value(planted_truth, outcomes, specifications[name], outcome)
        rows.append(line(labelled(outcomes, outcome), only(table, outcome=outcome, term=term), planted))
    data = pd.concat([firm_att, firm_counts], ignore_index=True)
    return Table(pd.DataFrame(rows).fillna(""), data=data, bold=tuple(bold), widths={"": "1fr"})
