"""Encodings are recognized, or said to have been guessed."""

import gzip

import pytest

from analysis.core.errors import DataError

pytestmark = pytest.mark.fast

TEXT = "id,y\né,1\nà la carte,2\n"
NAMES = ["é", "à la carte"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_in_every_form(reading, encoding):
    frame = reading(TEXT.encode(encoding))
    assert frame["id"].tolist() == NAMES and frame.attrs["notes"] == ()


def test_windows_text_is_read_and_said_to_be(reading):
    frame = reading((TEXT + "“x”,3\n").encode("cp1252"))
    assert frame["id"].tolist() == [*NAMES, "“x”"] and "Windows-1252" in frame.attrs["notes"][0]
    assert "Latin-1" in reading(TEXT.encode("latin-1") + b"\x81,3\n").attrs["notes"][0]


def test_another_encoding_must_be_named(reading):
    text = "id,y\n企业甲,1\n企业乙,2\n"
    assert reading(text.encode("gb18030"), encoding="gb18030")["id"].tolist() == ["企业甲", "企业乙"]
    assert reading(text.encode("gb18030"))["id"].nunique() == 2  # in letters of another alphabet, but two
    with pytest.raises(DataError, match="is not text in ascii"):
        reading(text, encoding="ascii")


def test_a_few_broken_bytes_in_utf_8_are_refused_by_line(reading):
    with pytest.raises(DataError, match="row 4: holds bytes that are not UTF-8"):
        reading("id,y\n企业甲,1\n企业乙,2\n".encode() + b"\xe9,5\n")


def test_packed_text(reading, tmp_path):
    assert reading(gzip.compress(TEXT.encode()), name="table.csv.gz")["id"].tolist() == NAMES
