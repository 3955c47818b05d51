"""One estimand under several specifications, side by side."""

from __future__ import annotations

import pandas as pd

from analysis.exhibits.cells import count, in_order, interval, labelled, number, p_value, select_one
from analysis.exhibits.display import Table


def variants(
    estimates: dict[str, pd.DataFrame], titles: dict[str, str], outcomes: dict, inference: str | dict[str, str], second: str = ""
) -> Table:
    """Return a block of rows per outcome, one row per specification; the first specification is the main one.

    `inference` names the inference whose interval and p-value are printed, one for all or by specification; the p-value of the
    inference `second`, if one is named, follows as "p (estimate)".
    """
    first = next(iter(estimates.values()))
    rows, rules, bold = [], [], []
    for name in in_order(first, outcomes):
        bold.append(len(rows))
        rows.append({"Specification": labelled(outcomes, name)})
        for key, table in estimates.items():
            used = inference if isinstance(inference, str) else inference[key]
            row = select_one(table, outcome=name, term="att", inference=used)
            if pd.isna(row["term"]):
                row = select_one(table[table["outcome"] == name].head(1))
            other = select_one(table, outcome=name, term="att", inference=second)["p_value"] if second else None
            rows.append(_line(titles[key], row, other))
    data = pd.concat([table.assign(specification=titles[key]) for key, table in estimates.items()], ignore_index=True)
    return Table(pd.DataFrame(rows), data=data, rules=tuple(rules), bold=tuple(bold), widths={"Specification": "1fr"})


def _line(title: str, row: pd.Series, second: float | None = None) -> dict:
    return {
        "Specification": title,
        "ATT": number(row["estimate"]) if pd.isna(row["reason"]) else "not identified",
        "95 % interval": interval(row["ci_low"], row["ci_high"]),
        "p": p_value(row["p_value"]),
        **({"p (estimate)": p_value(second)} if second is not None else {}),
        "MDE": number(row["mde80"]),
        "Treated": count(row["n_treated"]),
        "Units": count(row["n_units"]),
        "N": count(row["n_obs"]),
    }
