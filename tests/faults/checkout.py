"""A copy of the study that is run, broken and run again: what its small target makes, and who is at work in it."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from analysis.core.catalogue import ROOT
from bootstrap import REPEATABLE
from tests.conftest import LEFT_OUT

# Sources, panels, estimates of several kinds, a figure, a table and facts, from files of the repository: some ten seconds.
TARGETS = (
    "data/processed/estimates/province_link_within/new_product_sales.parquet",
    "data/processed/estimates/green_share/none.parquet",
    "data/processed/estimates/province_att/total_rd.parquet",
    "paper/tables/institutions_table.csv",
    "figures/province_map.pdf",
)
MADE = ("data/processed", "figures", "paper/tables")
PATIENCE = 300  # seconds until a run counts as hanging, on a busy machine


@dataclass(frozen=True)
class Checkout:
    """A checkout at `path`, in which runs see no files from outside the repository."""

    path: Path

    def command(self, *arguments: str, cores: int = 2) -> list[str]:
        return [sys.executable, "-m", "analysis.jobs.run", "--cores", str(cores), *(arguments or TARGETS)]

    def environment(self, **changes: str | None) -> dict[str, str]:
        """Return the variables of a run: those of this process, then `changes`, in which None takes one away."""
        merged = os.environ | REPEATABLE | {"IPS_DATA": str(self.path / "none")} | changes
        return {name: value for name, value in merged.items() if value is not None}

    def run(self, *arguments: str, cores: int = 2, **changes: str | None) -> subprocess.CompletedProcess:
        """Run the small target, or `arguments`, to the end."""
        return subprocess.run(
            self.command(*arguments, cores=cores),
            cwd=self.path,
            env=self.environment(**changes),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def start(self, **changes: str | None) -> subprocess.Popen:
        """Start a run of the small target in a session of its own, and do not wait for it."""
        return subprocess.Popen(
            self.command(),
            cwd=self.path,
            env=self.environment(**changes),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def made(self) -> dict[str, str]:
        """Return SHA-256 by path of what runs have made; a temporary file that was left counts too."""
        files = [path for folder in MADE for path in (self.path / folder).rglob("*") if path.is_file() and path.name != "README.md"]
        return {path.relative_to(self.path).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)}

    def clear(self) -> None:
        """Take away what runs have made and what Snakemake remembers."""
        for folder in (*MADE, ".snakemake", "logs"):
            shutil.rmtree(self.path / folder, ignore_errors=True)

    def at_work(self) -> list[psutil.Process]:
        """Return the processes of this user that work in this checkout."""
        return [process for process in psutil.process_iter() if _folder(process) == str(self.path)]

    def kill(self, processes: list[psutil.Process]) -> None:
        for process in processes:
            try:
                process.send_signal(signal.SIGKILL)
            except psutil.NoSuchProcess:
                continue

    def settled(self, seconds: float = 60.0) -> list[str]:
        """Wait until nobody works here any more; return the command lines of who still does when the time is over.

        The process that jobs are forked from notices that nobody needs it once it has imported the libraries: seconds, on a busy
        machine half a minute, in which it writes nothing.
        """
        end = time.monotonic() + seconds
        while (left := self.at_work()) and time.monotonic() < end:
            time.sleep(0.1)
        return [" ".join(command_of(process)) for process in left]


def command_of(process: psutil.Process) -> list[str]:
    """Return the command line of a process; empty once it is gone."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _folder(process: psutil.Process) -> str:
    try:
        return "" if process.status() == psutil.STATUS_ZOMBIE else process.cwd()
    except psutil.Error:
        return ""


def copy_of_study(folder: Path) -> Checkout:
    """Copy what the study is made from into `folder`, without any result."""
    shutil.copytree(ROOT, folder, ignore=LEFT_OUT)
    checkout = Checkout(folder.resolve())
    checkout.clear()
    return checkout
