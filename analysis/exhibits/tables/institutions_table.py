"""Institutions of the four jurisdictions side by side."""

import pandas as pd

from analysis.exhibits.display import Table

NAMES = {
    "SPV form": "Vehicle",
    "legal basis": "Legal basis",
    "true-sale and bankruptcy remoteness": "True sale",
    "perfection and registration of IP security interests": "Perfection",
    "valuation standard": "Valuation standard",
    "disclosure regime": "Disclosure",
    "tax treatment": "Tax",
    "public credit enhancement": "Public credit enhancement",
    "green-linked provision": "Green provision",
}
COLUMNS = ("United States", "European Union", "Japan", "China")


def layout(institutions: pd.DataFrame) -> Table:
    """Return dimensions in rows and jurisdictions in columns."""
    frame = institutions.pivot(index=["position", "dimension"], columns="jurisdiction", values="fact")[list(COLUMNS)].reset_index()
    frame[""] = frame["dimension"].map(NAMES)
    widths = {"": "0.7fr"} | dict.fromkeys(COLUMNS, "1fr")
    return Table(frame[["", *COLUMNS]], data=institutions, rules=tuple(range(1, len(frame))), widths=widths)
