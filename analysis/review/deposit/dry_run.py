"""Whether the unpacked deposit can reproduce the paper: its configuration loads, and its plan makes every result anew."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from analysis.review.deposit.checks import Deposit
from analysis.review.verification.rerun import TARGETS
from bootstrap import REPEATABLE

PLANNED = re.compile(r"^\s*(\w+)\s+(\d+)\s*$", re.MULTILINE)
# Rules of one job each; exhibits have as many jobs as there are exhibits.
ONCE = ("quote", "typeset", "trace", "dossier", "codebook", "judge")
REASON = 12  # lines of Snakemake's message that are passed on


def dry_run(deposit: Deposit) -> Iterator[str]:
    """A copy of the deposit in an empty folder, without the files that are not provided, plans every result anew."""
    with tempfile.TemporaryDirectory(prefix="deposit-") as folder:
        copy = Path(folder) / "unpacked"
        shutil.copytree(deposit.out, copy)
        done = plan(copy)
    if done.returncode:
        last = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()][-REASON:]
        yield f"snakemake -n stops in the unpacked deposit: {' / '.join(last)}"
        return
    jobs = {name: int(count) for name, count in PLANNED.findall(done.stdout + done.stderr)}
    for name in ONCE:
        if not jobs.get(name):
            yield f"snakemake -n in the unpacked deposit plans no job {name}: `make` would leave old results"
    exhibits = jobs.get("draw", 0) + jobs.get("layout", 0)
    if exhibits < len(deposit.study["exhibits"]):
        yield f"snakemake -n in the unpacked deposit plans {exhibits} of {len(deposit.study['exhibits'])} tables and figures"


def plan(folder: Path) -> subprocess.CompletedProcess:
    """Return the finished dry run of the workflow in `folder`, with no external files at hand."""
    environment = os.environ | REPEATABLE | {"IPS_DATA": str(folder / "none")}
    environment.pop("PYTHONPATH", None)
    command = [sys.executable, "-m", "snakemake", *TARGETS, "-n", "--profile", "workflow/profiles/default", "--logger", "rich"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
