"""Which files the deposit holds, and its manifest.

The deposit holds what is under version control and the archived results; never files that are only on this machine, such as
a reader's own firm data. An unpacked deposit has no version control: there its manifest says what belongs to it.
"""

from __future__ import annotations

import contextlib
import csv
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from analysis.core.errors import DataError
from analysis.provenance.files import sha256

MANIFEST, CHECKS = "MANIFEST.csv", "CHECKS.md"
# The project's own README keeps its text under another name, because the deposit's README follows the journals' template.
RENAMED = {"README.md": "GUIDE.md"}
METADATA = ("CITATION.cff", "datacite.json", "ro-crate-metadata.json")
# Made by `package` itself. CITATION.cff is read before it is replaced.
MADE = ("README.md", "README.pdf", *METADATA, MANIFEST, CHECKS)
UNLISTED = (MANIFEST, CHECKS)  # a manifest cannot hold its own hash, nor that of the report on it


def listed(root: Path, results: list[str]) -> dict[str, str]:
    """Return path in the deposit → path under `root`: tracked files and the `results` (patterns) that are there."""
    if (root / ".git").exists():
        found = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout.split("\0")
        names = {RENAMED.get(path, path): path for path in found if path and (root / path).is_file()}
    elif (root / MANIFEST).exists():
        names = {path: path for path in manifest(root) if path not in MADE and (root / path).is_file()}
        names["CITATION.cff"] = "CITATION.cff"
    else:
        raise DataError(f"{root}: neither under version control nor an unpacked deposit ({MANIFEST}): what belongs to it is unknown")
    names |= {path.relative_to(root).as_posix(): path.relative_to(root).as_posix() for p in results for path in root.glob(p)}
    return dict(sorted(names.items()))


@contextlib.contextmanager
def replaced(root: Path, out: Path) -> Iterator[Path]:
    """Yield a new folder beside `out` that takes its place if the block succeeds: a deposit is written whole or not at all.

    `out` must be new, empty or an earlier deposit.
    """
    if out.exists() and any(out.iterdir()) and (not (out / MANIFEST).exists() or (out / ".git").exists() or out == root):
        raise DataError(f"{out}: is not empty and no earlier deposit; --out takes a new folder")
    part = out.with_name(f"{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        yield part
        shutil.rmtree(out, ignore_errors=True)
        part.rename(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def copy(root: Path, names: dict[str, str], out: Path) -> None:
    """Copy files into the folder `out`: path there → path under `root`."""
    for target, source in names.items():
        (out / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / source, out / target)
        shutil.copymode(root / source, out / target)


def held(out: Path) -> list[str]:
    """Return the paths of all files in the deposit, in order."""
    return sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())


def write_manifest(out: Path) -> None:
    """Write path, bytes and SHA-256 of every file of the deposit but the unlisted ones."""
    with (out / MANIFEST).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["path", "bytes", "sha256"])
        writer.writerows([path, (out / path).stat().st_size, sha256(out / path)] for path in held(out) if path not in UNLISTED)


def manifest(out: Path) -> dict[str, tuple[int, str]]:
    """Return path → (bytes, SHA-256) as the manifest of a deposit says."""
    with (out / MANIFEST).open(encoding="utf-8", newline="") as stream:
        return {row["path"]: (int(row["bytes"]), row["sha256"]) for row in csv.DictReader(stream)}
