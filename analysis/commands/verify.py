"""Run the whole study again from raw data and compare every cell with the archived results of this checkout.

Status 0 when everything matches, 1 when a cell drifted or a file is missing or extra, 2 when the rerun failed. Files of which
only the bytes can be compared (figures, paper) count when --bytes is given. Without the files that are not in the repository
their exhibits cannot be rerun; they are listed, and do not fail.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from analysis.catalogue import ROOT
from analysis.contracts import DataError
from analysis.study import load
from analysis.verification.compare import ABSENT, DRIFTED, EXTRA, IDENTICAL, MISSING, REDRAWN, WITHIN, Result, compare
from analysis.verification.rerun import RerunFailed, copy_sources, rerun

NAME = "verify"
HELP = "run everything again and compare each cell with the archived results"
SHOWN = 5  # differences printed of each file
WORST_FIRST = (DRIFTED, MISSING, EXTRA, ABSENT, REDRAWN, WITHIN, IDENTICAL)


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--results", metavar="FOLDER", help="compare with this run of the study instead of running it again")
    parser.add_argument("--keep", metavar="FOLDER", help="run in this new folder and keep it")
    parser.add_argument("--cores", default="all", help="cores of the rerun (default: all)")
    parser.add_argument("--hash-seed", type=int, default=1, help="PYTHONHASHSEED of the rerun, on which no result may depend (default: 1)")
    parser.add_argument("--bytes", action="store_true", help="figures and paper must be equal byte for byte")


def run(chosen: argparse.Namespace) -> int:
    rules = load()["verification"]
    if chosen.results:
        if not (Path(chosen.results) / "paper").is_dir():
            raise DataError(f"{chosen.results}: no run of the study is there (it has no folder paper/)")
        return _report(compare(ROOT, Path(chosen.results), rules), chosen.bytes)
    folder = Path(chosen.keep or tempfile.mkdtemp(prefix="verify-")).resolve()
    if chosen.keep and folder.exists() and any(folder.iterdir()):
        raise DataError(f"{folder}: is not empty; --keep takes a new folder")
    start = time.monotonic()
    try:
        copy_sources(folder)
        rerun(folder, chosen.cores, chosen.hash_seed)
        status = _report(compare(ROOT, folder, rules), chosen.bytes)
    except RerunFailed as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if not chosen.keep:
        shutil.rmtree(folder)
    print(
        f"Rerun from raw data in {(time.monotonic() - start) / 60:.1f} minutes, PYTHONHASHSEED={chosen.hash_seed}, cores: {chosen.cores}."
    )
    return status


def _report(results: list[Result], strict: bool) -> int:
    counts = Counter(result.status for result in results)
    fails = [result for result in results if result.fails or (strict and result.status == REDRAWN)]
    for result in sorted(results, key=lambda r: (WORST_FIRST.index(r.status), r.path)):
        if result.status in (IDENTICAL, WITHIN):
            continue
        print(f"{result.status:>22}  {result.path}")
        for difference in result.differences[:SHOWN]:
            print(f"{'':24}{difference}")
        if len(result.differences) > SHOWN:
            print(f"{'':24}and {len(result.differences) - SHOWN} more")
    cells = sum(result.cells for result in results)
    print(f"\n{len(results)} files, {cells:,} cells: " + ", ".join(f"{counts[s]} {s}" for s in WORST_FIRST if counts[s]) + ".")
    print("Verified." if not fails else f"NOT verified: {len(fails)} file{'s' if len(fails) > 1 else ''}.")
    return 1 if fails else 0
