"""What the last run took, from its logs."""

import re

import pytest

from analysis.__main__ import main
from analysis.commands import profile
from analysis.core.catalogue import ROOT
from analysis.jobs.job import job
from analysis.review import runtime

pytestmark = pytest.mark.fast

LOGS = {
    "estimate/a/x.log": "a warning\ndone: 3.20 s, 3.00 s of CPU, 214 MB\n",
    "estimate/a/y.log": "done: 1.30 s, 0.90 s of CPU, 300 MB\n",
    "estimate/b/z.log": "done: 9 s, 9 s of CPU, 999 MB\nstill working\n",
    "judge.log": "",
    "quote/paper.log": "done: 5.00 s, 0.25 s of CPU, nan MB\n",
    "notes.log": "done: 5.00 s, 5.00 s of CPU, 1 MB\n",
}


@pytest.fixture
def logs(tmp_path):
    for path, text in LOGS.items():
        (tmp_path / "logs" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "logs" / path).write_text(text)
    return tmp_path / "logs"


def test_time_and_memory_are_read_from_the_last_lines_of_logs(logs):
    estimate, judge, _ = runtime.stages(logs)
    assert (estimate["jobs"], estimate["measured"], round(estimate["seconds"], 2), estimate["cpu"]) == (3, 2, 4.5, 3.9)
    assert (estimate["longest"], estimate["peak"]) == (3.2, 300) and judge["measured"] == 0


def test_a_job_leaves_the_line_that_is_read(tmp_path):
    with job(str(tmp_path / "clean" / "register.log")):
        sum(range(10**6))
    (ran,) = runtime.jobs(tmp_path)
    assert (ran.stage, ran.name) == ("clean", "register") and ran.measured and ran.cpu > 0 and ran.memory > 1


def test_the_profile_puts_the_longest_first_and_adds_up(logs, monkeypatch, capsys):
    monkeypatch.setattr(profile, "ROOT", logs.parent)
    assert main(["profile", "--slowest", "2"]) == 0
    said = capsys.readouterr().out
    assert re.findall(r"^(quote|estimate|judge|all)\b", said, flags=re.MULTILINE) == ["quote", "estimate", "judge", "all"]
    assert re.search(r"^all +5 +9\.5 +4\.2 +5\.0 +300$", said, flags=re.MULTILINE)
    assert "2 of the jobs did not end" in said
    assert [line.split()[-1] for line in said.split("The slowest jobs\n")[1].splitlines()] == ["paper", "a/x"]


def test_without_a_run_the_profile_says_what_to_do(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(profile, "ROOT", tmp_path)
    assert main(["profile"]) == 2 and "run `make`" in capsys.readouterr().err


def test_every_rule_of_the_workflow_that_logs_is_a_stage():
    text = "".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    assert set(re.findall(r'"logs/(\w+)', text)) - {"benchmark"} == set(runtime.STAGES)
