"""What provinces that issued without our knowing could do to the estimates."""

import pandas as pd

from analysis.exhibits.cells import in_order, interval, labelled, number, p_value, select_one
from analysis.exhibits.display import Table


def layout(province_hidden: pd.DataFrame, outcomes: dict) -> Table:
    """Return the extremes over all choices of hidden issuers, with their randomization intervals."""
    rows = []
    for name in in_order(province_hidden, outcomes):
        found = select_one(province_hidden, outcome=name, term="att")
        low, high = (select_one(province_hidden, outcome=name, term=term) for term in ("att_lowest", "att_highest"))
        share = select_one(province_hidden, outcome=name, term="share_negative")
        rows.append(
            {
                "Outcome": labelled(outcomes, name),
                "As found": number(found["estimate"]),
                "Lowest": number(low["estimate"]),
                "95 % interval ": interval(low["ci_low"], low["ci_high"]),
                "p ": p_value(low["p_value"]),
                "if hidden": low["setting"],
                "Highest": number(high["estimate"]),
                "95 % interval": interval(high["ci_low"], high["ci_high"]),
                "p": p_value(high["p_value"]),
                "if hidden ": high["setting"],
                "Share < 0": number(share["estimate"], 2),
            }
        )
    widths = {"Outcome": "1.2fr", "if hidden": "1fr", "if hidden ": "1fr"}
    return Table(pd.DataFrame(rows), data=province_hidden, widths=widths)
