"""Run the whole study with treatment labels permuted among units, so that designs can be settled before looking.

A copy of this checkout is run in a temporary folder; every page, figure and table says that it is blind. What is kept is the
paper, the dossier, figures and tables, in the folder --out (kept out of version control). Choose and change designs on it; then
record them with `python -m analysis freeze`, and run the study openly.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from analysis.core.blinding import MARK, VARIABLE
from analysis.core.catalogue import ROOT
from analysis.core.errors import DataError
from analysis.review.verification.rerun import RESULT_FILES, RESULTS, RerunFailed, copy_sources, rerun


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=1, help="seed of the permutation (default: 1)")
    parser.add_argument("--out", default="blind", help="new or empty folder for what the run made (default: blind)")
    parser.add_argument("--keep", metavar="FOLDER", help="run in this new folder and keep it")
    parser.add_argument("--cores", default="all", help="cores of the run (default: all)")


def run(chosen: argparse.Namespace) -> int:
    out, folder = (ROOT / chosen.out).resolve(), Path(chosen.keep or tempfile.mkdtemp(prefix="blind-")).resolve()
    for place, option in ((out, "--out"), (folder, "--keep")):
        if place.exists() and (not place.is_dir() or any(place.iterdir())):
            raise DataError(f"{place}: is not an empty folder; {option} takes a new one")
    if chosen.seed < 0:
        raise DataError(f"--seed {chosen.seed}: takes a whole number from 0")
    copy_sources(folder)
    try:
        rerun(folder, chosen.cores, more={VARIABLE: str(chosen.seed)})
    except RerunFailed as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for path in RESULTS:
        shutil.copytree(folder / path, out / path)
    for path in RESULT_FILES:
        shutil.copy2(folder / path, out / path)
    if not chosen.keep:
        shutil.rmtree(folder)
    print(f"{MARK} (seed {chosen.seed}). Read {out / 'paper/paper.pdf'}; nothing here was changed.")
    return 0
