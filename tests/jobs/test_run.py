"""What a run says when it ends: where the documents are, what they lack, and that an interruption is no failure."""

import json
import os
import signal
import subprocess
import sys

import pytest

from analysis.core.rawfiles import ROOT
from analysis.jobs.run import READ_TEXT, TEXT, made, only_text

pytestmark = pytest.mark.fast
STUB = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(1)); print('up', flush=True); time.sleep(60)"
RUN = f"""
import sys
from pathlib import Path
from analysis.jobs.run import _run
with Path(sys.argv[1]).open("a+") as lock:
    sys.exit(_run([sys.executable, "-c", {STUB!r}], lock))
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


def test_a_changed_sentence_is_told_from_any_other_change():
    last = {"paper/sections/market.typ": [10, 1], "paper/references.bib": [5, 1], "config/study.yaml": [7, 1], "IPS_DATA": [""]}
    assert only_text(last, {**last, "paper/sections/market.typ": [11, 2]})
    assert not only_text(last, {**last, "paper/sections/market.typ": [11, 2], "config/study.yaml": [7, 2]})
    assert not only_text(last, {**last, "IPS_DATA": ["elsewhere"]})
    assert not only_text(last, {**last, "paper/sections/new.typ": [3, 1]})
    assert not only_text({**last, "paper/gone.typ": [3, 1]}, last)


def test_no_other_rule_reads_the_text():
    """A rule that names a text of a paper among its inputs must be planned when one changes."""
    for file in (ROOT / "workflow/rules").glob("*.smk"):
        for rule in file.read_text(encoding="utf-8").split("\nrule ")[1:]:
            name, body = rule.split(":", 1)
            reads = any(f'{ending}"' in body for ending in TEXT) or "texts(" in body
            assert not reads or name in READ_TEXT, f"{file.name}: {name}"
