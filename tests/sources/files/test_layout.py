"""Delimiters, headers, and what may stand before, after and between the cells of a text file."""

import csv
import io
import re

import numpy as np
import pytest

from analysis.core.errors import BadOption, DataError, UnknownName
from analysis.sources.files.asked import Reading
from tests.sources.files.conftest import lines_of

pytestmark = pytest.mark.fast

PLAIN = {"id": ["01", "1"], "y": [1.0, 2.5]}
LAID_OUT = {
    "comma": ("id,y\n01,1\n1,2.5\n", [2, 3]),
    "semicolon": ("id;y\n01;1\n1;2.5\n", [2, 3]),
    "tab": ("id\ty\n01\t1\n1\t2.5\n", [2, 3]),
    "pipe": ("id|y\n01|1\n1|2.5\n", [2, 3]),
    "semicolon, decimal commas": ("id;y\n01;1\n1;2,5\n", [2, 3]),
    "quoted": ('"id","y"\n"01","1"\n"1","2.5"\n', [2, 3]),
    "spaces in the header": (" id , y\n01,1\n1,2.5\n", [2, 3]),
    "Windows line ends": ("id,y\r\n01,1\r\n1,2.5\r\n", [2, 3]),
    "old Mac line ends": ("id,y\r01,1\r1,2.5\r", [2, 3]),
    "no last line end": ("id,y\n01,1\n1,2.5", [2, 3]),
    "byte-order mark": ('\ufeff"id",y\n01,1\n1,2.5\n', [2, 3]),
    "end-of-file mark": ("id,y\n01,1\n1,2.5\n\x1a", [2, 3]),
    "Excel's sep": ("sep=;\nid;y\n01;1\n1;2,5\n", [3, 4]),
    "Excel's sep, quoted": ('"sep=,"\nid,y\n01,1\n1,2.5\n', [3, 4]),
    "blank lines": ("\n\nid,y\n\n01,1\n   \n1,2.5\n\n\n", [5, 7]),
    "a delimiter ends each line": ("id,y\n01,1,\n1,2.5,\n", [2, 3]),
    "delimiters end each line": ("id,y\n01,1,,\n1,2.5,,\n", [2, 3]),
    "a tab ends each line": ("id\ty\n01\t1\t\n1\t2.5\t\n", [2, 3]),
    "a delimiter ends the header": ("id,y,\n01,1\n1,2.5\n", [2, 3]),
    "a delimiter ends every line": ("id,y,\n01,1,\n1,2.5,\n", [2, 3]),
    "row names": ('id,y\n"1",01,1\n"2",1,2.5\n', [2, 3]),
    "an index without a name": (",id,y\n0,01,1\n1,1,2.5\n", [2, 3]),
    "delimiters within quotation marks": ('id,y,t\n01,1,"a,b,c"\n1,2.5,d\n', [2, 3]),
    "line breaks within quotation marks": ('t,id,y\n"a\nb",01,1\n\n"c",1,2.5\n', [2, 5]),
    "a line break in the header": ('"t\nu",id,y\na,01,1\nb,1,2.5\n', [3, 4]),
    "quotation marks within a cell": ('t,id,y\n5" pipe,01,1\n6" pipe,1,2.5\n', [2, 3]),
    "a hash in the header": ("#,id,y\n1,01,1\n2,1,2.5\n", [2, 3]),
}


@pytest.mark.parametrize("layout", LAID_OUT)
def test_the_same_table_laid_out_in_many_ways(reading, layout):
    text, lines = LAID_OUT[layout]
    frame = reading(text)
    assert frame[["id", "y"]].to_dict("list") == PLAIN and lines_of(frame) == lines
    assert list(frame.index) == [0, 1]


