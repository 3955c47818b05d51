"""The numbers under which the paper prints its figures and tables ('Figure 3', 'Table 1')."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import typst

from analysis.core.documents import LATER, STUDY, Document
from analysis.core.errors import DataError

# Kind of exhibit → its element in the typeset paper.
ELEMENTS = {"table": "figure.where(kind: table)", "figure": "figure.where(kind: image)"}


def printed_numbers(root: Path, documents: Iterable[Document]) -> dict[str, str]:
    """Return exhibit → its number as its document prints it ('Table 3', 'Table 2 of the validation'), asked from the typesetter."""
    found: dict[str, str] = {}
    for document in documents:
        of = "" if document.name == STUDY else f" of the {document.name}"
        for volume, text in enumerate(document.volumes.values()):
            before = LATER * bool(volume)
            for kind, selector in ELEMENTS.items():
                labels = _labels(root, document, text, selector)
                found = {label: f"{kind.title()} {before}{place}{of}" for place, label in enumerate(labels, start=1)} | found
    return found


def _labels(root: Path, document: Document, text: str, selector: str) -> list[str]:
    more: dict = {"root": str(root), "ignore_system_fonts": True, "sys_inputs": document.inputs}
    try:
        labels = typst.query(str(root / text), selector, field="label", **more)
    except RuntimeError as error:  # typst.TypstError is one
        raise DataError(f"{text} does not fit the archived results ({error}): run `make` first") from error
    return [label.strip("<>") for label in json.loads(labels)]
