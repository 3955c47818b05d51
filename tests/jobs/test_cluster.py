"""A cluster that takes no jobs is told in a line, before anything is sent; one that is full is waited for."""

import os

import pytest

from analysis.core.errors import ConfigError
from analysis.jobs import cluster

pytestmark = pytest.mark.fast
ANSWERS = {
    "invalid partition": (1, "sbatch: error: invalid partition specified: nope\nallocation failure: Invalid partition name specified"),
    "controller down": (1, "allocation failure: Unable to contact slurm controller (connect failure)"),
    "no settings": (1, "sbatch: fatal: Could not establish a configuration source"),
    "wrong account": (1, "sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified"),
}


def program(folder, name, status, said):
    path = folder / name
    path.write_text(f"#!/bin/sh\nprintf '%s' '{said}' >&2\nexit {status}\n" if status else f"#!/bin/sh\necho '{said}'\n")
    path.chmod(0o755)


@pytest.mark.parametrize("name", ANSWERS)
def test_a_refusal_says_what_to_settle(tmp_path, monkeypatch, name):
    program(tmp_path, "sbatch", *ANSWERS[name])
    program(tmp_path, "sinfo", 0, "main")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(ConfigError) as refused:
        cluster.check_answers()
    assert ANSWERS[name][1].splitlines()[-1] in str(refused.value)
    assert "config/cluster.yaml names partition and account; it has the partitions main" in str(refused.value)


def test_no_program_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="no program sbatch on this machine; run it on a login node"):
        cluster.check_answers()


@pytest.mark.parametrize(
    ("status", "said"), [(0, "sbatch: Job 1 to start"), (1, "allocation failure: Requested node configuration is not available")]
)
def test_a_cluster_that_takes_jobs_now_or_later_is_used(tmp_path, monkeypatch, status, said):
    program(tmp_path, "sbatch", status, said)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    cluster.check_answers()


def test_one_that_does_not_answer_is_not_waited_for(tmp_path, monkeypatch):
    (tmp_path / "sbatch").write_text("#!/bin/sh\nexec sleep 60\n")
    (tmp_path / "sbatch").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(cluster, "PATIENCE", 0.2)
    with pytest.raises(ConfigError, match="does not answer"):
        cluster.check_answers()
