"""Disks, rights, clocks, names and numbers of processes: each gives the same bytes, or one clear line and the same bytes afterwards."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults.checkout import PATIENCE, TARGETS, Checkout

PART = "Surroundings"
# Further interpreters to try, by path; each sets up an environment, which takes minutes.
PYTHONS = list(filter(None, os.environ.get("IPS_FAULT_PYTHONS", "").split(os.pathsep)))
ELSEWHERE = "/proc/none"  # where nobody can make a folder, not even the superuser
# Whether this process may mount: then disks can be made small and read-only.
MOUNTS = sys.platform == "linux" and shutil.which("unshare") and not subprocess.call(["unshare", "-m", "true"], stderr=subprocess.DEVNULL)
needs_mounts = pytest.mark.skipif(not MOUNTS, reason="this process may not mount file systems")


# Variables of other machines; tried one by one where there is time, else all at once, of each the last.
EACH_ALONE = int(os.environ.get("IPS_FAULT_MOMENTS", "3")) >= 10
VARIABLES: dict[str, dict[str, str | None]] = {
    "no HOME": {"HOME": None},
    "HOME and caches that cannot be written": {"HOME": ELSEWHERE, "XDG_CACHE_HOME": ELSEWHERE, "MPLCONFIGDIR": ELSEWHERE},
    "TMPDIR that is not there": {"TMPDIR": ELSEWHERE},
    "locale without any letter but ASCII": {
        "LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii",
    },
    "another time zone, west": {"TZ": "America/St_Johns"},
    "another time zone, east": {"TZ": "Pacific/Kiritimati"},
    "PYTHONHASHSEED 1": {"PYTHONHASHSEED": "1"},
    "PYTHONHASHSEED 2": {"PYTHONHASHSEED": "2"},
    "PYTHONHASHSEED at random": {"PYTHONHASHSEED": "random"},
}  # fmt: skip


def inside(checkout, script, **changes):
    """Run the small target after the mounts of `script`, which sees the checkout as $1, in a space of its own."""
    run = 'shift; exec "$@"'
    command = ["unshare", "-m", "sh", "-ec", f"{script}\n{run}", "sh", str(checkout.path), *checkout.command()]
    return subprocess.run(
        command, cwd=checkout.path, env=checkout.environment(**changes), capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def same(study, result, checkout=None):
    own, wanted, _ = study
    assert result.returncode == 0, result.stdout + result.stderr
    assert (checkout or own).made() == wanted


def refused(result, line):
    """Assert that a run failed with `line` and showed no traceback."""
    said = result.stdout + result.stderr
    assert result.returncode != 0 and re.search(line, said), said
    assert "Traceback" not in said, said


@needs_mounts
@pytest.mark.parametrize(
    ("name", "script", "line"),
    [
        (
            "disk full where tables go",
            'mkdir -p "$1/data/processed"; mount -t tmpfs -o size=48k none "$1/data/processed"',
            "No space left on device",
        ),
        (
            "disk full, the whole checkout",
            'mount -t tmpfs -o size=$(($(du -sk "$1" | cut -f1) + 2000))k none /mnt; cp -r "$1/." /mnt; cd /mnt',
            "the disk that holds /mnt has .* MB left",
        ),
        ("read-only checkout", 'mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"; cd "$1"', "cannot run in .*Read-only file system"),
        (
            "read-only folder of figures",
            'mkdir -p "$1/figures"; mount --bind "$1/figures" "$1/figures"; mount -o remount,bind,ro "$1/figures"',
            "cannot write into figures",
        ),
    ],
)
def test_no_room_and_no_right(study, record, name, script, line):
    checkout, _, _ = study
    checkout.clear()
    refused(inside(checkout, script), line)
    if EACH_ALONE or name.startswith("disk full where"):
        same(study, checkout.run())
    record(PART, f"{name}; then made good", 1, refused=1)


@pytest.mark.parametrize("name", VARIABLES if EACH_ALONE else ["all at once"])
def test_other_variables(study, record, name):
    changes = VARIABLES.get(name) or {key: value for each in VARIABLES.values() for key, value in each.items()}
    study[0].clear()
    same(study, study[0].run(**changes))
    record(PART, name, 1, same=1)


@pytest.mark.parametrize("cores", [1, 8] if EACH_ALONE else [8])
def test_other_numbers_of_cores(study, record, cores):
    study[0].clear()
    same(study, study[0].run(cores=cores))
    record(PART, f"{cores} core{'s' if cores > 1 else ''} (reference: 2)", 1, same=1)


@needs_mounts
def test_tmp_that_cannot_be_written(study, record):
    checkout, _, _ = study
    checkout.clear()
    script = 'mount --bind "$1" /mnt; for d in /tmp /var/tmp /usr/tmp; do [ -d $d ] && mount --bind $d $d && mount -o remount,bind,ro $d; done; cd /mnt'
    same(study, inside(checkout, script))
    record(PART, "/tmp and /var/tmp that cannot be written", 1, same=1)


def test_umask(study, record):
    checkout, _, _ = study
    checkout.clear()
    before = os.umask(0o077)
    try:
        same(study, checkout.run())
    finally:
        os.umask(before)
    record(PART, "umask 077", 1, same=1)


def test_a_path_with_spaces_and_chinese_characters(study, record, tmp_path):
    moved = Checkout(tmp_path / "一 个 文件夹" / "it's a study")
    moved.path.parent.mkdir()
    study[0].clear()
    shutil.copytree(study[0].path, moved.path)
    same(study, moved.run(), moved)
    record(PART, "path with spaces, an apostrophe and Chinese characters", 1, same=1)


def test_a_checkout_behind_a_symbolic_link(study, record, tmp_path):
    checkout, _, _ = study
    checkout.clear()
    (tmp_path / "link").symlink_to(checkout.path)
    same(study, Checkout(tmp_path / "link").run())
    record(PART, "checkout behind a symbolic link", 1, same=1)


def test_a_clock_set_back(study, record):
    """Sources from tomorrow, as after a clock was set back: made once, and a second run makes nothing again."""
    checkout, _, _ = study
    checkout.clear()
    tomorrow = time.time() + 86400
    files = [
        path for folder in ("analysis", "config", "data/raw", "workflow") for path in (checkout.path / folder).rglob("*") if path.is_file()
    ]
    for path in files:
        os.utime(path, (tomorrow, tomorrow))
    try:
        same(study, checkout.run())
        assert "Nothing to be done" in checkout.run().stdout
    finally:
        for path in files:
            os.utime(path)
    record(PART, "clock set back by a day after the checkout", 1, same=1)


@pytest.mark.skipif(not (Path(sys.prefix) / ".lock-sha256").exists(), reason="not the environment that bootstrap.py makes")
def test_make_with_many_jobs(study, record):
    checkout, _, _ = study
    checkout.clear()
    (checkout.path / ".venv").symlink_to(sys.prefix)
    try:
        command = ["make", "-j4", f"PYTHON={sys.executable}", f"CORES=2 {' '.join(TARGETS)}"]
        same(
            study,
            subprocess.run(
                command, cwd=checkout.path, env=checkout.environment(), capture_output=True, text=True, timeout=PATIENCE, check=False
            ),
        )
    finally:
        (checkout.path / ".venv").unlink()
    record(PART, "make -j4", 1, same=1)


@pytest.mark.parametrize("interpreter", PYTHONS)
def test_other_pythons(study, record, tmp_path, interpreter):
    """In an environment that bootstrap.py makes for that interpreter from the same lock."""
    own = Checkout(tmp_path / "study")
    study[0].clear()
    shutil.copytree(study[0].path, own.path)
    command = [interpreter, "bootstrap.py", "python", *own.command()[1:]]
    result = subprocess.run(
        command, cwd=own.path, env=own.environment(VIRTUAL_ENV=None), capture_output=True, text=True, timeout=10 * PATIENCE, check=False
    )
    same(study, result, own)
    said = subprocess.run([interpreter, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    record(PART, f"{said}, its own environment from the same lock", 1, same=1)


def test_two_runs_at_once(study, record):
    checkout, wanted, _ = study
    checkout.clear()
    first = checkout.start()
    end = time.monotonic() + PATIENCE
    while not (checkout.path / ".snakemake/run.lock").exists() and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(0.5)
    refused(checkout.run(), "another run of this study is at work")
    assert first.wait() == 0
    assert checkout.made() == wanted
    record(PART, "two runs at once: the second", 1, refused=1)
