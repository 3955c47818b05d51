"""Run the whole study again from raw data and compare every cell with the archived results of this checkout.

Status 0 when everything matches, 1 when a cell drifted or a file is missing or extra, 2 when the rerun failed. Texts must be
equal and pictures show the same; numbers may differ within the relative tolerance of config/verification.yaml, as they do from one
processor to another. With --bytes files must be equal byte for byte; with --other-versions, for other versions of libraries, what
rests on random draws may differ by their Monte Carlo error, and pictures. Without the files that are not in the repository their exhibits cannot be rerun; they are
listed, and do not fail. Which files are at hand is asked of IPS_DATA, also of a run that was made elsewhere (--results).
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from analysis.core.catalogue import ROOT
from analysis.core.config import load
from analysis.core.documents import STUDY
from analysis.core.errors import DataError
from analysis.review.manifest import compare as compare_manifests
from analysis.review.manifest import write as write_manifest
from analysis.review.verification.compare import (
    ABSENT,
    BYTES,
    DRIFTED,
    EXTRA,
    IDENTICAL,
    MISSING,
    PROCESSOR,
    REDRAWN,
    VERSIONS,
    WITHIN,
    Result,
    compare,
)
from analysis.review.verification.missing_inputs import MissingInputs, missing_inputs
from analysis.review.verification.rerun import RerunFailed, copy_sources, rerun

SHOWN = 5  # differences printed of each file
WORST_FIRST = (DRIFTED, MISSING, EXTRA, ABSENT, REDRAWN, WITHIN, IDENTICAL)


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--results", metavar="FOLDER", help="compare with this run of the study instead of running it again")
    parser.add_argument(
        "--manifests", nargs=2, metavar=("A", "B"), help="compare two runs by their manifests alone, the files or the folders of the runs"
    )
    parser.add_argument("--keep", metavar="FOLDER", help="run in this new folder and keep it")
    parser.add_argument("--cores", default="all", help="cores of the rerun (default: all)")
    parser.add_argument("--hash-seed", type=int, default=1, help="PYTHONHASHSEED of the rerun, on which no result may depend (default: 1)")
    level = parser.add_mutually_exclusive_group()
    level.add_argument(
        "--bytes", action="store_const", dest="level", const=BYTES, default=PROCESSOR, help="files must be equal byte for byte"
    )
    level.add_argument(
        "--other-versions",
        action="store_const",
        dest="level",
        const=VERSIONS,
        help="random draws and pictures may differ, as with other libraries",
    )


def run(chosen: argparse.Namespace) -> int:
    if chosen.manifests:
        return _manifests(*map(Path, chosen.manifests))
    study = load()
    if chosen.results:
        numbers = study["documents"][STUDY].numbers_file
        if not (Path(chosen.results) / numbers).is_file():
            raise DataError(f"{chosen.results}: no run of the study is there (it has no {numbers})")
        return _compared(study, Path(chosen.results), chosen.level)
    folder = Path(chosen.keep or tempfile.mkdtemp(prefix="verify-")).resolve()
    if chosen.keep and folder.exists() and any(folder.iterdir()):
        raise DataError(f"{folder}: is not empty; --keep takes a new folder")
    start = time.monotonic()
    try:
        copy_sources(folder)
        rerun(folder, chosen.cores, chosen.hash_seed)
        write_manifest(folder)
        status = _compared(study, folder, chosen.level)
    except RerunFailed as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if not chosen.keep:
        shutil.rmtree(folder)
    print(
        f"Rerun from raw data in {(time.monotonic() - start) / 60:.1f} minutes, PYTHONHASHSEED={chosen.hash_seed}, cores: {chosen.cores}."
    )
    return status


def _manifests(first: Path, second: Path) -> int:
    """Print how two runs differ by their manifests, and what they differ in that may be why; return 1 where a result differs."""
    found = compare_manifests(first, second)
    for state, path in found.differ:
        print(f"{state:>22}  {path}")
    for part, what, before, after in found.causes:
        print(f"{part:>22}  {what}: {before[:60]} / {after[:60]}")
    total = found.equal + len(found.differ)
    print(
        f"{total} results: {found.equal} identical, {len(found.differ)} not; {len(found.causes)} differences of what they were made from."
    )
    return 1 if found.differ else 0


def _compared(study: dict, folder: Path, level: str) -> int:
    lacks = missing_inputs(study, folder)
    return _report(compare(ROOT, folder, study["verification"], lacks, level), lacks, level)


def _report(results: list[Result], lacks: MissingInputs, level: str) -> int:
    counts = Counter(result.status for result in results)
    fails = [result for result in results if result.fails or (level == BYTES and result.status in (REDRAWN, WITHIN))]
    for result in sorted(results, key=lambda r: (WORST_FIRST.index(r.status), r.path)):
        if result.status == IDENTICAL:
            continue
        print(f"{result.status:>22}  {result.path}")
        # What drifted first: a cell within tolerance may not hide one that is not.
        differences = sorted(result.differences, key=lambda difference: difference.agrees)
        for difference in differences[:SHOWN]:
            print(f"{'':24}{difference}")
        if len(differences) > SHOWN:
            print(f"{'':24}and {len(differences) - SHOWN} more")
    cells = sum(result.cells for result in results)
    print(f"\n{len(results)} files, {cells:,} cells: " + ", ".join(f"{counts[s]} {s}" for s in WORST_FIRST if counts[s]) + ".")
    print(_verdict(counts, len(fails), lacks))
    return 1 if fails else 0


def _verdict(counts: Counter, fails: int, lacks: MissingInputs) -> str:
    files, near = counts.total(), counts[WITHIN] + counts[REDRAWN]
    if fails:
        return f"NOT verified: {fails} file{'s' if fails > 1 else ''}."
    tolerant = f" {near} of them {'is' if near == 1 else 'are'} within tolerance, not equal byte for byte." if near else ""
    if counts[ABSENT]:
        return f"Verified in part: {files - counts[ABSENT]} of {files} files; the others need {'; '.join(lacks.files)}.{tolerant}"
    return f"Verified within tolerance: {files} files.{tolerant}" if near else "Verified."
