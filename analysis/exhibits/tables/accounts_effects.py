"""Effects of the first royalty monetisation on accounts, adjusted for all of them and for differential trends."""

import pandas as pd

from analysis.core.gates import HONEST
from analysis.exhibits.cells import count, in_order, interval, labelled, number, p_value, select_one
from analysis.exhibits.display import Table
from analysis.exhibits.tables._families import adjusted


def layout(
    accounts_stacked: pd.DataFrame,
    accounts_family: pd.DataFrame,
    accounts_honest: pd.DataFrame,
    accounts_vehicles: pd.DataFrame,
    accounts_vehicles_honest: pd.DataFrame,
    outcomes: dict,
) -> Table:
    """Return one row per outcome, then those of the issuers of royalty notes, whose outcomes make no family."""
    none = accounts_family.iloc[:0]
    rows = [{"Outcome": "Royalty monetisation"}]
    rows += [_line(name, accounts_stacked, accounts_family, accounts_honest, outcomes) for name in in_order(accounts_stacked, outcomes)]
    bold = (0, len(rows))
    rows.append({"Outcome": "Royalty notes through a vehicle, three firms that did not split up"})
    rows += [_line(name, accounts_vehicles, none, accounts_vehicles_honest, outcomes) for name in in_order(accounts_vehicles, outcomes)]
    data = pd.concat([accounts_stacked, accounts_family, accounts_honest, accounts_vehicles, accounts_vehicles_honest], ignore_index=True)
    return Table(pd.DataFrame(rows).fillna(""), data=data, bold=bold, widths={"Outcome": "1fr"})


def _line(name: str, table: pd.DataFrame, family: pd.DataFrame, honest: pd.DataFrame, outcomes: dict) -> dict:
    effect = select_one(table, outcome=name, term="att", inference="randomization_t")
    drift = select_one(honest, outcome=name, **HONEST)
    digits = 1 if outcomes[name]["unit"] == "percentage points" else 3
    return {
        "Outcome": labelled(outcomes, name),
        "ATT": number(effect["estimate"], digits),
        "95 % interval": interval(effect["ci_low"], effect["ci_high"], digits),
        "p": p_value(effect["p_value"]),
        **adjusted(family, name, "p, family"),
        "With drift": interval(drift["ci_low"], drift["ci_high"], digits),
        "MDE": number(effect["mde80"], digits),
        "Treated": count(effect["n_treated"]),
        "N": count(effect["n_obs"]),
    }
