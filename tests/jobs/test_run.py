"""What a run says when it ends: where the documents are, what they lack, and that an interruption is no failure."""

import json
import os
import signal
import subprocess
import sys

import pytest

from analysis.core.rawfiles import ROOT
from analysis.jobs.run import made

pytestmark = pytest.mark.fast
STUB = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(1)); print('up', flush=True); time.sleep(60)"
RUN = f"""
import sys
from pathlib import Path
from analysis.jobs.run import execute
with Path(sys.argv[1]).open("a+") as lock:
    sys.exit(execute([sys.executable, "-c", {STUB!r}], lock))
"""


def test_the_end_names_the_document_and_once_what_it_was_made_without(tmp_path):
    (tmp_path / "paper").mkdir()
    (tmp_path / "paper/numbers.json").write_text(
        json.dumps({"absent": {"a": "Lists: not found. Put them there.", "b": "Lists: not found. Put them there."}})
    )
    document, without, back = made([], tmp_path)
    assert document.endswith("paper/paper.pdf")
    assert without == "Made without: Lists: not found. Put them there."
    assert "git checkout figures paper" in back
    assert made(["paper/tables/x.csv"], tmp_path) == []


def test_nothing_is_missing_where_all_was_at_hand(tmp_path):
    (tmp_path / "paper").mkdir()
    (tmp_path / "paper/numbers.json").write_text(json.dumps({"absent": {}}))
    assert len(made(["study"], tmp_path)) == 1


def test_an_interrupted_run_says_so_and_takes_its_jobs_along(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", RUN, str(tmp_path / "lock")], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "up\n"
        os.kill(process.pid, signal.SIGTERM)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 128 + signal.SIGTERM
    assert said.startswith("Interrupted, not failed")
