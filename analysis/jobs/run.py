"""Runs the workflow: one run at a time, at once done when nothing has changed, with nothing to clean up after a crash.

    python -m analysis.jobs.run [--cores N | --cluster slurm] [--quiet] [TARGET ...] [any option of Snakemake]

The run holds a lock of the operating system, which ends with the process whatever ends it; Snakemake's own locks, which
outlive a crash, are switched off.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from analysis.core.atomic import atomic, sweep
from analysis.core.errors import ConfigError, UnknownName
from analysis.core.paths import FIGURES, PROCESSED, TABLES
from analysis.core.progress import QUIET, watched
from analysis.jobs.job import has_ended
from analysis.jobs.surroundings import FEW_JOBS, cache_variables, date_back, lacking

try:
    import fcntl
except ImportError:  # Windows has no such locks; Snakemake's own stay on there.
    fcntl = None  # type: ignore[assignment]

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / ".snakemake"
PROFILE = "workflow/profiles/default"
# Folders whose files a run reads or writes, and what in them is neither.
FOLDERS = ("analysis", "config", "data", "figures", "paper", "workflow")
FILES = ("Snakefile", "bootstrap.py", "requirements.lock")
VARIABLES = ("IPS_DATA", "IPS_BLIND")
# What a run writes; any other file that changes while it runs may have come too late for a job.
WRITTEN = (
    f"{PROCESSED}/",
    f"{FIGURES}/",
    f"{TABLES}/",
    "paper/numbers.json",
    "paper/paper.pdf",
    "paper/supplement.pdf",
    "paper/dossier.html",
    "paper/codebook.md",
)
# Folders into which runs write results; one that was killed may have left part of a file there.
MADE = (PROCESSED, FIGURES, "paper")
# Target → document, and its numbers, which say what is absent.
DOCUMENTS = {"study": ("paper/paper.pdf", "paper/numbers.json"), "validation": ("paper/validation.pdf", "paper/validation_numbers.json")}
# Rules that read the papers' text, and the targets' own: where nothing else has changed since a whole run, no other need be planned.
TEXT, READ_TEXT = (".typ", ".bib"), ("study", "validation", "typeset", "dossier")
BACK = "What rests on that says so in place of the archived results; `git checkout figures paper` brings those back."


def main(arguments: list[str]) -> int:
    """Run the workflow with `arguments` of Snakemake; return its exit status."""
    try:
        where, arguments = _where(arguments)
        if "--quiet" in arguments:
            arguments = [word for word in arguments if word != "--quiet"]
            os.environ[QUIET] = "1"
        return _alone(arguments, where)
    except (ConfigError, UnknownName) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"error: the study cannot run in {ROOT}: {error}", file=sys.stderr)
        return 1


def _alone(arguments: list[str], where: list[str]) -> int:
    """Run as `main` does unless another run is at work; `where` says where jobs run."""
    STATE.mkdir(exist_ok=True)
    with (STATE / "run.lock").open("a+") as lock:
        if not _locked(lock):
            lock.seek(0)
            print(
                f"error: another run of this study is at work in {ROOT} (process {lock.read().strip() or 'unknown'}); wait for it",
                file=sys.stderr,
            )
            return 1
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        if lacks := lacking(ROOT, (*MADE, TABLES, "logs")):
            print(f"error: {lacks}", file=sys.stderr)
            return 1
        for folder in MADE:
            sweep(ROOT / folder, leaving=("whatif",))  # a person may be asking at the same time
        return _make(arguments, where, lock)


def _make(arguments: list[str], where: list[str], lock: IO) -> int:
    """Have Snakemake make what is asked for, unless nothing has changed since it did; return its exit status."""
    stamp = STATE / f"done-{hashlib.sha256(json.dumps(_targets(arguments)).encode()).hexdigest()[:12]}.json"
    before = state()
    if date_back(ROOT, before):
        before = state()
    try:
        last = json.loads(stamp.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # never made, or half a file
        last = {}
    if last == before:
        print("Nothing to be done: no file that the study reads or writes has changed since the last run.")
        _say(arguments)
        return 0
    stamp.unlink(missing_ok=True)
    # Targets first: the options of a cluster take lists, which would swallow them.
    command = [sys.executable, "-m", "snakemake", *arguments, *(["--nolock"] if fcntl else []), *where]
    if last and only_text(last, before):
        command += ["--allowed-rules", *READ_TEXT]
        os.environ[FEW_JOBS] = "yes"
    status = execute(command, lock)
    if status == 0 and not {"-n", "--dry-run"} & set(arguments):
        after = state()
        _say(arguments)
        _leave_manifest()
        if _read(before) == _read(after):
            with contextlib.suppress(OSError), atomic(stamp) as temporary:  # without it the next run looks again
                temporary.write_text(json.dumps(after), encoding="utf-8")
    return status


def _where(arguments: list[str], minutes: int = 0) -> tuple[list[str], list[str]]:
    """Return the options that say where jobs run, and the other arguments; `--cluster NAME` sends them there."""
    if "--cluster" not in arguments:
        return ["--profile", PROFILE], arguments
    from analysis.jobs import cluster  # here, because most runs need none, and a second `make` is over in a moment

    place = arguments.index("--cluster")
    name, kept = "".join(arguments[place + 1 : place + 2]), arguments[:place] + arguments[place + 2 :]
    options = ["--profile", cluster.profile(name), *cluster.arguments(name, minutes), f"--slurm-jobname-prefix=ips{os.getpid()}"]
    os.environ |= cluster.environment(name)
    return options, kept


def run_sweep(folder: Path, jobs: int, cluster_name: str = "", minutes: int = 60, cores: str = "all") -> int:
    """Run the sweep whose plan is in `folder` as so many jobs, here or on a cluster (`minutes` each); return the exit status."""
    where, _ = _where(["--cluster", cluster_name] if cluster_name else [], minutes)
    with (folder / "run.lock").open("a+") as lock:
        if not _locked(lock):
            print(f"error: another run of this sweep is at work in {folder}; wait for it", file=sys.stderr)
            return 1
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        about = ["--snakefile", str(ROOT / "workflow/sweep.smk"), "--directory", str(folder), "--nolock", "--config", f"jobs={jobs}"]
        command = [sys.executable, "-m", "snakemake", *about, *([] if cluster_name else ["--cores", cores]), *where]
        return execute(command, lock, folder / "logs")


def execute(command: list[str], lock: IO, logs: Path = ROOT / "logs") -> int:
    """Run Snakemake and return its exit status; when this process is told to end, all jobs end at once, and no failure is reported."""
    signals: list[int] = []
    began = time.time()
    environment = os.environ | cache_variables(STATE / "cache")
    if watched() or QUIET in os.environ:
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT / "workflow/plugins"), os.environ.get("PYTHONPATH"))))
        command = [*command, "--logger", "study"]
    # Snakemake holds the lock as well, should this process end before it. A terminal sends Ctrl-C to both; only this one heeds it, for
    # Snakemake would wait for its jobs. They end with it (analysis.jobs.job), and leave no half-written file.
    more: dict = {"pass_fds": [lock.fileno()], "preexec_fn": _deaf} if fcntl else {}
    with subprocess.Popen(command, cwd=ROOT, env=environment, **more) as process:

        def end(number: int, _frame: object) -> None:
            signals.append(number)
            process.kill()

        before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            status = process.wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
    if signals:
        if sys.stderr.isatty():
            print("\r\x1b[2K\x1b[?25h", end="", file=sys.stderr)  # the bar hid the cursor, and was not asked to end
        _cancel(command)
        ended = sum(path.stat().st_mtime >= began and has_ended(str(path)) for path in logs.rglob("*.log"))
        jobs = f"what {ended} job{'' if ended == 1 else 's'} made is kept" if ended else "nothing was finished yet"
        print(f"\nInterrupted, not failed: {jobs}. The same command goes on from there.", file=sys.stderr)
        return 128 + signals[-1]
    return status


def _deaf() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _cancel(command: list[str]) -> None:
    """Take the jobs of an interrupted run out of the queue of a cluster."""
    prefix = next((word.partition("=")[2] for word in command if word.startswith("--slurm-jobname-prefix=")), "")
    if prefix:
        from analysis.jobs import cluster

        cluster.cancel(prefix)


def _leave_manifest() -> None:
    """Write what the run was; one that cannot is no failure of the study."""
    from analysis.review.manifest import write  # here, because a run that has nothing to do writes none

    try:
        write(ROOT)
    except OSError as error:
        print(f"note: this run left no manifest: {error}", file=sys.stderr)


def _say(arguments: list[str]) -> None:
    for line in made(_targets(arguments)):
        print(line)


def made(targets: list[str], root: Path = ROOT) -> list[str]:
    """Return lines that say where the documents are, if `targets` ask for them, and what they were made without."""
    names = [name for name in DOCUMENTS if name in targets or (name == "study" and not targets)]
    lines, absent = [f"Made: {root / DOCUMENTS[name][0]}" for name in names], {}
    for name in names:
        numbers = root / DOCUMENTS[name][1]
        absent |= dict.fromkeys(json.loads(numbers.read_text(encoding="utf-8"))["absent"].values()) if numbers.exists() else {}
    lines += [f"Made without: {reason}" for reason in absent]
    return lines + [BACK] * bool(absent)


def _targets(arguments: list[str]) -> list[str]:
    """Return what is asked for: all arguments but the number of cores."""
    kept = list(arguments)
    if "--cores" in kept:
        del kept[kept.index("--cores") : kept.index("--cores") + 2]
    return kept


def _locked(lock: IO) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def state() -> dict[str, list]:
    """Return size and time of change of every file that the study reads or writes, by path, and the variables that it heeds."""
    external = os.environ.get("IPS_DATA", "")
    shared = ROOT.parent / "shared" / "data"
    folders = [ROOT / name for name in FOLDERS] + [Path(external) if external else shared]
    found = [*(path for folder in folders for path in _files(folder)), *(ROOT / name for name in FILES)]
    seen = {os.path.relpath(path, ROOT): _print(path) for path in found}
    return seen | {name: [os.environ.get(name, "")] for name in VARIABLES}


def _read(state_: dict[str, list]) -> dict[str, list]:
    """Return the part of a state that a run reads and does not write."""
    return {path: about for path, about in state_.items() if not path.startswith(WRITTEN)}


def only_text(last: dict[str, list], now: dict[str, list]) -> bool:
    """Return whether two states of the study differ in texts of the papers alone, none of which has come or gone."""
    return last.keys() == now.keys() and all(path.startswith("paper/") and path.endswith(TEXT) for path in last if last[path] != now[path])


def _files(folder: Path) -> Iterator[Path]:
    for top, inner, names in os.walk(folder):
        inner[:] = [name for name in inner if name not in ("__pycache__", "whatif")]
        yield from (Path(top, name) for name in names)


def _print(path: Path) -> list[int]:
    about = path.stat()
    return [about.st_size, about.st_mtime_ns]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
