"""What a run says when it ends: where the documents are, what they lack, and that an interruption is no failure."""

import contextlib
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from analysis.core.rawfiles import ROOT
from analysis.jobs.run import READ_TEXT, TEXT, made, only_text
from tests.terminal import heeding_signals, on_a_terminal

STUB = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(1)); print('up', flush=True); time.sleep(60)"
RUN = f"""
import sys
import time
from pathlib import Path
from analysis.jobs.run import execute
with Path(sys.argv[1]).open("a+") as lock:
    sys.exit(execute([sys.executable, "-c", {STUB!r}], lock))
"""


@pytest.mark.fast
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


@pytest.mark.fast
def test_nothing_is_missing_where_all_was_at_hand(tmp_path):
    (tmp_path / "paper").mkdir()
    (tmp_path / "paper/numbers.json").write_text(json.dumps({"absent": {}}))
    assert len(made(["study"], tmp_path)) == 1


@pytest.mark.fast
@pytest.mark.parametrize(
    "signals", [[signal.SIGTERM], [signal.SIGHUP], [signal.SIGINT] * 20], ids=["asked", "terminal closed", "impatient"]
)
def test_an_interrupted_run_says_so_and_takes_its_jobs_along(tmp_path, signals):
    with subprocess.Popen(
        [sys.executable, "-c", RUN, str(tmp_path / "lock")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heeding_signals,
    ) as process:
        assert process.stdout.readline() == "up\n"
        for number in signals:
            process.send_signal(number)
            time.sleep(0.01)
        _, said = process.communicate(timeout=20)  # ends with the last that holds the pipe
    assert process.returncode == 128 + signals[0] and "Traceback" not in said
    assert "Interrupted, not failed" in said


def test_ctrl_c_ends_a_run_and_its_jobs_and_says_what_is_kept(scratch_copy):
    target = "data/processed/montecarlo/spells.parquet"  # takes about a minute
    arguments = ["-m", "analysis.jobs.run", "--cores", "1", target]
    said, status, took = on_a_terminal(
        arguments, "slowest running: montecarlo spells, 1 s", scratch_copy, IPS_DATA=str(scratch_copy / "none")
    )
    assert status == 130 and "0 of 1 jobs" in said
    assert "Interrupted, not failed: nothing was finished yet" in said
    assert took < 4  # two seconds, and what a busy machine adds
    assert not (scratch_copy / target).exists()
    left = [path.name for path in (scratch_copy / "data/processed/montecarlo").glob("*")]
    assert left == []
    for about in Path("/proc").glob("[0-9]*/cwd"):  # no job goes on
        with contextlib.suppress(OSError):
            assert about.resolve() != scratch_copy.resolve()


@pytest.mark.fast
def test_a_changed_sentence_is_told_from_any_other_change():
    last = {"paper/sections/market.typ": [10, 1], "paper/references.bib": [5, 1], "config/study.yaml": [7, 1], "IPS_DATA": [""]}
    assert only_text(last, {**last, "paper/sections/market.typ": [11, 2]})
    assert not only_text(last, {**last, "paper/sections/market.typ": [11, 2], "config/study.yaml": [7, 2]})
    assert not only_text(last, {**last, "IPS_DATA": ["elsewhere"]})
    assert not only_text(last, {**last, "paper/sections/new.typ": [3, 1]})
    assert not only_text({**last, "paper/gone.typ": [3, 1]}, last)


@pytest.mark.fast
def test_no_other_rule_reads_the_text():
    """A rule that names a text of a paper among its inputs must be planned when one changes."""
    for file in (ROOT / "workflow/rules").glob("*.smk"):
        for rule in file.read_text(encoding="utf-8").split("\nrule ")[1:]:
            name, body = rule.split(":", 1)
            reads = any(f'{ending}"' in body for ending in TEXT) or "texts(" in body
            assert not reads or name in READ_TEXT, f"{file.name}: {name}"
