"""Effects on cities: the main line, other choices, and what hidden issuers could do, a block per outcome."""

from __future__ import annotations

import pandas as pd

from analysis.exhibits.cells import count, in_order, interval, labelled, number, p_value, select_one
from analysis.exhibits.display import Table

HIDDEN = {"city_hidden": "Eight hidden issuers, any cities", "city_hidden_large": "Eight hidden issuers, of the larger fifth"}
# With three, an interval that ends just short of zero and one that holds it would read alike.
DIGITS = 4


def layout(
    city_att: pd.DataFrame,
    city_stacked: pd.DataFrame,
    city_largest: pd.DataFrame,
    city_wide: pd.DataFrame,
    city_three_provinces: pd.DataFrame,
    city_unstratified: pd.DataFrame,
    city_placebo_dates: pd.DataFrame,
    city_family: pd.DataFrame,
    city_hidden: pd.DataFrame,
    city_hidden_large: pd.DataFrame,
    specifications: dict,
    outcomes: dict,
) -> Table:
    """Return one row per choice; p among both outcomes stands in the main line, bounds in the column of intervals."""
    choices = {
        "city_att": city_att,
        "city_stacked": city_stacked,
        "city_largest": city_largest,
        "city_wide": city_wide,
        "city_three_provinces": city_three_provinces,
        "city_unstratified": city_unstratified,
        "city_placebo_dates": city_placebo_dates,
    }
    hidden = {"city_hidden": city_hidden, "city_hidden_large": city_hidden_large}
    rows, bold = [], []
    for name in in_order(city_att, outcomes):
        bold.append(len(rows))
        rows.append({"": labelled(outcomes, name)})
        for choice, table in choices.items():
            row = select_one(table, outcome=name, term="att", inference="randomization_t")
            line = {
                "": specifications[choice]["title"],
                "ATT": number(row["estimate"]),
                "95 % interval": interval(row["ci_low"], row["ci_high"], DIGITS),
                "p": p_value(row["p_value"]),
                "MDE": number(row["mde80"]),
                "Treated": count(row["n_treated"]),
                "Cities": count(row["n_units"]),
            }
            if choice == "city_att":
                line["p, both"] = p_value(select_one(city_family, term=name, inference="romano_wolf")["p_value"])
            rows.append(line)
        for choice, title in HIDDEN.items():
            ends = [select_one(hidden[choice], outcome=name, term=term)["estimate"] for term in ("att_lowest", "att_highest")]
            rows.append({"": title, "95 % interval": f"{number(ends[0], DIGITS)} to {number(ends[1], DIGITS)}"})
    data = pd.concat([*choices.values(), city_family, *hidden.values()], ignore_index=True)
    columns = ["", "ATT", "95 % interval", "p", "p, both", "MDE", "Treated", "Cities"]
    return Table(pd.DataFrame(rows, columns=columns).fillna(""), data=data, bold=tuple(bold), widths={"": "1fr"})
