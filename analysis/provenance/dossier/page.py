"""Provenance and exhibits → one self-contained HTML page."""

from __future__ import annotations

import json
from pathlib import Path

from analysis.core.storage import write_text
from analysis.provenance.dossier.assemble import assemble
from analysis.provenance.sentences import add_sentences


def dossier(provenance: str, numbers: str, title: str, notes: dict[str, str], order: dict[str, list[str]], path: str) -> None:
    """Write the dossier to `path`; `notes` maps exhibits to their notes as written, with numbers in braces."""
    graph, printed = (json.loads(Path(name).read_text(encoding="utf-8")) for name in (provenance, numbers))
    write_text(assemble(add_sentences(graph, printed, notes), printed, title, order), path)
