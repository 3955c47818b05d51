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
    write_text(_lines({name: _plain(part) for name, part in found.items()}), path)


def _lines(found: dict) -> str:
    """Return `found` as JSON, every entry of its parts in a line of its own (indentation would write it ten times as slowly)."""
    parts = []
    for name, part in sorted(found.items()):
        entries = sorted(part.items()) if isinstance(part, dict) else []
        body = ",\n".join(f"{_json(key)}: {_json(entry)}" for key, entry in entries)
        parts.append(f"{_json(name)}: " + (f"{{\n{body}\n}}" if entries else _json(part)))
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _plain(value: object) -> object:
    """Return `value` as JSON knows it: rounded, no NaN, no types of numpy or pandas."""
    if type(value) is str or value is None:
        return value
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
