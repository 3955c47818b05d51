# /// script
# requires-python = ">=3.11"
# dependencies = ["pypi-simple==1.8.0", "packaging", "safety-db==2021.7.17"]
# ///
"""Writes docs/pinned.csv: every pinned library, the day its version was released, and known advisories that name the version.

Run by `make lock`, with a network; its own dependencies are above, for the study needs none of them. The release is the first
upload of a file whose hash the lock pins. Advisories are those of Safety DB, whose last free edition is of July 2021; a library
that it never names is blank there.
"""

import csv
import importlib.util
import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from packaging.specifiers import SpecifierSet
from pypi_simple import PyPISimple

ROOT = Path(__file__).resolve().parents[1]
PIN = re.compile(r"^([\w.-]+)==([^\s;]+).*\n((?: +--hash=.*\n)+)", re.MULTILINE)
HASH = re.compile(r"sha256:(\w+)")


def released(index: PyPISimple, name: str, hashes: set[str]) -> str:
    """Return the day on which the first file that the lock pins was uploaded (YYYY-MM-DD)."""
    files = index.get_project_page(name).packages
    days = [file.upload_time.date().isoformat() for file in files if file.digests.get("sha256") in hashes and file.upload_time]
    if not days:
        sys.exit(f"{name}: the package index has no file with a pinned hash and a date; run `make lock` again")
    return min(days)


def advisories(known: dict, name: str, version: str) -> str:
    """Return the identifiers of the advisories that name this version; "none" where they name others only, blank where none names the library."""
    entries = known.get(name, [])
    hits = [entry["id"] for entry in entries if any(version in SpecifierSet(spec) for spec in entry["specs"])]
    return "; ".join(hits) or ("none" if entries else "")


def main() -> None:
    locks = [(ROOT / name).read_text(encoding="utf-8") for name in ("requirements.lock", "requirements-slurm.lock")]
    pins = [(name, version, set(HASH.findall(rest))) for lock in locks for name, version, rest in PIN.findall(lock)]
    # Safety DB cannot be imported (it opens its files by a path of its own); they are read where they lie.
    folder = Path(importlib.util.find_spec("safety_db").origin).parent
    known = json.loads((folder / "insecure_full.json").read_text(encoding="utf-8"))
    with PyPISimple() as index, ThreadPoolExecutor(8) as pool:
        days = list(pool.map(lambda pin: released(index, pin[0], pin[2]), pins))
    with (ROOT / "docs/pinned.csv").open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(["library", "version", "released", "advisories_july_2021"])
        rows.writerows([name, version, day, advisories(known, name, version)] for (name, version, _), day in zip(pins, days, strict=True))


if __name__ == "__main__":
    main()
