"""Where raw files are: in the repository, or in the folder that the environment variable IPS_DATA names."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from analysis.core.contracts import read_raw
from analysis.core.errors import DataError, violation

ROOT = Path(__file__).resolve().parents[2]
BESIDE_CHECKOUT = Path("../shared/data")
IN_REPOSITORY = Path("data/raw")
# Files that are no reason to take a folder for a reader's own: pages of text beside the place where files go.
PAGES = (".md", ".htm", ".html", ".rst")


@dataclass(frozen=True)
class RawFiles:
    """Raw files that one contract describes, for sources whose format needs code of its own."""

    paths: dict[str, Path]
    contract: dict


def external_folder() -> Path:
    """Return the folder of files that may not be committed: IPS_DATA, else ../shared/data, else data/raw."""
    named = os.environ.get("IPS_DATA")
    if named:
        return Path(named)
    return BESIDE_CHECKOUT if (ROOT / BESIDE_CHECKOUT).is_dir() else IN_REPOSITORY


def files_of(folder: Path) -> list[Path]:
    """Return every file of a reader's folder and its subfolders; templates and hidden files do not count."""
    if not folder.is_dir():
        return []
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and "templates" not in path.relative_to(folder).parts)
    return [path for path in found if not path.name.startswith(".")]


def firm_files(contract: dict) -> list[Path]:
    """Return the reader's own files of a contract with a `folder`: under IPS_DATA, else under data/raw.

    Pages of text alone, such as the one that says what the folder is for, are no files of the reader's.
    """
    for base in (external_folder(), IN_REPOSITORY):
        found = files_of(ROOT / base / contract["folder"])
        if any(path.suffix.lower() not in PAGES for path in found):
            return [path.relative_to(ROOT) if path.is_relative_to(ROOT) else path for path in found]
    return []


def is_simulated(contract: dict) -> bool:
    """Return whether the simulated cohort stands in for a reader's files that are not there."""
    return "folder" in contract and not firm_files(contract)


def locate(contract: dict) -> dict[str, Path]:
    """Return label → path of a contract's files, present or not; relative to the repository where inside it."""
    if "folder" in contract:
        # Also for the true effects: a reader's files, once there, must make the true effects go.
        own = firm_files(contract)
        return {path.as_posix(): path for path in own} or {label: Path(path) for label, path in contract["simulated"].items()}
    base = external_folder() if contract.get("external") else Path()
    files = contract["files"] if "files" in contract else {"file": contract["file"]}
    return {label: base / path for label, path in files.items()}


SUMS = "SHA256SUMS"
NOT_FOUND = ": not found in "


def missing(contract: dict) -> str:
    """Return one sentence that names the absent files and how to get them, or an empty string."""
    if contract.get("true_effects") and firm_files(contract):
        return "The firm files are the reader's own: no true effects are known of them."
    absent = [path for path in locate(contract).values() if not (ROOT / path).exists()]
    if not absent or "folder" in contract:
        return ""
    names = ", ".join(path.name for path in absent[:2]) + (f" and {len(absent) - 2} more" if len(absent) > 2 else "")
    return f"{contract['title']}{NOT_FOUND}{absent[0].parent.as_posix()}: {names}. {contract.get('obtain', '')}".strip()


def briefly(reason: str) -> str:
    """Return a reason of `missing` without its files and folders, for places where the whole is said elsewhere; others as they are."""
    title, found, _ = reason.partition(NOT_FOUND)
    return f"{title} (README.md says where its files go)" if found else reason


def load(contract: dict) -> object:
    """Return a checked table for a single CSV file with a column map, else the RawFiles.

    Raises DataError for a file that breaks its contract, and for one that keeps it and is not the file whose hash its folder states.
    """
    paths = {label: ROOT / path for label, path in locate(contract).items()}
    if "columns" in contract and "file" in contract:
        table = read_raw(paths["file"], contract)
        hold_to_hash(paths["file"])
        return table
    for path in paths.values():
        hold_to_hash(path)
    return RawFiles(paths, contract)


def hold_to_hash(path: Path) -> None:
    """Raise DataError unless `path` is the file whose hash the SHA256SUMS beside it states; a file that none lists may be any."""
    sums = path.with_name(SUMS)
    if not (sums.is_file() and path.is_file()):
        return
    stated = dict(line.split(maxsplit=1)[::-1] for line in sums.read_text(encoding="utf-8").splitlines() if line.strip())
    if path.name in stated and stated[path.name] != hashlib.sha256(path.read_bytes()).hexdigest():
        raise DataError(
            violation(path, f"is not the file of {SUMS}; raw files do not change (one that was renewed on purpose: `sha256sum`)")
        )
