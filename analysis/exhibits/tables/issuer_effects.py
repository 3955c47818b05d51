"""Effects on listed issuers: every outcome with its interval, p-values alone and among all, and what violations of trends leave."""

from __future__ import annotations

import pandas as pd

from analysis.core.gates import RELATIVE_MAGNITUDE
from analysis.exhibits.cells import count, in_order, interval, labelled, number, p_value, select_one
from analysis.exhibits.display import Table
from analysis.exhibits.tables._families import adjusted


def layout(issuer_att: pd.DataFrame, issuer_family: pd.DataFrame, issuer_honest: pd.DataFrame, outcomes: dict) -> Table:
    """Return a block per family, one row per outcome."""
    rows, bold, family = [], [], ""
    for name in in_order(issuer_att, outcomes):
        if outcomes[name]["family"] != family:
            family = outcomes[name]["family"]
            bold.append(len(rows))
            rows.append({"Outcome": family.removeprefix("issuer ").capitalize()})
        row = select_one(issuer_att, outcome=name, term="att", inference="randomization_t")
        drift = select_one(issuer_honest, outcome=name, term="att_honest", setting=str(RELATIVE_MAGNITUDE))
        rows.append(
            {
                "Outcome": labelled(outcomes, name),
                "ATT": number(row["estimate"]),
                "95 % interval": interval(row["ci_low"], row["ci_high"]),
                "p": p_value(row["p_value"]),
                **adjusted(issuer_family, name, "p, all"),
                "With drift": interval(drift["ci_low"], drift["ci_high"]),
                "MDE": number(row["mde80"]),
                "Issuers": count(row["n_treated"]),
                "Firms": count(row["n_units"]),
            }
        )
    data = pd.concat([issuer_att, issuer_family, issuer_honest], ignore_index=True)
    return Table(pd.DataFrame(rows).fillna(""), data=data, bold=tuple(bold), widths={"Outcome": "1fr"})
