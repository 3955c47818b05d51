"""The provenance that the last runs left: of every document that was made, as one graph."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from analysis.core.documents import Document
from analysis.core.errors import DataError


def provenance(root: Path, documents: Iterable[Document]) -> dict:
    """Return the graph (analysis.provenance.graph) of the documents made; raise DataError where there is none.

    Estimates of a later document stand after those of the earlier ones; nodes that two documents share are the earlier one's.
    """
    paths = [root / document.provenance for document in documents]
    read = [json.loads(path.read_text(encoding="utf-8")) for path in paths if path.exists()]
    if not read:
        raise DataError(f"{paths[0].relative_to(root).as_posix()} is not there yet: run `make` first, which makes it")
    whole, *others = read
    for other in others:
        offset = len(whole["estimates"])
        whole["nodes"] = {name: _moved(node, offset) for name, node in other["nodes"].items()} | whole["nodes"]
        whole["estimates"] += other["estimates"]
    return whole


def _moved(node: dict, offset: int) -> dict:
    """Return a node whose positions among estimates begin at `offset`."""
    moved = dict(node)
    if node.get("estimate") is not None:
        moved["estimate"] = node["estimate"] + offset
    if "cells" in node:
        moved["cells"] = [[row, column, place + offset, of] for row, column, place, of in node["cells"]]
    return moved
