"""What the bar of a run says: jobs done, time left, the slowest that runs."""

import pytest

from analysis.core.progress import words
from analysis.jobs.board import Board

pytestmark = pytest.mark.fast


def test_a_line_says_counts_time_left_and_what_runs_longest():
    board = Board({"estimate": 3, "draw": 1}, {("estimate", "a"): 10.0, ("estimate", "b"): 20.0, ("draw", "c"): 5.0}, 0.0)
    board.start(1, "estimate", "a", 0.0)
    board.start(2, "estimate", "b", 4.0)
    board.end(1)
    shown = board.shown(14.0)
    # 10 s of a and 10 of b's 20 s are done, of 10 + 20 + 15 (a third estimate, unknown) + 5.
    assert shown.share == pytest.approx(20 / 50) and shown.left == pytest.approx(21.0)
    assert words(shown) == "1 of 4 jobs · 21 s left · slowest running: estimate b, 10 s"


def test_a_job_that_overruns_is_never_done_before_it_ends():
    board = Board({"draw": 1}, {("draw", "c"): 5.0}, 0.0)
    board.start(1, "draw", "c", 0.0)
    assert board.shown(500.0).share == pytest.approx(0.95)
    board.end(1)
    assert board.shown(500.0).share == 1.0


def test_of_a_job_that_never_ran_before_no_time_left_is_made_up():
    board = Board({"benchmark": 1}, {}, 0.0)
    board.start(1, "benchmark", "", 0.0)
    assert words(board.shown(125.0)) == "0 of 1 jobs · slowest running: benchmark, 2 min 5 s"
