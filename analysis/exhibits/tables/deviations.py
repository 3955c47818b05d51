"""Designs that differ from the freeze, and the freezes that it replaced."""

from __future__ import annotations

import pandas as pd

from analysis.core.freeze import deviations
from analysis.exhibits.display import Table

NONE = "None: no design has been added, removed or changed"
EARLIER = "Earlier freezes"
COLUMNS = ["kind", "name", "change", "reason"]
WIDTHS = {"Design": "1.6fr", "Change": "0.6fr", "Reason": "1.4fr"}


def layout(freeze: dict, designs: dict) -> Table:
    """Return the designs that were added, removed or changed since the freeze by kind, one line per reason, then a line per earlier
    freeze.

    The data has a line per design.
    """
    found = deviations(freeze, designs)
    replaced = pd.DataFrame(
        [("earlier freeze", one["date"], f"replaced, {one['deviations']} deviations", one["why"]) for one in freeze.get("earlier", [])],
        columns=COLUMNS,
    )
    rows: list[dict] = [] if len(found) else [{"Design": NONE}]
    bold: list[int] = []
    for kind, part in found.groupby("kind", sort=False):
        bold.append(len(rows))
        rows += [{"Design": f"{str(kind).capitalize()}s"}, *_by_reason(part)]
    if len(replaced):
        bold.append(len(rows))
        rows += [{"Design": EARLIER}, *replaced.set_axis(["kind", *WIDTHS], axis="columns").to_dict("records")]
    frame = pd.DataFrame(rows, columns=list(WIDTHS)).fillna("")
    wide = (0,) if found.empty else ()
    return Table(frame, widths=WIDTHS, data=pd.concat([found, replaced], ignore_index=True), bold=tuple(bold), wide=wide)


def _by_reason(found: pd.DataFrame) -> list[dict]:
    """Return one record for designs of one kind that share a reason: their names, and in how many ways they changed."""
    records = []
    for reason, part in found.groupby("reason", sort=False):
        changes = ", ".join(dict.fromkeys(change.partition(":")[0] for change in part["change"]))
        if len(part) == 1:
            changes = part["change"].iloc[0]
        records.append({"Design": ", ".join(part["name"]), "Change": changes, "Reason": reason})
    return records
