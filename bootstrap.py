#!/usr/bin/env python3
"""Create the pinned environment and run a program in it, with nothing but Python's standard library.

    python3 bootstrap.py [--cluster NAME] PROGRAM [arguments ...]

The environment (.venv) is rebuilt whenever requirements.lock changes; otherwise this only sets the
variables that make results repeatable and hands over to PROGRAM. With --cluster the additions of
requirements-NAME.lock are put into the folder .NAME, beside the environment and not into it.
"""

import collections.abc
import contextlib
import hashlib
import os
import pathlib
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parent
LOCK = ROOT / "requirements.lock"
ENVIRONMENT = ROOT / ".venv"
BIN = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
STAMP = ENVIRONMENT / ".lock-sha256"
SUPPORTED = ((3, 11), (3, 12), (3, 13))

# Numerical libraries sum in a different order with more threads; Snakemake is what runs in parallel.
REPEATABLE = {
    "PYTHONHASHSEED": "0",
    "SOURCE_DATE_EPOCH": "1767225600",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "POLARS_MAX_THREADS": "1",
    "MPLBACKEND": "agg",
}


PIP = ["-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-deps"]


def fetched(pip: list[str]) -> None:
    """Run pip, which says what is wrong; end with a line that says what to do where it fails."""
    import subprocess

    if subprocess.call(pip):
        sys.exit(
            "error: the pinned packages could not be installed (pip says why above); see to the network, and the same command starts again."
        )


def install() -> None:
    """Fill .venv from the lock, with uv where it is at hand and pip otherwise; both check every hash."""
    import subprocess  # here, because every command asks this module for REPEATABLE, and installs nothing
    import venv

    if sys.version_info[:2] not in SUPPORTED:
        wanted = " or ".join(".".join(map(str, version)) for version in SUPPORTED)
        sys.exit(f"This project needs Python {wanted}; {sys.executable} is {sys.version.split()[0]}.")
    print(f"Installing the pinned environment into {ENVIRONMENT.name} (one to several minutes, once) ...", flush=True)
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    try:
        venv.create(ENVIRONMENT, with_pip=True)
    except subprocess.CalledProcessError:
        sys.exit("Python's venv module is incomplete here (on Debian or Ubuntu: apt-get install python3-venv).")
    python = str(BIN / "python")
    # Errors only: warnings are of the reader's own settings of pip.
    pip = [python, *PIP]
    uv = shutil.which("uv")
    sync = [uv, "pip", "sync", "--quiet", "--python", python] if uv else []
    if not (sync and subprocess.call([*sync, "--require-hashes", str(LOCK)]) == 0):
        fetched([*pip, "--require-hashes", "-r", str(LOCK)])
    STAMP.write_text(lock_hash())


def add(cluster: str) -> str:
    """Put what a run on `cluster` adds into a folder of its own, and return the folder; every start of Snakemake loads the plugins it
    finds, so that runs on this machine shall not find these."""
    lock, folder = ROOT / f"requirements-{cluster}.lock", ROOT / f".{cluster}"
    if not lock.exists():
        known = ", ".join(sorted(path.stem.removeprefix("requirements-") for path in ROOT.glob("requirements-*.lock")))
        sys.exit(f"error: CLUSTER={cluster}: no such cluster; there is {known}")
    stamp, wanted = folder / ".lock-sha256", lock_hash(lock)
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"Installing what {cluster} needs into {folder.name} ...", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        fetched([str(BIN / "python"), *PIP, "--target", str(folder), "--require-hashes", "-r", str(lock)])
        stamp.write_text(wanted)
    return str(folder)


def lock_hash(lock: pathlib.Path = LOCK) -> str:
    return hashlib.sha256(lock.read_bytes() + str(sys.version_info[:2]).encode()).hexdigest()


@contextlib.contextmanager
def alone() -> "collections.abc.Iterator[None]":
    """Hold the lock file, which ends with the process, while the environment is looked at."""
    with LOCK.open() as lock:
        with contextlib.suppress(ImportError, OSError):  # Windows, and file systems without locks
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main(arguments: list[str]) -> None:
    cluster = arguments[1] if arguments[:1] == ["--cluster"] else ""
    arguments = arguments[2:] if cluster else arguments
    with alone():  # a second run waits for the environment that a first one installs
        if not STAMP.exists() or STAMP.read_text() != lock_hash():
            install()
    for name, value in REPEATABLE.items():
        os.environ.setdefault(name, value)
    os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    os.environ["VIRTUAL_ENV"] = str(ENVIRONMENT)
    if cluster:
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (add(cluster), os.environ.get("PYTHONPATH"))))
    if arguments:
        sys.stdout.flush()
        os.execv(BIN / arguments[0], [str(BIN / arguments[0]), *arguments[1:]])


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        print("\nInterrupted while the environment was set up: the same command starts that again.", file=sys.stderr)
        sys.exit(130)
