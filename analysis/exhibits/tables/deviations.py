"""Designs that differ from the freeze."""

from __future__ import annotations

import pandas as pd

from analysis.exhibits.display import Table
from analysis.freeze import deviations

NONE = "None: no design has been added, removed or changed"


def layout(freeze: dict, designs: dict) -> Table:
    """Return one line a design that was added, removed or changed since the freeze, with the reason recorded for it."""
    found = deviations(freeze, designs)
    frame = found.set_axis(["Kind", "Design", "Change", "Reason"], axis="columns")
    if frame.empty:
        frame = pd.DataFrame([{"Kind": NONE, "Design": "", "Change": "", "Reason": ""}])
    return Table(frame, widths={"Change": "1fr", "Reason": "1fr"}, data=found, wide=(0,) if found.empty else ())
