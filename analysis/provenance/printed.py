"""The numbers under which the paper prints its figures and tables ('Figure 3', 'Table 1')."""

from __future__ import annotations

import json
from pathlib import Path

import typst

from analysis.core.contracts import DataError

# Kind of exhibit → its element in the typeset paper.
ELEMENTS = {"table": "figure.where(kind: table)", "figure": "figure.where(kind: image)"}


def printed_numbers(root: Path) -> dict[str, str]:
    """Return exhibit → its number as the paper prints it ('Table 3'), asked from the typesetter."""
    found = {}
    for kind, selector in ELEMENTS.items():
        try:
            labels = typst.query(str(root / "paper/paper.typ"), selector, field="label", root=str(root), ignore_system_fonts=True)
        except RuntimeError as error:  # typst.TypstError is one
            raise DataError(f"paper/paper.typ does not fit the archived results ({error}): run `make` first") from error
        found |= {label.strip("<>"): f"{kind.title()} {place}" for place, label in enumerate(json.loads(labels), start=1)}
    return found
