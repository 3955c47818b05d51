"""Everything that was made → where it came from."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np

from analysis.core.config import load
from analysis.core.precision import rounded
from analysis.core.storage import write_text
from analysis.provenance.files import of_contract
from analysis.provenance.graph import graph


def fingerprint(contracts: dict[str, dict], path: str) -> None:
    """Write the fingerprints of the files of every raw contract to `path` (JSON, contract → files)."""
    found = {name: of_contract(contract) for name, contract in contracts.items()}
    write_text(json.dumps(found, indent=0, sort_keys=True, ensure_ascii=False) + "\n", path)


def trace(document: str, files: dict[str, list[str]], numbers: str, raw: str, path: str) -> None:
    """Write the provenance of every number, cell and figure that a document prints to `path` (JSON; see analysis.provenance.graph)."""
    study = load()
    printed, fingerprints = (json.loads(Path(name).read_text(encoding="utf-8")) for name in (numbers, raw))
    found = graph(study, study["documents"][document], files, printed, fingerprints)
    write_text(json.dumps(_plain(found), indent=0, sort_keys=True, ensure_ascii=False) + "\n", path)


def _plain(value: object) -> object:
    """Return `value` as JSON knows it: rounded, no NaN, no types of numpy or pandas."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float):
        return rounded(value) if math.isfinite(value) else None
    if value is None or isinstance(value, str | int | bool):
        return value
    return None if value != value else str(value)  # missing values of pandas compare as missing, never equal
