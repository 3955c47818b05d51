"""The study's jobs through a real Slurm: the same bytes as on this machine, also after jobs were killed, timed out and held back."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from analysis.core.rawfiles import ROOT
from analysis.jobs import sweep as jobs
from tests.cluster.one_node import Node, needed, wait_for

FOLDER = "data/processed/estimates"
TARGETS = [f"{FOLDER}/{name}/new_product_sales.parquet" for name in ("province_link_within", "province_link_hausman")]


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    needed()
    node = Node(tmp_path_factory.mktemp("slurm"))
    try:
        yield node.start()
    finally:
        node.stop()


@pytest.fixture(autouse=True)
def _whole(request):
    """Leave no node held back for the next test, should one fail in between."""
    yield
    if "node" in request.fixturenames and "DRAIN" in request.getfixturevalue("node").ask("sinfo", "-h", "-o", "%T").upper():
        request.getfixturevalue("node").set("resume")


@pytest.fixture(scope="module")
def plugins():
    """Return the folder with what requirements-slurm.lock adds, as `make CLUSTER=slurm` puts it there."""
    subprocess.run([sys.executable, "bootstrap.py", "--cluster", "slurm"], cwd=ROOT, check=True)
    return ROOT / ".slurm"


def run(copy, *arguments, **environment):
    command = [sys.executable, "-m", "analysis.jobs.run", *arguments]
    variables = os.environ | {"IPS_DATA": str(copy / "none")} | environment
    return subprocess.Popen(command, cwd=copy, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finished(process, seconds=400):
    try:
        said, _ = process.communicate(timeout=seconds)
    finally:
        process.kill()
    assert process.returncode == 0, said
    return said


def test_killed_timed_out_and_held_back_jobs_end_with_the_bytes_of_this_machine(scratch_copy, node, plugins):
    finished(run(scratch_copy, "--cores", "all", *TARGETS))
    expected = {target: (scratch_copy / target).read_bytes() for target in TARGETS}
    for target in TARGETS:
        (scratch_copy / target).unlink()
    settings = scratch_copy / "config/cluster.yaml"
    settings.write_text(settings.read_text().replace('partition: ""', "partition: main").replace("seconds: 60", "seconds: 0"))
    process = run(scratch_copy, "--cluster", "slurm", *TARGETS, **node.environment, PYTHONPATH=str(plugins))

    wait_for(lambda: len(node.jobs("RUNNING")) == 2, 120, "both jobs to run", node.logs)
    node.set("drain")  # before they end: what comes after them has to wait
    killed, timed_out = node.jobs("RUNNING")
    node.ask("scancel", killed)
    node.ask("scontrol", "update", f"JobId={timed_out}", "EndTime=now")
    wait_for(lambda: killed in node.jobs("CANCELLED"), 60, "a job to be killed", node.logs)
    # A job beyond its time is ended by Slurm, or ends itself first, because Slurm starts no more steps of it.
    wait_for(lambda: timed_out in node.jobs("TIMEOUT") + node.jobs("FAILED"), 90, "a job to reach its time limit", node.logs)
    wait_for(lambda: len(node.jobs("PENDING")) == 2, 120, "their second attempts to wait for the node", node.logs)
    assert node.jobs("RUNNING") == [] and process.poll() is None
    node.set("resume")

    said = finished(process)
    assert said.count("Trying to restart job") == 2, said
    assert {target: (scratch_copy / target).read_bytes() for target in TARGETS} == expected
    assert "Nothing to be done" in finished(run(scratch_copy, "--cores", "1", *TARGETS))


def test_a_sweep_on_the_cluster_has_the_bytes_of_one_here(tmp_path, node, plugins, monkeypatch):
    generator = np.random.default_rng(3)
    table = pd.DataFrame([(f"f{unit}", year) for unit in range(15) for year in range(2012, 2017)], columns=["firm", "year"])
    unit = table["firm"].str[1:].astype(int)
    table.assign(first=np.where(unit < 6, 2014 + unit % 2, 0), y=generator.normal(size=len(table))).to_csv(
        tmp_path / "panel.csv", index=False
    )
    model = [
        "--estimator",
        "two_way_fixed_effects",
        "--outcome",
        "y",
        "--unit",
        "firm",
        "--time",
        "year",
        "--cohort",
        "first",
        "--size",
        "4000",
    ]

    command = [
        sys.executable,
        "-m",
        "analysis",
        "sweep",
        "permutations",
        str(tmp_path / "panel.csv"),
        *model,
        "--jobs",
        "2",
        "--on",
        "slurm",
    ]
    variables = os.environ | node.environment | {"PYTHONPATH": str(plugins)}
    there, here = tmp_path / "there", tmp_path / "here"
    finished(
        subprocess.Popen(
            [*command, "--out", str(there)], cwd=ROOT, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
    )
    here.mkdir()
    shutil.copy(there / "plan.json", here)
    monkeypatch.chdir(here)
    jobs.scatter(0, 1, "0.done")
    jobs.gather(["result.parquet"])
    assert (here / "result.parquet").read_bytes() == (there / "result.parquet").read_bytes()
