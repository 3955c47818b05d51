"""A reading kept as Parquet, so that the four tables made from a folder do not open its files four times."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from analysis.sources.firms.findings import FileLine, Finding
from analysis.sources.firms.folder import TABLES, Reading

# Readings of folders that were changed since are of no use: so many of the latest stay.
STAY = 3


def kept(files: list[Path], settings: object, folder: Path, read: Callable[[], Reading]) -> Reading:
    """Return the reading of the same files under the same settings and code if it was kept in `folder`, else read and keep it.

    `settings` is everything besides the files that the reading depends on, as JSON can say it. A kept reading has no matches.
    """
    place = folder / _key(files, settings)
    if (place / "findings.json").exists():
        return _loaded(place)
    reading = read()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as draft:
        made = Path(draft) / "made"
        _save(reading, made)
        if not place.exists():
            with contextlib.suppress(OSError):  # another job was faster
                os.replace(made, place)
    for old in sorted((one for one in folder.iterdir() if one.is_dir()), key=lambda one: one.stat().st_mtime)[:-STAY]:
        shutil.rmtree(old, ignore_errors=True)
    return reading


def _key(files: list[Path], settings: object) -> str:
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode())
    for path in (*files, *sorted(Path(__file__).parent.glob("*.py"))):
        digest.update(str(path).encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:32]


def _save(reading: Reading, place: Path) -> None:
    place.mkdir()
    for name in TABLES:
        reading.tables[name].to_parquet(place / f"{name}.parquet", index=False)
    said = {"findings": [asdict(one) for one in reading.findings], "files": [asdict(one) for one in reading.files]}
    (place / "findings.json").write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")


def _loaded(place: Path) -> Reading:
    said = json.loads((place / "findings.json").read_text(encoding="utf-8"))
    with pd.option_context("mode.string_storage", "pyarrow"):
        tables = {name: pd.read_parquet(place / f"{name}.parquet") for name in TABLES}
    return Reading([], tables, [Finding(**one) for one in said["findings"]], [FileLine(**one) for one in said["files"]])
