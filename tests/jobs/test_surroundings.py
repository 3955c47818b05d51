"""What a run needs of the machine, and what it says where that is lacking."""

import os
import time

import pytest

from analysis.jobs import surroundings
from analysis.jobs.surroundings import cache_variables, date_back, lacking

pytestmark = pytest.mark.fast


def test_a_machine_with_room_lacks_nothing(tmp_path):
    assert lacking(tmp_path, ["not there yet"]) == ""


def test_a_disk_without_room_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(surroundings, "ROOM", 10**18)
    assert "MB left; make room" in lacking(tmp_path, [])


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    (tmp_path / "figures").mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: path.name != "figures")
    assert "cannot write into figures" in lacking(tmp_path, ["figures", "paper"])


def test_the_cache_is_the_users_own_where_it_can_be_written(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_variables(tmp_path / "cache") == {}
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert cache_variables(tmp_path / "cache") == {"XDG_CACHE_HOME": str(tmp_path / "cache")}


def test_files_from_the_future_are_dated_now_and_others_keep_their_date(tmp_path):
    for name, age in (("old", 100), ("new", -100)):
        (tmp_path / name).write_text("")
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    state = {name: [0, (tmp_path / name).stat().st_mtime_ns] for name in ("old", "new")} | {"IPS_DATA": [""], "../x": [0, 2**63]}
    assert date_back(tmp_path, state) and not date_back(tmp_path, {"old": state["old"]})
    assert (tmp_path / "old").stat().st_mtime_ns == state["old"][1]
    assert (tmp_path / "new").stat().st_mtime_ns <= time.time_ns()
