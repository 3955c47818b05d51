"""The provenance that the last runs left: of every document that was made, as one graph."""

from __future__ import annotations

import json
from pathlib import Path

from analysis.core.errors import DataError
from analysis.provenance.sentences import add_sentences


def provenance(root: Path, study: dict) -> dict:
    """Return the graph (analysis.provenance.graph) of the documents made, with the sentences that print each number.

    Raises DataError where there is none.

    Estimates of a later document stand after those of the earlier ones; nodes that two documents share are the earlier one's.
    """
    documents = study["documents"].values()
    made = [document for document in documents if (root / document.provenance).exists()]
    if not made:
        raise DataError(f"{next(iter(documents)).provenance} is not there yet: run `make` first, which makes it")
    notes = {name: about["note"] for name, about in study["exhibits"].items()}
    read = [add_sentences(_json(root / one.provenance), _json(root / one.numbers_file), notes, root) for one in made]
    whole, *others = read
    for other in others:
        offset = len(whole["estimates"])
        whole["nodes"] = {name: _moved(node, offset) for name, node in other["nodes"].items()} | whole["nodes"]
        whole["estimates"] += other["estimates"]
    return whole


def _json(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def _moved(node: dict, offset: int) -> dict:
    """Return a node whose positions among estimates begin at `offset`."""
    moved = dict(node)
    if node.get("estimate") is not None:
        moved["estimate"] = node["estimate"] + offset
    if "cells" in node:
        moved["cells"] = [[row, column, place + offset, of] for row, column, place, of in node["cells"]]
    return moved
