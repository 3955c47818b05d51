"""Raw files are those whose hashes their folders state."""

import hashlib

import pytest

from analysis.core.errors import DataError
from analysis.core.rawfiles import SUMS, hold_to_hash

pytestmark = pytest.mark.fast


def test_a_file_is_held_to_the_hash_beside_it(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a\n1\n")
    hold_to_hash(path)  # no hash is stated
    (tmp_path / SUMS).write_text(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  t.csv\n")
    hold_to_hash(path)
    path.write_text("a\n2\n")
    with pytest.raises(DataError, match=r"t\.csv: is not the file of SHA256SUMS"):
        hold_to_hash(path)


def test_a_file_that_none_lists_may_be_any(tmp_path):
    (tmp_path / SUMS).write_text("")
    (tmp_path / "t.csv").write_text("a\n")
    hold_to_hash(tmp_path / "t.csv")
