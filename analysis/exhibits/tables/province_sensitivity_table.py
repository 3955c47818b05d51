"""What it would take to undo the province estimates: already-treated controls, omitted confounders, differential trends."""

import pandas as pd

from analysis.exhibits.cells import in_order, number, select_one, select_rows
from analysis.exhibits.display import Table


def layout(province_bacon: pd.DataFrame, province_sensitivity: pd.DataFrame, province_breakdown: pd.DataFrame, outcomes: dict) -> Table:
    """Return one column per outcome."""
    columns = {"": []}
    for outcome in in_order(province_sensitivity, outcomes):
        columns[outcomes[outcome]["label"]] = []

    def add(label: str, table: pd.DataFrame | None, term: str = "", digits: int = 2, **more: str) -> None:
        columns[""].append(label)
        for outcome in in_order(province_sensitivity, outcomes):
            row = None if table is None else select_one(table, outcome=outcome, term=term, **more)
            columns[outcomes[outcome]["label"]].append("" if row is None else number(row["estimate"], digits))

    add("Two-way fixed effects, no missing year", province_bacon, "att")
    add("  weight of treated against never treated", province_bacon, "weight:treated_vs_untreated")
    add("  weight of earlier against later treated", province_bacon, "weight:earlier_vs_later")
    add("  weight of later against earlier treated (already-treated controls)", province_bacon, "weight:later_vs_earlier")
    add("  effect against already-treated controls", province_bacon, "effect:later_vs_earlier")
    second = len(columns[""])
    add("Two-way fixed effects, without controls", province_sensitivity, "att_short")
    add("  with controls", province_sensitivity, "att", inference="cluster")
    add("  Oster: how much the unobserved must matter, delta", province_sensitivity, "oster_delta", 1)
    add("  Oster: effect at delta = 1", province_sensitivity, "oster_effect")
    add("  partial R2 of the treatment", province_sensitivity, "partial_r2", 3)
    add("  robustness value: to zero", province_sensitivity, "robustness_value", 3)
    add("  robustness value: to p = 0.05, unclustered error", province_sensitivity, "robustness_value_significance", 3)
    add("  robustness value: to p = 0.05, clustered error", province_sensitivity, "robustness_value_clustered", 3)
    for control in sorted(set(select_rows(province_sensitivity, term="adjusted")["setting"])):
        add(f"  with a confounder as strong as {LABELS[control]}", province_sensitivity, "adjusted", setting=control)
    third = len(columns[""])
    add("Largest relative violation of trends that it survives", province_breakdown, "breakdown", 1)
    data = pd.concat([province_bacon, province_sensitivity, province_breakdown], ignore_index=True)
    return Table(pd.DataFrame(columns), data=data, rules=(second, third), widths={"": "1fr"})


LABELS = {
    "log_gdp_per_capita": "GDP per head",
    "secondary_share": "the share of industry",
    "log_fiscal_expenditure": "public spending",
}
