"""What a sweep is, before any of it runs: the work, cut into blocks whose results do not depend on who runs them.

A block is the unit of randomness and of restarting: its stream is that of its own number (Monte Carlo: of its replications),
never of the job that runs it, so that the number of jobs cannot change a number. A job runs blocks; what a block found is a file,
and a block that has its file is not run again.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from analysis.core.catalogue import program_files, version
from analysis.core.errors import BadOption, DataError
from analysis.core.storage import write_text

FILE = "plan.json"
# Kind of sweep → how many of its size a block runs; a combination of a sample and an outcome is a block of its own.
BLOCK = {"permutations": 1000, "montecarlo": 10, "curve": 1}
MOST_JOBS = 10_000


@dataclass(frozen=True)
class Plan:
    """A sweep: `size` draws, replications or combinations, `seed` of all, and what its kind needs to know (`about`, plain JSON).

    `data` is the file it reads, absolute, with its hash, and `code` the version of the programs; both blank where there is none.
    """

    kind: str
    size: int
    seed: int
    about: dict
    data: str = ""
    hash: str = ""
    code: str = ""

    @property
    def blocks(self) -> int:
        return math.ceil(self.size / BLOCK[self.kind])

    def within(self, block: int) -> range:
        """Return what a block runs: numbers of draws, replications or combinations."""
        first = block * BLOCK[self.kind]
        return range(first, min(first + BLOCK[self.kind], self.size))

    def stream(self, block: int) -> int:
        """Return the seed of a block, of the sequence that the seed of the sweep spawns for its number (63 bits)."""
        words = np.random.SeedSequence(self.seed, spawn_key=(block,)).generate_state(1, np.uint64)
        return int(words[0] >> 1)


def hash_of(data: Path | None) -> str:
    """Return the SHA-256 of a file, blank where there is none."""
    if data is None:
        return ""
    with data.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def check_unchanged(plan: Plan) -> None:
    """Raise DataError where the data or the programs are others than when the plan was made: blocks of both would be mixed."""
    if plan.hash and (not Path(plan.data).is_file() or hash_of(Path(plan.data)) != plan.hash):
        raise DataError(f"{plan.data}: is not the file that the sweep began with; put that back, or begin in a new folder")
    if plan.code and version(program_files()) != plan.code:
        raise DataError("the programs are not those that the sweep began with; put them back, or begin in a new folder")


def blocks_of(plan: Plan, job: int, jobs: int) -> range:
    """Return the blocks that job number `job` of `jobs` runs: contiguous, no two jobs the same, together all."""
    return range(job * plan.blocks // jobs, (job + 1) * plan.blocks // jobs)


def settle(plan: Plan, folder: Path, jobs: int) -> int:
    """Write the plan into `folder`, or find the same one there to go on with; return how many jobs can share its blocks.

    Raises BadOption for a number of jobs out of range and DataError for a folder that holds something else.
    """
    if not 1 <= jobs <= MOST_JOBS:
        raise BadOption(f"--jobs {jobs}: takes a number from 1 to {MOST_JOBS:,}", "jobs", jobs, f"1 to {MOST_JOBS}")
    if folder.exists() and not folder.is_dir():
        raise DataError(f"{folder}: is a file; --out names a folder")
    written = json.dumps(asdict(plan), indent=1, sort_keys=True) + "\n"
    if (folder / FILE).exists():
        # Where a file lies is no part of what is done with it.
        before, now = (asdict(replace(one, data="")) for one in (read(folder), Plan(**json.loads(written))))
        differs = [name for name in now if before[name] != now[name]]
        if differs:
            raise DataError(
                f"{folder}: holds another sweep (differs in {', '.join(differs)}); --out takes a new folder, or take this one away"
            )
    elif folder.exists() and any(folder.iterdir()):
        raise DataError(f"{folder}: is not empty, and no sweep; --out takes a new folder")
    write_text(written, folder / FILE)
    return min(jobs, plan.blocks)


def read(folder: Path) -> Plan:
    """Return the plan in `folder`; raise DataError where there is none that can be read."""
    try:
        return Plan(**json.loads((folder / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise DataError(f"{folder / FILE}: no plan of a sweep ({error})") from error
