"""The effect on R&D and sales in parts of the sample that were fixed before: size, ownership, constraint, region."""

import pandas as pd

from analysis.exhibits.cells import in_order, labelled, select_one
from analysis.exhibits.display import Table
from analysis.exhibits.tables._true_effects import line


def layout(
    firm_small,
    firm_large,
    firm_state,
    firm_private,
    firm_constrained,
    firm_unconstrained,
    firm_east,
    firm_elsewhere,
    outcomes,
    specifications,
):
    """Return a block per outcome, a row per part."""
    tables = {
        "firm_small": firm_small,
        "firm_large": firm_large,
        "firm_state": firm_state,
        "firm_private": firm_private,
        "firm_constrained": firm_constrained,
        "firm_unconstrained": firm_unconstrained,
        "firm_east": firm_east,
        "firm_elsewhere": firm_elsewhere,
    }
    rows, bold = [], []
    for outcome in in_order(firm_small, outcomes):
        bold.append(len(rows))
        rows.append({"": labelled(outcomes, outcome)})
        for name, table in tables.items():
            row = line(specifications[name]["title"], select_one(table, outcome=outcome, term="att"), float("nan"))
            rows.append({key: cell for key, cell in row.items() if key != "True effect"})
    data = pd.concat(tables.values(), ignore_index=True)
    return Table(pd.DataFrame(rows).fillna(""), data=data, bold=tuple(bold), widths={"": "1fr"})
