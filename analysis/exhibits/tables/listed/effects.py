"""One estimand under several specifications, side by side: a block per outcome, a row per specification, the first the main one."""

import pandas as pd

from analysis.core.comparisons import Comparison
from analysis.exhibits.cells import in_order
from analysis.exhibits.display import Table
from analysis.exhibits.tables._variants import variants
from analysis.exhibits.tables.listed._rows import SHOWS, as_row, cells_of, other_forms

HEADINGS = {"label": "Specification", "estimate": "ATT", "interval": "95 % interval", "p": "p", "n": "N"}


def layout(comparison: Comparison, specifications: dict, outcomes: dict) -> Table:
    """Return a block for each outcome of `outcomes_of` (of the first row, if none is named), then what stands `below`.

    A row is a specification, or says what it `show`s; `forms` adds other forms of the outcome that it is `for`. `second` names another
    inference, of the estimate itself, whose p-values the rows of specifications show too.
    """
    entry, tables = comparison.entry, comparison.tables
    rows = [as_row(row) for row in entry["rows"]]
    names = in_order(tables[entry.get("outcomes_of", rows[0]["from"])], outcomes)
    plain = {row["from"]: row.get("title", specifications[row["from"]]["title"]) for row in rows if "show" not in row}
    shown = {name: tables[name][tables[name]["outcome"].isin(names)] for name in plain}
    printed, bold, data = [], [], []
    for outcome in names:
        block = variants(
            {name: t[t["outcome"] == outcome] for name, t in shown.items()}, plain, outcomes, entry["inference"], entry.get("second", "")
        )
        bold.append(len(printed))
        printed += block.frame.to_dict("records")
        for row in rows:
            if row.get("show") == "forms" and row["for"] == outcome:
                for other, title in other_forms(tables[row["from"]], outcomes):
                    own = tables[row["from"]][tables[row["from"]]["outcome"] == other]
                    block = variants({"": own}, {"": title}, outcomes, entry["inference"])
                    printed += block.frame.to_dict("records")[1:]
                    data.append(block.data)
            elif row.get("show", "forms") != "forms":
                printed += [cells_of(line, HEADINGS) for line in SHOWS[row["show"]](row, tables[row["from"]], outcome, outcomes)]
    data += [table.assign(specification=plain[name]) for name, table in shown.items()]
    data += [tables[row["from"]] for row in rows if row.get("show", "forms") != "forms"]
    for row in map(as_row, entry.get("below", [])):
        table = tables[row["from"]]
        if "show" in row:
            more, starts = [{"Specification": row["heading"]}], [0]
            more += [cells_of(line, HEADINGS) for line in SHOWS[row["show"]](row, table, names[0], outcomes)]
            data.append(table)
        else:
            block = variants({"": table}, {"": next(iter(plain.values()))}, outcomes, entry["inference"])
            more, starts = block.frame.to_dict("records"), list(block.bold)
            data.append(table.assign(specification=specifications[row["from"]]["title"]))
        bold += [len(printed) + start for start in starts]
        printed += more
    frame, columns = pd.DataFrame(printed), {"Specification": "1fr"}
    return Table(frame.fillna(""), data=pd.concat(data, ignore_index=True), bold=tuple(bold), widths=columns)
