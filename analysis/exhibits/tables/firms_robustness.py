"""The effect on R&D under other choices, and financing outcomes with p-values adjusted for their family."""

import pandas as pd

from analysis.exhibits.cells import in_order, labelled, number, select_one
from analysis.exhibits.display import Table
from analysis.exhibits.tables._families import rows_of
from analysis.exhibits.tables._left_out import left_out
from analysis.exhibits.tables._true_effects import line, true_effect


def layout(
    firm_att,
    firm_winsorizing,
    firm_by_firm,
    firm_regression,
    firm_weighting,
    firm_without_municipalities,
    firm_anticipation,
    firm_without_other_instruments,
    firm_donut,
    firm_balanced,
    firm_other_cities,
    firm_leave_one_out,
    firm_bacon,
    firm_sensitivity,
    firm_finance_family,
    true_effects,
    outcomes,
    specifications,
):
    """Return a block per outcome of R&D, one on what would undo the effect on R&D, and one for the financing family."""
    tables = {
        "firm_att": firm_att,
        "firm_by_firm": firm_by_firm,
        "firm_regression": firm_regression,
        "firm_weighting": firm_weighting,
        "firm_without_municipalities": firm_without_municipalities,
        "firm_anticipation": firm_anticipation,
        "firm_donut": firm_donut,
        "firm_balanced": firm_balanced,
        "firm_other_cities": firm_other_cities,
        "firm_without_other_instruments": firm_without_other_instruments,
    }
    rows, bold = [], []
    for outcome in in_order(firm_by_firm, outcomes):
        bold.append(len(rows))
        rows.append({"": labelled(outcomes, outcome)})
        true_value = true_effect(true_effects, outcomes, specifications["firm_att"], outcome)
        rows += [line(specifications[name]["title"], select_one(t, outcome=outcome, term="att"), true_value) for name, t in tables.items()]
        if outcome == "firm_rd_to_sales":
            for other in in_order(firm_winsorizing, outcomes):
                label = outcomes[other]["label"].split(", ")[1].capitalize()
                rows.append(line(label, select_one(firm_winsorizing, outcome=other, term="att"), true_value))
    bold.append(len(rows))
    rows += _undoing(firm_leave_one_out, firm_bacon, firm_sensitivity, labelled(outcomes, "firm_rd"))
    bold.append(len(rows))
    rows.append({"": "Financing, two-way fixed effects: p alone, and adjusted for the family"})
    for name, cells in rows_of(firm_finance_family).items():
        cells["p"] = f"{cells.pop('p alone')}; {cells.pop('p adjusted')}"
        rows.append({"": labelled(outcomes, name), **cells})
    more = [firm_winsorizing, firm_leave_one_out, firm_bacon, firm_sensitivity, firm_finance_family]
    data = pd.concat([*tables.values(), *more], ignore_index=True)
    return Table(pd.DataFrame(rows).fillna(""), data=data, bold=tuple(bold), widths={"": "1fr"})


def _undoing(firm_leave_one_out, firm_bacon, firm_sensitivity, label: str) -> list[dict]:
    """Return the rows on what would undo the effect: cities, already-treated controls, confounders."""

    def value(table: pd.DataFrame, term: str, digits: int = 3) -> str:
        return number(select_one(table, term=term)["estimate"], digits)

    span, names = left_out(firm_leave_one_out, "firm_rd")
    return [
        {"": f"What would undo it: {label}"},
        {"": f"Without each city in turn ({names})" if names else "Without each city in turn", "95 % interval": span},
        {
            "": "Weight of comparisons with already-treated controls in two-way fixed effects",
            "Estimate": value(firm_bacon, "weight:later_vs_earlier"),
        },
        {"": "Robustness value (Cinelli and Hazlett)", "Estimate": value(firm_sensitivity, "robustness_value")},
        {"": "Oster's delta", "Estimate": value(firm_sensitivity, "oster_delta", 1)},
        {"": "Effect at delta = 1", "Estimate": value(firm_sensitivity, "oster_effect")},
    ]
