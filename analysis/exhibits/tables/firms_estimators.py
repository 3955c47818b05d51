"""The effect on R&D by every estimator of the suite that fits the design."""

import pandas as pd

from analysis.exhibits.cells import in_order, labelled, select_one
from analysis.exhibits.display import Table
from analysis.exhibits.tables._true_effects import line, true_effect


def layout(
    firm_att,
    firm_not_yet_treated,
    firm_unconditional,
    firm_sun_abraham,
    firm_imputation,
    firm_two_stage,
    firm_extended,
    firm_local_projections,
    firm_stacked,
    firm_two_way,
    true_effects,
    outcomes,
    specifications,
):
    """Return a block per outcome, a row per estimator."""
    tables = {
        "firm_att": firm_att,
        "firm_not_yet_treated": firm_not_yet_treated,
        "firm_local_projections": firm_local_projections,
        "firm_unconditional": firm_unconditional,
        "firm_sun_abraham": firm_sun_abraham,
        "firm_imputation": firm_imputation,
        "firm_two_stage": firm_two_stage,
        "firm_extended": firm_extended,
        "firm_stacked": firm_stacked,
        "firm_two_way": firm_two_way,
    }
    rows, bold = [], []
    for outcome in in_order(firm_not_yet_treated, outcomes):
        bold.append(len(rows))
        rows.append({"": labelled(outcomes, outcome)})
        for name, table in tables.items():
            row = select_one(table[table["term"].isin(["att", "treated"])], outcome=outcome)
            true_value = true_effect(true_effects, outcomes, specifications[name], outcome)
            rows.append(line(specifications[name]["title"], row, true_value))
    data = pd.concat(tables.values(), ignore_index=True)
    return Table(pd.DataFrame(rows).fillna(""), data=data, bold=tuple(bold), widths={"": "1fr"})
