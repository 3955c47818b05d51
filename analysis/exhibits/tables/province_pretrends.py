"""The joint test of effects before treatment by permuted dates, and the drift that it could have found."""

from __future__ import annotations

import pandas as pd

from analysis.exhibits.cells import count, in_order, interval, labelled, number, p_value, select_one, select_rows
from analysis.exhibits.display import Table


def layout(province_event_study: pd.DataFrame, province_att: pd.DataFrame, outcomes: dict) -> Table:
    """Return one row per outcome: largest t-ratio before treatment, its p-value, the slope found with probability 0.80, and what
    such a slope would add to the average effect."""
    rows = []
    for name in in_order(province_event_study, outcomes):
        test = select_one(province_event_study, outcome=name, term="pretrend_joint")
        slope = select_one(province_event_study, outcome=name, term="pretrend_joint_slope")["estimate"]
        effect = select_one(province_att, outcome=name, term="att", inference="randomization_t")
        earliest = select_rows(province_event_study, outcome=name, term="event", inference="randomization_t").sort_values("event_time")
        rows.append(
            {
                "Outcome": labelled(outcomes, name),
                "Periods": count((earliest["event_time"] < -1).sum()),
                "Largest t": number(test["estimate"], 2),
                "p": p_value(test["p_value"]),
                "Slope found": number(slope),
                "Over three years": number(3 * slope) if pd.notna(slope) else "",
                "Effect": number(effect["estimate"]),
                "95 % interval": interval(effect["ci_low"], effect["ci_high"]),
            }
        )
    return Table(pd.DataFrame(rows), data=province_event_study, widths={"Outcome": "1fr"})
