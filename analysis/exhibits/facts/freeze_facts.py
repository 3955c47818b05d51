"""When the designs were frozen, and how many have changed since."""

from __future__ import annotations

from analysis.freeze import deviations


def count(freeze: dict, designs: dict) -> dict:
    """Return the day, 'before' or 'after' the estimates were seen, the number of designs and of deviations."""
    return {
        "date": freeze["date"],
        "seen": "before" if freeze["unseen"] else "after",
        "after": int(not freeze["unseen"]),
        "specifications": len(freeze["specifications"]),
        "deviations": len(deviations(freeze, designs)),
        "earlier": len(freeze.get("earlier", [])),
    }
