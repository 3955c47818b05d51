"""What jobs need on a cluster, from what they took here: workflow/profiles/<cluster>/resources.yaml."""

from __future__ import annotations

import math
from collections.abc import Iterable

from analysis.review.runtime import Job

HEAD = """\
# Made by `make profile ARGS="--record slurm"` from the logs of a run: what a job of each rule asks for on a cluster, by the margins of
# config/cluster.yaml. `seconds` is the longest that one took; `default` stands for rules that no run has measured.
resources:
"""


def needs(ran: Iterable[Job], margin: dict, before: dict[str, dict]) -> dict[str, dict]:
    """Return rule → mem_mb, runtime (minutes), cpus, seconds over the most that its jobs took; rules that did not run keep what is `before`.

    `default` is the largest of all. A job runs in one process with one thread, so that it needs one CPU.
    """
    found = {rule: about for rule, about in before.items() if rule != "default"}
    measured: dict[str, list[Job]] = {}
    for job in ran:
        if job.measured:
            measured.setdefault(job.stage, []).append(job)
    for rule, own in measured.items():
        longest, peak = max(job.seconds for job in own), max((job.memory for job in own if not math.isnan(job.memory)), default=0.0)
        found[rule] = {
            "mem_mb": math.ceil((peak * margin["memory"] + margin["base_mb"]) / 100) * 100,
            "runtime": max(math.ceil(longest * margin["time"] / 60), margin["minutes"]),
            "cpus": 1,
            "seconds": math.ceil(longest),
        }
    largest = {name: max(about[name] for about in found.values()) for name in ("mem_mb", "runtime", "cpus", "seconds")} if found else {}
    return {"default": largest or {"mem_mb": 2 * margin["base_mb"], "runtime": 60, "cpus": 1, "seconds": 600}} | dict(sorted(found.items()))


def text(found: dict[str, dict]) -> str:
    """Return the file that holds them."""
    lines = (f"  {rule}: {{{', '.join(f'{name}: {value}' for name, value in about.items())}}}" for rule, about in found.items())
    return HEAD + "\n".join(lines) + "\n"
