"""Effects of firms under several specifications beside the true effects of simulated firms: a block per outcome, a row per specification."""

import pandas as pd

from analysis.core.comparisons import Comparison
from analysis.exhibits.cells import in_order, labelled, select_one, select_rows
from analysis.exhibits.display import Table
from analysis.exhibits.tables._true_effects import line, true_effect
from analysis.exhibits.tables.listed._rows import SHOWS, as_row, cells_of, other_forms

HEADINGS = {"label": "", "estimate": "Estimate", "std_error": "s.e.", "interval": "95 % interval", "p": "p", "n": "N"}
# Names of an overall effect: that of estimators of averages, and that of a regression.
TERMS = ("att", "treated")


def layout(comparison: Comparison, true_effects: pd.DataFrame, specifications: dict, outcomes: dict) -> Table:
    """Return a block for each outcome of `outcomes_of` (of the first row, if none is named), then the blocks `below`.

    `truth_of` says which specification's true effect stands beside every row; without it each row has its own, and `none`
    leaves the column out.
    """
    entry, tables = comparison.entry, comparison.tables
    rows = [as_row(row) for row in entry["rows"]]
    printed, bold = [], []
    for outcome in in_order(tables[entry.get("outcomes_of", rows[0]["from"])], outcomes):
        bold.append(len(printed))
        printed.append({"": labelled(outcomes, outcome)})
        for row in rows:
            table = tables[row["from"]]
            whose = entry.get("truth_of", row["from"])
            truth = float("nan") if whose == "none" else true_effect(true_effects, outcomes, specifications[whose], outcome)
            if row.get("show") != "forms":
                printed.append(line(row.get("title", specifications[row["from"]]["title"]), _overall(table, outcome), truth))
            elif row["for"] == outcome:
                printed += [line(title, _overall(table, other), truth) for other, title in other_forms(table, outcomes)]
    if entry.get("truth_of") == "none":
        printed = [{heading: cell for heading, cell in one.items() if heading != "True effect"} for one in printed]
    for block in entry.get("below", []):
        bold.append(len(printed))
        name = block.get("outcome", "")
        printed.append({"": block["heading"].format(outcome=labelled(outcomes, name) if name else "")})
        for row in block["rows"]:
            printed += [cells_of(one, HEADINGS) for one in SHOWS[row["show"]](row, tables[row["from"]], name, outcomes)]
    data = pd.concat(tables.values(), ignore_index=True)
    return Table(pd.DataFrame(printed).fillna(""), data=data, bold=tuple(bold), widths={"": "1fr"})


def _overall(table: pd.DataFrame, outcome: str) -> pd.Series:
    """Return the overall effect on an outcome; an empty row where there is none."""
    own = select_rows(table, outcome=outcome)
    return select_one(select_rows(own, term=next((term for term in TERMS if (own["term"] == term).any()), TERMS[0])))
