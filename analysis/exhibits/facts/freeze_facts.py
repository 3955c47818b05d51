"""When the designs were frozen, and how many have changed since."""

from __future__ import annotations

from analysis.core.freeze import deviations

UNSEEN = "before any estimate on these data had been seen"
SEEN = "after the first estimates on these data had been seen: the freeze cannot vouch for those, and most designs have changed since, each with its reason; it binds data that come later, such as a reader's own firm files"


def count(freeze: dict, designs: dict) -> dict:
    """Return the day, whether the estimates had been seen, the number of designs and of deviations."""
    return {
        "date": freeze["date"],
        "when": UNSEEN if freeze["unseen"] else SEEN,
        "specifications": len(freeze["specifications"]),
        "deviations": len(deviations(freeze, designs)),
        "earlier": len(freeze.get("earlier", [])),
    }
