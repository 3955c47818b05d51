"""What a cluster adds to the environment fits it: its lock leaves dependencies to requirements.lock."""

import re
import subprocess
import sys
from importlib.metadata import Distribution, version

import pytest
from packaging.requirements import Requirement

from analysis.core.rawfiles import ROOT
from analysis.jobs.cluster import arguments, resources, settings
from analysis.review.needs import needs
from analysis.review.runtime import Job

pytestmark = pytest.mark.fast


def test_the_additions_find_all_that_they_need_in_the_environment():
    subprocess.run([sys.executable, "bootstrap.py", "--cluster", "slurm"], cwd=ROOT, check=True)
    added = {one.name: one for one in Distribution.discover(path=[str(ROOT / ".slurm")])}
    assert set(added) == {"snakemake-executor-plugin-slurm", "snakemake-executor-plugin-slurm-jobstep"}
    for one in added.values():
        for line in one.requires or []:
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                found = added[needed.name].version if needed.name in added else version(needed.name)
                assert found in needed.specifier, (one.name, line, found)


def test_a_rule_of_the_workflow_has_its_needs_or_the_default_ones():
    rules = {
        rule for path in (ROOT / "workflow/rules").glob("*.smk") for rule in re.findall(r"^rule (\w+):", path.read_text(), re.MULTILINE)
    }
    assert set(resources("slurm")) - {"default"} <= rules
    assert {"clean", "build", "estimate", "curve", "montecarlo", "check"} <= set(resources("slurm"))


def test_a_group_asks_for_the_cpus_of_one_job_and_none_is_longer_than_the_limit():
    words = arguments("slurm")
    assert "cpus_per_task=1" in words and "cpus_per_task=local" in words
    together = [word.partition("=")[0] for word in words[words.index("--groups") + 1 : words.index("--group-components")]]
    limit = settings()["group"]["seconds"]
    assert together and all(resources("slurm")[rule]["seconds"] < limit for rule in together)


def test_needs_are_what_was_measured_with_a_margin_and_rules_that_did_not_run_keep_theirs():
    margin = {"memory": 1.5, "time": 4, "base_mb": 1000, "minutes": 2}
    ran = [Job("clean", "a", 50.0, 40.0, 400.0), Job("clean", "b", 10.0, 9.0, 500.0), Job("build", "never ended")]
    before = {"default": {}, "draw": {"mem_mb": 9000, "runtime": 3, "cpus": 1, "seconds": 7}}
    found = needs(ran, margin, before)
    assert found["clean"] == {"mem_mb": 1800, "runtime": 4, "cpus": 1, "seconds": 50}
    assert found["draw"] == before["draw"] and "build" not in found
    assert found["default"] == {"mem_mb": 9000, "runtime": 4, "cpus": 1, "seconds": 50}
