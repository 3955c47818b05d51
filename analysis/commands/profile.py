"""Say where the time of the last run went: jobs, seconds and memory by rule, and the slowest jobs.

Read from the logs: `make clean` before a run gives a whole run's; otherwise a job counts as it last ran. Seconds are from
start to end of a job, so that they grow where several run at once; seconds of CPU do not. With --record what jobs took becomes
what they ask for on a cluster (docs/cluster.md).
"""

from __future__ import annotations

import argparse

from analysis.core.catalogue import ROOT
from analysis.core.errors import DataError
from analysis.core.storage import write_text
from analysis.jobs import cluster
from analysis.review.needs import needs, text
from analysis.review.runtime import Job, jobs, stages


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--slowest", type=int, default=10, metavar="N", help="how many of the slowest jobs (default 10)")
    parser.add_argument("--record", metavar="CLUSTER", default="", help="write what jobs of each rule need on this cluster: slurm")


def run(chosen: argparse.Namespace) -> int:
    ran, rows = jobs(ROOT / "logs"), stages(ROOT / "logs")
    if not ran:
        raise DataError("logs/: no job has run here yet; run `make`")
    print("\n".join([*by_rule(rows), "", *slowest(ran, chosen.slowest)]))
    if chosen.record:
        print(f"Recorded: {record(ran, chosen.record)}")
    return 0


def record(ran: list[Job], name: str) -> str:
    """Write what the jobs need on the cluster `name`; return the path of the file. Rules that did not run keep what they had."""
    path = f"{cluster.profile(name)}/resources.yaml"
    before = cluster.resources(name) if (ROOT / path).exists() else {}
    write_text(text(needs(ran, cluster.settings()["margin"], before)), ROOT / path)
    return path


def by_rule(rows: list[dict]) -> list[str]:
    """Return the lines of a table of rules, the longest first, and of their sum."""
    lines = [f"{'rule':<12}{'jobs':>6}{'seconds':>10}{'CPU':>9}{'longest':>9}{'peak MB':>9}"]
    for row in sorted(rows, key=lambda row: -row["seconds"]):
        lines.append(
            f"{row['stage']:<12}{row['jobs']:>6}{row['seconds']:>10.1f}{row['cpu']:>9.1f}{row['longest']:>9.1f}{row['peak']:>9.0f}"
        )
    total = {key: sum(row[key] for row in rows) for key in ("jobs", "measured", "seconds", "cpu")}
    longest, peak = (max(row[key] for row in rows) for key in ("longest", "peak"))
    lines.append(f"{'all':<12}{total['jobs']:>6}{total['seconds']:>10.1f}{total['cpu']:>9.1f}{longest:>9.1f}{peak:>9.0f}")
    unmeasured = total["jobs"] - total["measured"]
    return lines + ([f"{unmeasured} of the jobs did not end, or left no time in their logs"] if unmeasured else [])


def slowest(ran: list[Job], number: int) -> list[str]:
    """Return a line for each of the slowest jobs that ended."""
    ended = sorted((job for job in ran if job.measured), key=lambda job: -job.seconds)
    lines = [f"{job.seconds:>8.1f} s {job.memory:>6.0f} MB  {job.stage} {job.name}".rstrip() for job in ended[:number]]
    return ["The slowest jobs", *lines]
