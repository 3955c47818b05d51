"""Designs that differ from the freeze, and the freezes that it replaced."""

from __future__ import annotations

import pandas as pd

from analysis.exhibits.display import Table
from analysis.freeze import deviations

NONE = "None: no design has been added, removed or changed"
COLUMNS = ["Kind", "Design", "Change", "Reason"]


def layout(freeze: dict, designs: dict) -> Table:
    """Return one line a design that was added, removed or changed since the freeze, with its reason, then one an earlier freeze."""
    found = deviations(freeze, designs)
    shown = found.set_axis(COLUMNS, axis="columns").to_dict("records") or [{"Kind": NONE}]
    replaced = [
        {"Kind": "earlier freeze", "Design": one["date"], "Change": f"replaced, {one['deviations']} deviations", "Reason": one["why"]}
        for one in freeze.get("earlier", [])
    ]
    frame = pd.DataFrame([*shown, *replaced], columns=COLUMNS).fillna("")
    data = pd.concat([found, pd.DataFrame(replaced, columns=COLUMNS).set_axis(found.columns, axis="columns")], ignore_index=True)
    rules = (len(shown),) if replaced else ()
    return Table(frame, widths={"Change": "1fr", "Reason": "1fr"}, data=data, rules=rules, wide=(0,) if found.empty else ())
