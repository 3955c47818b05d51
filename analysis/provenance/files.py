"""Fingerprints of files: SHA-256, size, rows; and the marks that a table on disk carries."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import pyarrow.parquet as pq
from python_calamine import CalamineWorkbook

from analysis.core import rawfiles
from analysis.core.catalogue import ROOT


def sha256(path: Path) -> str:
    """Return the SHA-256 of the file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def fingerprint(path: Path, shown: str) -> dict:
    """Return `shown` (the path as printed), SHA-256, bytes and, for tables, rows below the header."""
    found = {"path": shown, "sha256": sha256(path), "bytes": path.stat().st_size}
    rows = rows_of(path)
    return found if rows is None else {**found, "rows": rows}


def of_contract(contract: dict) -> list[dict]:
    """Return the fingerprints of the files of a raw contract that are there."""
    found = [ROOT / path for path in rawfiles.locate(contract).values()]
    return [fingerprint(path, _shown(path)) for path in found if path.exists()]


def _shown(path: Path) -> str:
    """Return the path as printed: the folder of external files differs by machine and stands as its variable."""
    outside = (ROOT / rawfiles.external_folder()).resolve()
    if path.is_relative_to(ROOT) and ".." not in path.parts:
        return path.relative_to(ROOT).as_posix()
    return f"IPS_DATA/{path.resolve().relative_to(outside).as_posix()}"


def rows_of(path: Path) -> int | None:
    """Return the rows of a table below its header; nothing for a file that is no table."""
    suffix = path.suffix.lower()
    if suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="", errors="replace") as stream:
            return max(sum(1 for row in csv.reader(stream) if row) - 1, 0)
    if suffix == ".parquet":
        return pq.read_metadata(path).num_rows
    if suffix == ".xlsx":
        with CalamineWorkbook.from_path(path) as book:
            return max(sum(1 for row in book.get_sheet_by_index(0).to_python() if any(cell != "" for cell in row)) - 1, 0)
    return None


def marks(path: Path) -> dict:
    """Return rows, columns, evidence and the reason of absence of a table on disk, from its metadata alone."""
    about = pq.read_metadata(path)
    attributes = json.loads(about.metadata[b"pandas"]).get("attributes", {})
    return {
        "rows": about.num_rows,
        "columns": about.num_columns,
        "evidence": attributes.get("evidence", ""),
        "absent": attributes.get("absent", ""),
    }


def code_version(files: Iterable[str], root: Path | None = None) -> dict:
    """Return how many source files there are and one SHA-256 over their names and contents: the version of that code.

    `files` are relative to `root`, by default this checkout.
    """
    digest = hashlib.sha256()
    names = sorted(files)
    for name in names:
        digest.update(f"{name}\n{sha256((root or ROOT) / name)}\n".encode())
    return {"sha256": digest.hexdigest(), "files": len(names)}
