"""kill -9 of a run at random moments: running it again is all that is needed, and ends with the same bytes."""

import os
import random
import time

import psutil
import pytest

from tests.faults.checkout import command_of

MOMENTS = int(os.environ.get("IPS_FAULT_MOMENTS", "3"))
KILLS = 11  # seed of the moments, so that one that failed comes again


def jobs_of(checkout):
    """Return the processes of single jobs: forked from the one that has the libraries loaded. Processes may end while they are listed."""
    servers = [process for process in checkout.at_work() if "multiprocessing.forkserver" in " ".join(command_of(process))]
    first = [server for server in servers if parent_of(server) not in {s.pid for s in servers}]
    return [child for server in first for child in children_of(server)]


def parent_of(process):
    try:
        return process.ppid()
    except psutil.NoSuchProcess:
        return None


def children_of(process):
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def everything(checkout):
    return checkout.at_work()


def run_and_snakemake(checkout):
    """Return all but the jobs, which must notice by themselves that nobody waits for them."""
    jobs = {process.pid for process in jobs_of(checkout)}
    return [process for process in checkout.at_work() if process.pid not in jobs and "multiprocessing" not in " ".join(command_of(process))]


@pytest.mark.parametrize(
    ("victims", "name"),
    [(everything, "kill -9 of all processes of a run"), (run_and_snakemake, "kill -9 of a run and of Snakemake, jobs left alone")],
)
def test_a_killed_run_goes_on_where_it_was(study, record, victims, name):
    checkout, wanted, seconds = study
    moments = random.Random(KILLS)
    for _ in range(MOMENTS):
        checkout.clear()
        process = checkout.start()
        time.sleep(moments.uniform(0.1, 1.0) * seconds)
        checkout.kill(victims(checkout))
        process.wait()
        assert checkout.settled() == [], "somebody goes on writing"
        broken = {
            path for path, content in checkout.made().items() if not path.rpartition("/")[2].startswith(".") and content != wanted[path]
        }
        assert not broken, "half a file under its final name"
        result = checkout.run()
        assert result.returncode == 0, result.stdout + result.stderr
        assert checkout.made() == wanted
    record("Killed", f"{name}, at a random moment", MOMENTS, same=MOMENTS)


def test_a_killed_job_fails_its_run_and_is_made_again(study, record):
    checkout, wanted, seconds = study
    killed = 0
    for _ in range(MOMENTS):
        checkout.clear()
        process = checkout.start()
        end = time.monotonic() + 10 * seconds
        while process.poll() is None and time.monotonic() < end:
            if jobs := jobs_of(checkout):
                checkout.kill(jobs[-1:])
                killed += 1
                break
            time.sleep(0.02)
        process.wait()
        assert checkout.settled() == []
        result = checkout.run()
        assert result.returncode == 0, result.stdout + result.stderr
        assert checkout.made() == wanted
    record("Killed", "kill -9 of a single job", killed, same=killed)
