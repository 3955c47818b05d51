"""Designs that differ from the freeze, and the freezes that it replaced."""

from __future__ import annotations

import pandas as pd

from analysis.core.freeze import deviations
from analysis.exhibits.display import Table

NONE = "None: no design has been added, removed or changed"
COLUMNS = ["Kind", "Design", "Change", "Reason"]


def layout(freeze: dict, designs: dict) -> Table:
    """Return the designs that were added, removed or changed since the freeze, one line per reason, then a line per earlier freeze.

    The data has a line per design.
    """
    found = deviations(freeze, designs)
    shown = _by_reason(found) or [{"Kind": NONE}]
    replaced = [
        {"Kind": "earlier freeze", "Design": one["date"], "Change": f"replaced, {one['deviations']} deviations", "Reason": one["why"]}
        for one in freeze.get("earlier", [])
    ]
    frame = pd.DataFrame([*shown, *replaced], columns=COLUMNS).fillna("")
    data = pd.concat([found, pd.DataFrame(replaced, columns=COLUMNS).set_axis(found.columns, axis="columns")], ignore_index=True)
    rules = (len(shown),) if replaced else ()
    return Table(
        frame, widths={"Design": "1.5fr", "Change": "0.8fr", "Reason": "1.2fr"}, data=data, rules=rules, wide=(0,) if found.empty else ()
    )


def _by_reason(found: pd.DataFrame) -> list[dict]:
    """Return one record for designs of one kind that share a reason: their names, and in how many ways they changed."""
    records = []
    for (kind, reason), part in found.groupby(["kind", "reason"], sort=False):
        changes = ", ".join(dict.fromkeys(change.partition(":")[0] for change in part["change"]))
        if len(part) == 1:
            changes = part["change"].iloc[0]
        records.append({"Kind": kind, "Design": ", ".join(part["name"]), "Change": changes, "Reason": reason})
    return records
