"""Progress: a bar for who looks on, none for a file, and Ctrl-C that ends within two seconds and says what is kept."""

import subprocess
import sys

from analysis.core.progress import QUIET, Shown, duration, track, words
from analysis.core.rawfiles import ROOT
from tests.terminal import on_a_terminal

LOOP = """
import time
from analysis.core import progress
progress.PATIENCE = 0.2
for _ in progress.track(range(8), 8, "draws"):
    time.sleep(0.2)
print("ready")
"""
# A command whose one step is a long one of a library's: Python heeds no Ctrl-C before it ends.
STUCK = """
import sys, time
import numpy as np
from analysis import __main__ as command
command.import_module = lambda name: command
command.declare = lambda parser: None
def run(chosen):
    print("up", flush=True)
    while True:
        np.linalg.svd(np.ones((3000, 3000)))
command.run = run
command.end_when_interrupted()
sys.exit(command.main(["profile"]))
"""


def test_a_long_loop_shows_one_bar_with_time_left():
    said, status, _ = on_a_terminal(["-c", LOOP])
    assert status == 0 and "of 8 draws" in said and " left" in said and "ready" in said


def test_no_bar_when_quiet_or_not_on_a_terminal():
    assert "of 8 draws" not in on_a_terminal(["-c", LOOP], **{QUIET: "1"})[0]
    found = subprocess.run([sys.executable, "-c", LOOP], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stderr == "" and found.stdout == "ready\n"


def test_a_loop_that_nobody_watches_is_the_loop_itself():
    items = range(3)
    assert track(items, 3, "draws") is items


def test_ctrl_c_ends_a_command_within_two_seconds_whatever_it_is_at():
    said, status, took = on_a_terminal(["-c", STUCK], interrupt_after="up")
    assert status == 130 and "Interrupted" in said and "kept" in said
    assert took < 4  # two, and what a busy machine adds


def test_durations_read_as_said():
    assert [duration(seconds) for seconds in (0.4, 59.6, 190, 7500)] == ["0 s", "1 min 0 s", "3 min 10 s", "2 h 5 min"]
    assert words(Shown(0.0, "0 of 2 files", float("nan"))) == "0 of 2 files"
