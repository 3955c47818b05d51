"""P-values adjusted for all outcomes of a family: the main estimates under shared permutations, two-way fixed effects beside them."""

import pandas as pd

from analysis.exhibits.cells import interval, labelled, number, p_value, select_one
from analysis.exhibits.display import Table
from analysis.exhibits.tables._families import adjusted


def layout(
    province_family_permuted: pd.DataFrame,
    province_family_permuted_commercialization: pd.DataFrame,
    province_family_permuted_green: pd.DataFrame,
    province_family_permuted_all: pd.DataFrame,
    province_family: pd.DataFrame,
    province_family_commercialization: pd.DataFrame,
    province_family_green: pd.DataFrame,
    outcomes: dict,
) -> Table:
    """Return a block per family, one row per outcome; outcomes of no family of several come last, adjusted among all only."""
    permuted = (province_family_permuted, province_family_permuted_commercialization, province_family_permuted_green)
    two_way = (province_family, province_family_commercialization, province_family_green)
    rows, bold, shown = [], [], set()
    for table, other in zip(permuted, two_way, strict=True):
        bold.append(len(rows))
        rows.append({"Outcome": outcomes[table["outcome"].iloc[0]]["family"].capitalize()})
        for name in [one for one in outcomes if one in set(table["term"])]:
            rows.append(_line(name, table, table, province_family_permuted_all, other, outcomes))
            shown.add(name)
    bold.append(len(rows))
    rows.append({"Outcome": "In no family of several"})
    none = province_family.iloc[:0]
    for name in outcomes:
        if name in set(province_family_permuted_all["term"]) - shown:
            rows.append(_line(name, province_family_permuted_all, none, province_family_permuted_all, none, outcomes))
    data = pd.concat([*permuted, province_family_permuted_all, *two_way], ignore_index=True)
    return Table(pd.DataFrame(rows).fillna(""), data=data, bold=tuple(bold), widths={"Outcome": "1fr"})


def _line(name: str, table: pd.DataFrame, family: pd.DataFrame, every: pd.DataFrame, two_way: pd.DataFrame, outcomes: dict) -> dict:
    alone = select_one(table, term=name, inference="randomization_t")
    coefficient = select_one(two_way, term=name, inference="cluster")
    return {
        "Outcome": labelled(outcomes, name),
        "ATT": number(alone["estimate"]),
        "95 % interval": interval(alone["ci_low"], alone["ci_high"]),
        "p": p_value(alone["p_value"]),
        **adjusted(family, name, "p, family"),
        **adjusted(every, name, "p, all"),
        "Two-way": number(coefficient["estimate"]),
        "p (2W)": p_value(coefficient["p_value"]),
        "p, family (2W)": p_value(select_one(two_way, term=name, inference="romano_wolf")["p_value"]),
    }
