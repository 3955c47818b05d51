"""What the last run took, read from its logs: the last line of each is `done: 3.21 s, 2.95 s of CPU, 214 MB`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

DONE = re.compile(r"^done: ([\d.]+) s, ([\d.]+) s of CPU, ([\d.]+|nan) MB$")
# What each rule of the workflow does, in the order in which they run.
STAGES = {
    "simulate": "firm files of the simulated cohort, where a reader has none",
    "clean": "raw files to canonical tables",
    "build": "canonical tables to panels",
    "estimate": "panels to estimates",
    "curve": "specification curves",
    "check": "printed numbers and second implementations",
    "montecarlo": "true effects",
    "count": "facts that the text quotes",
    "draw": "figures",
    "layout": "tables",
    "judge": "verdicts on claims",
    "recover": "what the pipeline recovers of true effects",
    "quote": "numbers of the text",
    "typeset": "the paper",
    "fingerprint": "hashes of the raw files",
    "trace": "provenance",
    "dossier": "the dossier",
    "codebook": "the codebook",
}


@dataclass(frozen=True)
class Job:
    """One job of the last run: its stage, its name within it, seconds from start to end, seconds of CPU and most memory (MB).

    The three are NaN where the log lacks the last line: the job never ended, or was not run by this version. Memory alone
    is where the system does not say.
    """

    stage: str
    name: str
    seconds: float = math.nan
    cpu: float = math.nan
    memory: float = math.nan

    @property
    def measured(self) -> bool:
        return not math.isnan(self.seconds)


def jobs(logs: Path) -> list[Job]:
    """Return the jobs whose logs stand in a folder, in the order of stages and names; a log of no stage is none of them."""
    order = list(STAGES)
    return sorted((job for job in logged(logs) if job.stage in STAGES), key=lambda job: order.index(job.stage))


def logged(logs: Path) -> list[Job]:
    """Return the jobs of all logs in a folder, also of rules that are no stage of the study (a benchmark, a sweep)."""
    return [_job(path, path.relative_to(logs).with_suffix("").parts) for path in sorted(logs.rglob("*.log"))]


def stages(logs: Path) -> list[dict]:
    """Return one row per stage: stage, what, jobs, measured (jobs with a time), seconds and cpu (sums), longest (s), peak (MB)."""
    ran = jobs(logs)
    rows = []
    for stage in dict.fromkeys(job.stage for job in ran):
        own = [job for job in ran if job.stage == stage]
        measured = [job for job in own if job.measured]
        rows.append(
            {
                "stage": stage,
                "what": STAGES[stage],
                "jobs": len(own),
                "measured": len(measured),
                "seconds": sum(job.seconds for job in measured),
                "cpu": sum(job.cpu for job in measured),
                "longest": max((job.seconds for job in measured), default=0.0),
                "peak": max((job.memory for job in measured if not math.isnan(job.memory)), default=0.0),
            }
        )
    return rows


def _job(path: Path, parts: tuple[str, ...]) -> Job:
    lines = path.read_text(encoding="utf-8", errors="replace").rstrip().rsplit("\n", 1)
    match = DONE.match(lines[-1])
    return Job(parts[0], "/".join(parts[1:]), *map(float, match.groups() if match else ()))
