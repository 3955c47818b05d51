"""What runs of a workflow, and how long the rest takes: jobs weighed by the seconds that they took before."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

from analysis.core.progress import Shown, duration, left_of
from analysis.review.runtime import logged

# A job that runs longer than jobs of its rule did counts as nearly done, never as done.
NEARLY = 0.95
LOOK = 3.0  # seconds before time left is said


class Running(NamedTuple):
    rule: str
    name: str
    since: float
    usual: float
    known: bool


class Board:
    """Jobs of one run: `counts` by rule, `before` the seconds that each took when it last ran (`last_seconds`); times are of one clock.

    A job counts with its own seconds of that run once it is known which jobs these are, until then with the mean of its rule.
    Where none of a rule has run before nothing is said of how far one is.
    """

    def __init__(self, counts: dict[str, int], before: dict[tuple[str, str], float], now: float) -> None:
        self.before, self.began = before, now
        self.counts = {rule: number for rule, number in counts.items() if number}
        own = {rule: [seconds for (its, _), seconds in before.items() if its == rule] for rule in self.counts}
        every = [seconds for seconds_ in own.values() for seconds in seconds_]
        overall = sum(every) / len(every) if every else 1.0
        self.mean = {rule: sum(seconds) / len(seconds) if seconds else overall for rule, seconds in own.items()}
        self.total = sum(self.mean[rule] * number for rule, number in self.counts.items())
        self.done, self.ended = 0.0, 0
        self.running: dict[int, Running] = {}

    def start(self, job: int, rule: str, name: str, now: float) -> None:
        mean, known = self.mean.get(rule, 1.0), any(its == rule for its, _ in self.before)
        # A job is never for nothing: starting and checking it takes some time as well.
        usual = max(self.before.get((rule, name), mean), 0.05)
        self.total += usual - mean
        self.running[job] = Running(rule, name, now, usual, known)

    def end(self, job: int) -> None:
        if one := self.running.pop(job, None):
            self.done += one.usual
            self.ended += 1

    def shown(self, now: float) -> Shown:
        """Return what a bar says: jobs done, time left if the rest goes on as what is done did, and what has been running longest."""
        done = self.done + sum(min(now - one.since, NEARLY * one.usual) for one in self.running.values() if one.known)
        share = done / self.total if self.total > 0 else 1.0
        left = left_of(share, now - self.began) if now - self.began >= LOOK else math.nan
        note = ""
        if self.running:
            slowest = min(self.running.values(), key=lambda one: one.since)
            note = f"slowest running: {slowest.rule} {slowest.name}".rstrip() + f", {duration(now - slowest.since)}"
        return Shown(share, f"{self.ended} of {sum(self.counts.values())} jobs", left, note)


def last_seconds(logs: Path) -> dict[tuple[str, str], float]:
    """Return (rule, name) → seconds of every job that left them in its log; an empty table where none has run."""
    return {(job.stage, job.name): job.seconds for job in logged(logs) if job.measured} if logs.is_dir() else {}
