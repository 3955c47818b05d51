"""What the last run took, read from its logs: the last line of each is `done: 3.21 s, 214 MB`."""

from __future__ import annotations

import re
from pathlib import Path

DONE = re.compile(r"^done: ([\d.]+) s, ([\d.]+|nan) MB$")
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
    "trace": "provenance",
    "dossier": "the dossier",
    "codebook": "the codebook",
}


def stages(logs: Path) -> list[dict]:
    """Return one row per stage: stage, what, jobs, measured (jobs with a time), seconds (sum), longest (s), peak (MB).

    A job without a last line of the kind (it never ended, or was not run by this version) counts as a job and not as measured.
    """
    jobs: dict[str, list[tuple[float, float] | None]] = {}
    for path in sorted(logs.rglob("*.log")):
        stage = path.relative_to(logs).parts[0].removesuffix(".log")
        if stage in STAGES:
            jobs.setdefault(stage, []).append(_measured(path))
    rows = []
    for stage in (name for name in STAGES if name in jobs):
        measured = [job for job in jobs[stage] if job]
        seconds, memory = zip(*measured, strict=True) if measured else ((), ())
        rows.append(
            {
                "stage": stage,
                "what": STAGES[stage],
                "jobs": len(jobs[stage]),
                "measured": len(measured),
                "seconds": sum(seconds),
                "longest": max(seconds, default=0.0),
                "peak": max((m for m in memory if m == m), default=0.0),
            }
        )
    return rows


def _measured(path: Path) -> tuple[float, float] | None:
    lines = path.read_text(encoding="utf-8", errors="replace").rstrip().rsplit("\n", 1)
    match = DONE.match(lines[-1])
    return (float(match[1]), float(match[2])) if match else None
