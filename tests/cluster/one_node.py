"""A real Slurm of one node on this machine, without systemd, cgroups or database: started in a folder, ended and gone."""

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

PACKAGES = ("slurm-wlm", "munge")
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol")
SETTINGS = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmdPort={other_port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
MpiDefault=none
ReturnToService=2
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmdSpoolDir={folder}/slurmd
StateSaveLocation={folder}/slurmctld
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SwitchType=switch/none
TaskPlugin=task/none
ProctrackType=proctrack/linuxproc
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,sched_min_interval=0,batch_sched_delay=0
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
MinJobAge=900
KillWait=2
OverTimeLimit=0
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


class Node:
    """The cluster: `environment` are the variables with which programs find it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.host = folder, socket.gethostname().split(".")[0]
        self.environment = {"SLURM_CONF": str(folder / "slurm.conf"), "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
        self.started: list[subprocess.Popen] = []

    def start(self) -> "Node":
        for name in ("slurmd", "slurmctld"):
            (self.folder / name).mkdir()
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20 - 512
        about = {"folder": self.folder, "host": self.host, "user": pwd.getpwuid(os.getuid()).pw_name, "memory": memory}
        about |= {"cpus": os.cpu_count(), "port": _free_port(), "other_port": _free_port()}
        (self.folder / "slurm.conf").write_text(SETTINGS.format(**about))
        # The plugin takes SLURM_CONF, with all variables of Slurm, away from the steps that a job starts.
        (self.folder / "bin").mkdir()
        (self.folder / "bin/srun").write_text(f'#!/bin/sh\nSLURM_CONF={self.folder}/slurm.conf exec {shutil.which("srun")} "$@"\n')
        (self.folder / "bin/srun").chmod(0o755)
        (self.folder / "munge.key").write_bytes(os.urandom(1024))
        (self.folder / "munge.key").chmod(0o400)
        munge = {
            "socket": "munge.socket",
            "key-file": "munge.key",
            "pid-file": "munge.pid",
            "log-file": "munge.log",
            "seed-file": "munge.seed",
        }
        # --force: the folder of a test is not owned by root all the way up.
        self._daemon("munged", "--foreground", "--force", *(f"--{option}={self.folder / name}" for option, name in munge.items()))
        wait_for(lambda: (self.folder / "munge.socket").exists(), 10, "munge to answer")
        self._daemon("slurmctld", "-D")
        self._daemon("slurmd", "-D")
        wait_for(lambda: self.state() == "idle", 20, "the node to be idle", self.logs)
        return self

    def stop(self) -> None:
        for process in reversed(self.started):
            process.terminate()
        for process in self.started:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()

    def ask(self, *command: str) -> str:
        found = subprocess.run(command, env=os.environ | self.environment, capture_output=True, text=True, check=False)
        return found.stdout.strip() if found.returncode == 0 else f"{found.stdout}{found.stderr}".strip()

    def state(self) -> str:
        return self.ask("sinfo", "--noheader", "-o", "%T")

    def set(self, state: str) -> None:
        """Drain the node, or take it back into service (`resume`)."""
        self.ask("scontrol", "update", f"NodeName={self.host}", f"State={state}", "Reason=test")

    def jobs(self, state: str) -> list[str]:
        """Return the numbers of the jobs in a state: RUNNING, PENDING, TIMEOUT, CANCELLED, ..."""
        return self.ask("squeue", "--noheader", "--states", state, "-o", "%i").split()

    def logs(self) -> str:
        return "\n".join(path.read_text(errors="replace")[-2000:] for path in self.folder.glob("*.log"))

    def _daemon(self, *command: str) -> None:
        found = shutil.which(command[0], path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
        log = (self.folder / f"{command[0]}.out").open("w")
        # Daemons end with the tests, however these end.
        more = {"stdout": log, "stderr": subprocess.STDOUT, "start_new_session": True, "preexec_fn": _end_with_parent}
        self.started.append(subprocess.Popen([found, *command[1:]], env=os.environ | self.environment, **more))


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, int(signal.SIGTERM))


def wait_for(condition, seconds: float, what: str, why=lambda: "") -> None:
    """Wait until `condition()` holds, at most so many seconds; then fail, saying what was waited for."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"waited {seconds} s in vain for {what}\n{why()}")
        time.sleep(0.2)


def ready() -> str:
    """Install Slurm where apt works and the user may; return why it is not there, or an empty text."""
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    missing = [name for name in PROGRAMS if not shutil.which(name, path=path)]
    if missing and shutil.which("apt-get") and os.getuid() == 0:
        quiet = {
            "stdout": subprocess.DEVNULL,
            "stderr": subprocess.DEVNULL,
            "check": False,
            "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
        }
        subprocess.run(["apt-get", "update", "-qq"], **quiet)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES], **quiet)
        missing = [name for name in PROGRAMS if not shutil.which(name, path=path)]
    return f"needs Slurm: {', '.join(missing)} (Debian: apt-get install {' '.join(PACKAGES)})" if missing else ""


def needed() -> None:
    """Skip without Slurm, or fail where IPS_REQUIRE_SLURM says that it must be there."""
    why = ready()
    if why and os.environ.get("IPS_REQUIRE_SLURM"):
        pytest.fail(why)
    if why:
        pytest.skip(why)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
