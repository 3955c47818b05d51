"""Broken tables are refused with file, row, column, value and rule."""

import pandas as pd
import pytest

from analysis.core.contracts import check, read_raw
from analysis.core.errors import DataError

pytestmark = pytest.mark.fast

CONTRACT = {
    "title": "Deals",
    "key": ["deal"],
    "columns": {
        "deal": {"type": "text", "required": True, "description": "id"},
        "year": {"type": "integer", "minimum": 1990, "maximum": 2026, "description": "year"},
        "size": {"type": "number", "minimum": 0, "description": "size"},
        "kind": {"type": "text", "allowed": ["patent", "mixed"], "description": "kind"},
        "green": {"type": "boolean", "description": "green"},
        "date": {"type": "partial_date", "description": "date"},
    },
}
HEADER = "deal,year,size,kind,green,date"


def read(tmp_path, *lines, header=HEADER):
    path = tmp_path / "deals.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return read_raw(path, CONTRACT)


def test_a_good_file_is_typed(tmp_path):
    table = read(tmp_path, "a,2001,3.5,patent,1,2001-05", "b,,,,,")
    assert table["year"].tolist() == [2001, pd.NA]
    assert table["size"].isna().tolist() == [False, True]
    assert table["green"].dtype == "boolean"


@pytest.mark.parametrize(
    ("line", "column", "said"),
    [
        ("a,2001,lots,patent,1,2001", "size", "'lots': is not a number"),
        ("a,2001,inf,patent,1,2001", "size", "'inf': is not a number"),
        ("a,2001,-Infinity,patent,1,2001", "size", "is not a number"),
        ("a,2001.5,1,patent,1,2001", "year", "is not an integer"),
        ("a,1889,1,patent,1,2001", "year", "must be at least 1990"),
        ("a,2001,-1,patent,1,2001", "size", "must be at least 0"),
        ("a,2001,1,potent,1,2001", "kind", "must be one of patent, mixed"),
        ("a,2001,1,patent,maybe,2001", "green", "is not one of"),
        ("a,2001,1,patent,1,May 2001", "date", "is not a date"),
        (",2001,1,patent,1,2001", "deal", "may not be blank"),
        ("＝1+1,2001,1,patent,1,2001", "deal", "a formula"),
        ("－1+cmd(2),2001,1,patent,1,2001", "deal", "a formula"),
        ("z\u200b,2001,1,patent,1,2001", "deal", "cannot be seen"),
        ("z\u202e,2001,1,patent,1,2001", "deal", "cannot be seen"),
        ("z\x1b[31m,2001,1,patent,1,2001", "deal", "cannot be seen"),
        ("z,2001,1,patent,1,2001", "deal", "duplicated key, first seen in row 2"),
    ],
)
def test_a_bad_cell_is_located(tmp_path, line, column, said):
    with pytest.raises(DataError) as error:
        read(tmp_path, "z,2000,1,patent,0,2000", line)
    message = str(error.value)
    assert "deals.csv" in message
    assert "row 3" in message
    assert f"'{column}'" in message
    assert said in message


def test_headers_are_exact(tmp_path):
    with pytest.raises(DataError, match=r"row 1, column 'size': required column is missing"):
        read(tmp_path, header=HEADER.replace("size", "sise"))
    with pytest.raises(DataError, match=r"column 'sise': unknown column"):
        read(tmp_path, header=HEADER.replace("size", "sise"))


def test_an_absent_or_ragged_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"none\.csv: file not found"):
        read_raw(tmp_path / "none.csv", CONTRACT)
    with pytest.raises(DataError, match=r"deals\.csv, row 2: has 8 cells where the header has 6"):
        read(tmp_path, "a,2001,1,patent,1,2001,surplus,cells")


def test_made_tables_are_checked_too():
    table = pd.DataFrame(
        {"deal": ["a", "a"], "year": [2000, 2001], "size": [1.0, 2.0], "kind": ["patent"] * 2, "green": [True] * 2, "date": ["2000"] * 2}
    )
    with pytest.raises(DataError, match="duplicated key"):
        check(table, CONTRACT, "deals")


def test_a_formula_is_no_text(tmp_path):
    with pytest.raises(DataError, match="row 2, column 'deal', value '=1\\+1': is not text but a formula"):
        read(tmp_path, "=1+1,2001,1,patent,1,2001")
    assert read(tmp_path, "-Pharma BV,2001,1,patent,1,2001")["deal"].tolist() == ["-Pharma BV"]


@pytest.mark.parametrize(
    ("content", "said"), [(b"deal\0", "holds a NUL byte"), (b"d\na\n\xff", "is not UTF-8 text"), (b'd\na\n"b', "cannot be read")]
)
def test_what_is_no_text_is_refused_with_its_line(tmp_path, content, said):
    (tmp_path / "t.csv").write_bytes(content)
    line = len(content.split(b"\n"))
    with pytest.raises(DataError, match=rf"t\.csv, row {line}: {said}"):
        read_raw(tmp_path / "t.csv", CONTRACT)
