"""Tables are written whole or not at all and carry their marks."""

import pandas as pd
import pytest

from analysis.core.atomic import atomic, sweep
from analysis.core.errors import DataError
from analysis.core.storage import absent_table, is_absent, read_table, write_table

pytestmark = pytest.mark.fast

CONTRACT = {"key": ["unit"], "columns": {"unit": {"type": "text"}, "value": {"type": "number"}}}


def table(*units):
    return pd.DataFrame({"unit": pd.Series(units, dtype="string"), "value": [1.0] * len(units)})


def test_rows_are_sorted_by_key_and_marks_survive(tmp_path):
    write_table(table("b", "a"), tmp_path / "t.parquet", CONTRACT, evidence="simulated")
    back = read_table(tmp_path / "t.parquet")
    assert back["unit"].tolist() == ["a", "b"]
    assert back.attrs["evidence"] == "simulated"
    assert is_absent(back) == ""


def test_absence_is_carried(tmp_path):
    write_table(absent_table(CONTRACT, "workbook.xlsx not found"), tmp_path / "t.parquet", CONTRACT)
    assert is_absent(read_table(tmp_path / "t.parquet")) == "workbook.xlsx not found"


def test_a_bad_table_leaves_the_old_file(tmp_path):
    path = tmp_path / "t.parquet"
    write_table(table("a"), path, CONTRACT)
    before = path.read_bytes()
    with pytest.raises(DataError):
        write_table(table("a", "a"), path, CONTRACT)
    assert path.read_bytes() == before


def test_a_failure_while_writing_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), atomic(tmp_path / "t.txt") as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_was_writing_is_swept_away(tmp_path):
    (tmp_path / "whatif").mkdir()
    names = (".7.t.parquet", "whatif/.7.u.parquet", ".hidden", "t.parquet")
    for name in names:
        (tmp_path / name).write_text("half")
    assert sweep(tmp_path, leaving=("whatif",)) == [tmp_path / names[0]]
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()} == set(names[1:])


def test_same_table_same_bytes(tmp_path):
    for name in ("one", "two"):
        write_table(table("b", "a"), tmp_path / name, CONTRACT)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_unknown_evidence_is_refused(tmp_path):
    with pytest.raises(ValueError, match="evidence"):
        write_table(table("a"), tmp_path / "t.parquet", CONTRACT, evidence="guess")
