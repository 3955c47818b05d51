"""Raw files that changed since the run that a provenance describes."""

from __future__ import annotations

from pathlib import Path

from analysis.core import rawfiles
from analysis.provenance.files import sha256
from analysis.provenance.graph import chain


def changed(graph: dict, start: str, root: Path) -> list[str]:
    """Return the raw files in the chain of node `start` that are gone or no longer have the bytes of the run."""
    nodes = dict.fromkeys(name for _, name in chain(graph, start))
    files = [file for name in nodes if graph["nodes"][name]["kind"] == "raw" for file in graph["nodes"][name]["files"]]
    return [file["path"] for file in files if not _same(_on_disk(file["path"], root), file)]


def _on_disk(shown: str, root: Path) -> Path:
    """Return the path of a file whose folder, where it differs by machine, stands as its variable."""
    inside = shown.removeprefix("IPS_DATA/")
    return root / (shown if inside == shown else rawfiles.external_folder() / inside)


def _same(path: Path, file: dict) -> bool:
    # The size is looked at first: it needs no reading.
    return path.is_file() and path.stat().st_size == file["bytes"] and sha256(path) == file["sha256"]
