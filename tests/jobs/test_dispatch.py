"""Jobs are forked where no other thread can hold a lock, their ends are not lost, and one that stands still is replaced."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import forkserver
from pathlib import Path

import pytest

from analysis.core.rawfiles import ROOT
from analysis.jobs.dispatch import FEW_JOBS, Job, JobFailed, exit_status, make_ready
from analysis.jobs.job import die_with, job
from tests.terminal import heeding_signals

# Polars starts it when it is imported, and nothing keeps it from that. It waits for orders that nobody gives before the fork.
IDLE = "polars-ooc-clea"
FORKS, AT_ONCE, SECONDS = 200, 4, 120


def planned(name="0"):
    return Job("none", name, "", {}, {}, [], {})


def ends(planned, log, parent):
    """Do nothing and end as a job does, or with the status that its name says."""
    with job(log):
        pass
    os._exit(int(planned.name))


def stands_still_once(planned, log, parent):
    """Wait for ever as if a lock were held, unless that was done before."""
    before = Path(f"{log}.before")
    if not before.exists():
        before.write_text(str(os.getpid()))
        signal.pause()
    ends(planned, log, parent)


def works_for_long(planned, log, parent):
    """Say who works, and go on as a long job does, heedless of what is asked of it."""
    die_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Path(log).write_text(str(os.getpid()))
    time.sleep(300)


def stands_still(planned, log, parent):
    signal.pause()


@pytest.fixture(scope="module", autouse=True)
def server(tmp_path_factory):
    """Start the process that jobs are forked from, and wait until it has imported everything."""
    make_ready()
    assert exit_status(ends, planned(), str(tmp_path_factory.mktemp("log") / "log")) == 0


def test_the_process_that_is_forked_from_has_one_thread_that_works():
    tasks = Path(f"/proc/{forkserver._forkserver._forkserver_pid}/task")
    if not tasks.exists():
        pytest.skip("the system does not say which threads a process has")
    names = sorted((task / "comm").read_text().strip() for task in tasks.iterdir())
    assert len([name for name in names if name != IDLE]) == 1, names


def test_hundreds_of_forks_from_several_threads_end_and_none_loses_its_status(tmp_path):
    start = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        logs = [str(tmp_path / f"{number}.log") for number in range(FORKS)]
        statuses = list(threads.map(lambda log: exit_status(ends, planned("3"), log), logs))
    assert time.monotonic() - start < SECONDS
    # The work is said to be done, so that the status of an abort after it does not count; that of a failure would.
    assert statuses == [0] * FORKS
    with ThreadPoolExecutor(AT_ONCE) as threads:
        assert list(threads.map(lambda log: exit_status(ends, planned("1"), log), logs[:40])) == [1] * 40


def test_a_job_that_stands_still_before_it_begins_is_replaced(tmp_path):
    log = tmp_path / "log"
    assert exit_status(stands_still_once, planned(), str(log), begun_within=1.0) == 0
    first = int((tmp_path / "log.before").read_text())
    assert not Path(f"/proc/{first}").exists()
    with pytest.raises(JobFailed, match="not begun"):
        exit_status(stands_still, planned(), str(tmp_path / "other"), begun_within=0.3)


LONG = """
import sys
from analysis.jobs.dispatch import exit_status
from tests.jobs.test_dispatch import planned, works_for_long
exit_status(works_for_long, planned(), sys.argv[1])
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_no_job_outlives_the_run_that_asked_for_it(tmp_path, how):
    """Whatever ends the run, and with no terminal whose end would end all."""
    log = tmp_path / "log"
    environment = os.environ | {FEW_JOBS: "yes"}
    run = subprocess.Popen(
        [sys.executable, "-c", LONG, str(log)], cwd=ROOT, env=environment, start_new_session=True, preexec_fn=heeding_signals
    )
    within(60, lambda: log.exists() and log.read_text())
    process = Path(f"/proc/{log.read_text()}")
    os.kill(run.pid, how)
    run.wait()
    within(20, lambda: not process.exists())


def within(seconds, so):
    end = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < end
        time.sleep(0.05)