REFUSED = {
    "empty": ("", "is empty"),
    "blank": ("\n\n", "is empty"),
    "header only": ("id,y\n", "has no rows"),
    "a short row": ("id,y,z\n01,1,2\n1,2.5\n", "row 3: has 2 cells where the header has 3"),
    "a short row first": ("id,y,z\n01,1\n1,2.5,3\n2,3,4\n", "row 2: has 2 cells where the header has 3"),
    "all rows short": ("id,y,z\n01,1\n1,2\n", "row 2: has 2 cells where the header has 3"),
    "a long row": ("id,y\n01,1\n\n1,2.5,4\n", "row 4: has 3 cells where the header has 2"),
    "some lines end in a delimiter": ("id,y\n01,1,\n1,2.5\n", "row 2: has 3 cells where the header has 2"),
    "two nameless columns": ("id,y\n01,1,2,3\n1,2.5,4,5\n", "row 1: has 2 cells where the rows have 4"),
    "comment": ("# made by x\nid,y\n01,1\n", "row 1: begins with #"),
    "title": ("Table 1\n\nid,y,z\n01,1,2\n", "row 1, value 'Table 1': has one cell where row 3 has 3"),
    "a quotation mark that joins two rows": ('id,y\n"a,1\n"b",2\nc,3\n', "row 2: a quotation mark after this row is not closed"),
    "a quotation mark without an end": ('id,y\na,"1\nb,2\nc,3\n', "row 2: a quotation mark after this row is not closed"),
    "row names or a delimiter": ('id,y\n"1",5,\n"2",7,\n', "row 1: lacks one name"),
    "null bytes": ("id,y\na\x00,1\n", "row 2: holds null bytes"),
}


@pytest.mark.parametrize("layout", REFUSED)
def test_what_cannot_be_laid_out_is_refused_by_line(reading, layout):
    text, message = REFUSED[layout]
    with pytest.raises(DataError, match=re.escape(message)):
        reading(text)


def test_a_needed_name_borne_twice_is_refused_another_is_noted(reading):
    with pytest.raises(DataError, match="row 1, column 'y': columns 2 and 4 have this name; rename"):
        reading("id,y,z,y\na,1,2,3\n")
    with pytest.raises(DataError, match="columns 2 and 3 have this name but for spaces"):
        reading("id,y, y\na,1,2\n")
    frame = reading("id,y,z,z\na,1,2,3\n")
    assert frame.attrs["notes"] == ("columns 3 and 4 are all called 'z'",)
    assert reading("id,y,y.1\na,1,2\n")["y"].tolist() == [1]


def test_an_unknown_column_offers_the_nearest(reading):
    with pytest.raises(UnknownName, match=r"--outcome: unknown column 'sale'. Did you mean 'sales'"):
        reading("id,sales\na,1\n", {"sale": {"outcome"}})


def test_a_delimiter_that_is_named_is_used(reading):
    assert reading("id~y\n01~1\n1~2.5\n", delimiter="~").to_dict("list") == PLAIN
    assert reading("id y\n01 1\n1 2.5\n", delimiter="space").to_dict("list") == PLAIN


@pytest.mark.parametrize(
    "asked", [{"delimiter": ",,"}, {"decimal": ";"}, {"thousands": "5"}, {"thousands": ",", "decimal": ","}, {"encoding": "utf-99"}]
)
def test_answers_that_make_no_sense_are_refused(asked):
    with pytest.raises(BadOption):
        Reading(**asked)


@pytest.mark.parametrize("seed", range(40))
def test_cells_and_lines_are_those_of_the_csv_module(reading, seed):
    """Random tables with delimiters, quotation marks, line breaks and blank lines in and between cells."""
    generator = np.random.default_rng(seed)
    delimiter, end = generator.choice([",", ";", "\t", "|"]), generator.choice(["\n", "\r\n"])
    pieces = ["a", "b", " ", '"', "\n", ",", ";", "|", "\t", "é", "1", "."]
    rows = [["id", "y", "t"]] + [
        ["".join(generator.choice(pieces, generator.integers(1, 6))) + "x", str(i), "".join(generator.choice(pieces, 3))] for i in range(30)
    ]
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=delimiter, lineterminator=end, quoting=int(generator.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])))
    starts = []
    for row in rows:
        starts.append(written.getvalue().count("\n") + 1)
        writer.writerow(row)
        written.write(end * int(generator.random() < 0.2))
    frame = reading(written.getvalue(), {"id": {"unit"}, "y": {"outcome"}, "t": {"strata"}})
    assert frame["id"].tolist() == [row[0] for row in rows[1:]]
    assert frame["t"].tolist() == [row[2] if row[2].strip() else None for row in rows[1:]]
    assert frame["y"].tolist() == list(range(30)) and lines_of(frame) == starts[1:]


def test_a_cell_longer_than_what_is_read_at_once(reading):
    long = "a" * (3 << 20)
    frame = reading(f"id,y\n{long},1\nb,2\n")
    assert frame["id"].str.len().tolist() == [3 << 20, 1]
