"""Blocks of a sweep: jobs share them out whole, streams are theirs alone, and a folder holds one sweep."""

import numpy as np
import pytest

from analysis.core.errors import BadOption, DataError
from analysis.sweeps import blocks
from analysis.sweeps.plan import Plan, blocks_of, read, settle

pytestmark = pytest.mark.fast
PLAN = Plan("permutations", 100_500, 7, {"model": "a"}, "/one/place.csv", "hash", "code")


@pytest.mark.parametrize("jobs", [1, 2, 7, 50, 101])
def test_jobs_share_out_all_blocks_and_none_twice(jobs):
    shared = [block for job in range(jobs) for block in blocks_of(PLAN, job, jobs)]
    assert shared == list(range(PLAN.blocks))
    assert [draw for block in shared for draw in PLAN.within(block)] == list(range(PLAN.size))


def test_the_stream_of_a_block_is_what_its_sequence_spawns():
    spawned = np.random.SeedSequence(7).spawn(PLAN.blocks)
    assert [PLAN.stream(block) for block in (0, 99)] == [int(spawned[block].generate_state(1, np.uint64)[0] >> 1) for block in (0, 99)]
    assert len({PLAN.stream(block) for block in range(PLAN.blocks)}) == PLAN.blocks


def test_a_folder_goes_on_with_its_own_sweep_and_refuses_others(tmp_path):
    folder = tmp_path / "sweep"
    assert settle(PLAN, folder, 500) == PLAN.blocks
    assert settle(Plan(**vars(PLAN) | {"data": "/moved/place.csv"}), folder, 4) == 4
    assert read(folder).data == "/moved/place.csv"
    with pytest.raises(DataError, match="another sweep \\(differs in size, seed\\)"):
        settle(Plan(**vars(PLAN) | {"size": 5, "seed": 1}), folder, 4)
    (tmp_path / "other").mkdir()
    (tmp_path / "other/notes.txt").write_text("mine")
    with pytest.raises(DataError, match="is not empty"):
        settle(PLAN, tmp_path / "other", 4)
    with pytest.raises(BadOption, match="--jobs 0"):
        settle(PLAN, folder, 0)
    with pytest.raises(DataError, match="no plan"):
        read(tmp_path)


def test_a_block_keeps_its_numbers_exactly_and_half_a_file_is_no_block(tmp_path):
    numbers = np.array([1 / 3, np.nan, 1e-300])
    blocks.save(tmp_path, 3, {"a": numbers}, [{"x": float(numbers[0]), "n": np.int64(4)}])
    arrays, plain = blocks.load(tmp_path, 3)
    assert arrays["a"].tobytes() == numbers.tobytes() and plain == [{"x": 1 / 3, "n": 4}]
    assert blocks.done(tmp_path, 3) and not blocks.done(tmp_path, 4)
    whole = blocks.path_of(tmp_path, 3).read_bytes()
    blocks.path_of(tmp_path, 3).write_bytes(whole[: len(whole) // 2])
    assert not blocks.done(tmp_path, 3)
