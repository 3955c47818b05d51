"""Effect of a province's first IP securitization: the main estimates with every inference."""

import pandas as pd

from analysis.exhibits.cells import count, in_order, interval, labelled, number, p_value, select_one
from analysis.exhibits.display import Table


def layout(province_att: pd.DataFrame, outcomes: dict) -> Table:
    """Return one row per outcome: estimate, randomization interval and p-values, analytic s.e., MDE, counts."""
    rows = []
    for name in in_order(province_att, outcomes):
        primary = select_one(province_att, outcome=name, term="att", inference="randomization_t")
        level = select_one(province_att, outcome=name, term="att", inference="randomization_beta")
        analytic = select_one(province_att, outcome=name, term="att", inference="analytic")
        rows.append(
            {
                "Outcome": labelled(outcomes, name),
                "ATT": number(primary["estimate"]),
                "95 % interval": interval(primary["ci_low"], primary["ci_high"]),
                "p (t-ratio)": p_value(primary["p_value"]),
                "p (estimate)": p_value(level["p_value"]),
                "s.e.": number(analytic["std_error"]),
                "p (analytic)": p_value(analytic["p_value"]),
                "MDE": number(primary["mde80"]),
                "s.d.": number(primary["within_sd"]),
                "Treated": count(primary["n_treated"]),
                "N": count(primary["n_obs"]),
            }
        )
    return Table(pd.DataFrame(rows), data=province_att, widths={"Outcome": "1fr"})
