"""One effect under many specifications on scales of their own (ratios of times or hazards, months, points): a block per heading."""

from __future__ import annotations

import pandas as pd

from analysis.core.comparisons import Comparison
from analysis.core.gates import rests_on_few
from analysis.exhibits.cells import count, p_value, select_one, select_rows
from analysis.exhibits.display import Table
from analysis.exhibits.tables._ratios import effect_cells
from analysis.exhibits.tables.listed._rows import as_row

# Names of `scale` in an entry → what is printed. Where none is given the unit of the outcome says it.
SCALES = {"time": "time ratio", "hazard": "hazard ratio"}
MONTHS, POINTS = "months", "points"


def layout(comparison: Comparison, specifications: dict, outcomes: dict) -> Table:
    """Return a line per specification, and per outcome of one that says `each: outcome`; `treated` heads a column of exposed clusters. A dagger
    marks what rests on few of them.

    A row may say `scale`, a `title` of its own ({outcome} inserts a label), or `show: permuted`: a line of words with the p-values of
    permuted dates of the specification `beside` it and of its own.
    """
    entry, tables = comparison.entry, comparison.tables
    printed: list[dict] = []
    bold, wide = [], []
    for block in entry["rows"]:
        bold.append(len(printed))
        printed.append({"": block["heading"]})
        for row in map(as_row, block["rows"]):
            if row.get("show") == "permuted":
                wide.append(len(printed))
                printed.append({"": _permuted(row, tables, specifications)})
            else:
                printed += [
                    _line(row, name, entry, tables[row["from"]], specifications, outcomes) for name in _outcomes(row, specifications)
                ]
    frame = pd.DataFrame(printed).fillna("").rename(columns={"Units": entry["units"]})
    data = pd.concat(tables.values(), ignore_index=True)
    return Table(frame, data=data, bold=tuple(bold), wide=tuple(wide), widths={"": "1fr"})


def _outcomes(row: dict, specifications: dict) -> list[str]:
    """Return the outcomes of a specification that a row asks for: the first, or `each`; 'none' where it has none."""
    names = specifications[row["from"]].get("outcomes") or ["none"]
    return names if row.get("each") == "outcome" else names[:1]


def _line(row: dict, outcome: str, entry: dict, table: pd.DataFrame, specifications: dict, outcomes: dict) -> dict:
    """Return the cells of one estimate, by the inference of the entry where the specification has it, else by its only one."""
    about = specifications[row["from"]]
    found = select_rows(table, term=about["treatment"], outcome=outcome)
    clustered = select_rows(found, inference=entry["inference"])
    estimate = select_one(clustered if len(clustered) else found)
    label = outcomes.get(outcome, {}).get("label", "")
    title = label if row.get("each") == "outcome" else row.get("title", about["title"]).format(outcome=label)
    title += " †" if rests_on_few(estimate) else ""
    scale = SCALES[row["scale"]] if "scale" in row else MONTHS if outcomes[outcome]["unit"] == MONTHS else POINTS
    exposed = {entry["treated"]: count(estimate["n_treated_clusters"])} if "treated" in entry else {}
    return effect_cells(title, estimate, scale) | exposed


def _permuted(row: dict, tables: dict[str, pd.DataFrame], specifications: dict) -> str:
    """Return in words the p-values of permuted dates of two specifications that differ in what dates are permuted within."""
    names = (row["beside"], row["from"])
    one, other = (select_one(tables[n], term=specifications[n]["treatment"], inference="randomization_score") for n in names)
    return row["words"].format(p=p_value(one["p_value"]), p_within=p_value(other["p_value"]), draws=count(one["draws"]))
