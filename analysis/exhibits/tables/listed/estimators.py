"""One effect by several estimators: a block per outcome, a row per estimator, each with the inference that it has."""

import pandas as pd

from analysis.core.comparisons import Comparison
from analysis.exhibits.cells import count, in_order, interval, labelled, number, p_value
from analysis.exhibits.display import Table
from analysis.exhibits.tables._overall import PREFERRED, overall
from analysis.exhibits.tables.listed._rows import as_row


def layout(comparison: Comparison, specifications: dict, outcomes: dict) -> Table:
    """Return a block for each outcome of `outcomes_of`; a row's title is its specification's unless it has its own."""
    entry, tables = comparison.entry, comparison.tables
    rows = [as_row(row) for row in entry["rows"]]
    names = in_order(tables[entry.get("outcomes_of", rows[0]["from"])], outcomes)
    printed, bold = [], []
    for outcome in names:
        bold.append(len(printed))
        printed.append({"Estimator": labelled(outcomes, outcome)})
        for row in rows:
            title = row.get("title", specifications[row["from"]]["title"])
            printed.append({"Estimator": title} | _cells(overall(tables[row["from"]], outcome)))
    data = pd.concat([table[table["outcome"].isin(names)] for table in tables.values()], ignore_index=True)
    return Table(pd.DataFrame(printed).fillna(""), data=data, bold=tuple(bold), widths={"Estimator": "1fr"})


def _cells(row: pd.Series) -> dict:
    return {
        "ATT": number(row["estimate"]),
        "95 % interval": interval(row["ci_low"], row["ci_high"]),
        "p": p_value(row["p_value"]),
        "Inference": "" if pd.isna(row["inference"]) else PREFERRED[row["inference"]],
        "Treated": count(row["n_treated"]),
        "N": count(row["n_obs"]),
    }
