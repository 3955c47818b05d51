"""Names that were read in a wrong encoding and saved again: asked about with their place and what they may be; real names never are."""

import pytest

from analysis.sources.firms.misread import misread
from tests.sources.firms.test_variations import cells, read

pytestmark = pytest.mark.fast

WRONG = [
    ("Société Générale", "utf-8", "mac_roman"), ("Société Générale", "utf-8", "cp850"), ("Société Générale", "utf-8", "cp437"),
    ("Société Générale", "utf-8", "cp932"), ("Société Générale", "utf-8", "euc_kr"), ("Société Générale", "cp1252", "mac_roman"),
    ("Société Générale", "mac_roman", "cp1252"), ("Société Générale", "cp850", "cp1252"), ("Société Générale", "cp1252", "cp850"),
    ("Société Générale", "cp1252", "cp1251"), ("Müller", "utf-8", "cp437"), ("Müller", "cp1252", "mac_roman"), ("Ørsted", "utf-8", "mac_roman"),
    ("Łódź Spółka", "utf-8", "cp850"), ("中国石油", "utf-8", "mac_roman"), ("中国石油", "utf-8", "cp932"), ("Газпром", "utf-8", "gb18030"),
    ("Газпром", "utf-8", "cp850"), ("Газпром", "cp1251", "cp866"), ("Газпром", "koi8-r", "cp1251"), ("삼성전자", "euc_kr", "cp1252"),
    ("삼성전자", "utf-8", "cp437"), ("ソニー", "euc_jp", "cp1252"), ("トヨタ自動車", "cp932", "latin-1"), ("万科", "utf-8", "cp850"),
]  # fmt: skip
REAL = [
    "Société Générale", "Nestlé®", "Škoda", "Ærø", "İş Bankası", "Işığı", "三星电子", "ソニー", "ｶﾅ", "Αθήνα", "Banc na hÉireann", "InnoÉnergie", "РусГидро", "КамАЗ",
    "Tech科技", "TCL茅台", "A股", "L’Oréal – “x”", "Foo—Bar", "N˚5", "„Wort“ GmbH", "10 m³", "Siemens¹", "Hunter×Hunter", "ÄÖÜß", "Garðabær", "Þýðing", "谢小协", "삼성전자",
    "ΔX Capital", "naïve…", "Þór hf", "SÃO PAULO", "Tōkyō", "涓流科技", "鏂",
]  # fmt: skip


@pytest.mark.parametrize(("name", "written", "read_as"), WRONG)
def test_a_name_that_was_read_in_a_wrong_encoding_is_known_with_what_it_may_be(name, written, read_as):
    found = misread([name.encode(written).decode(read_as)])
    assert found is not None and found.meant == name


@pytest.mark.parametrize("name", REAL)
def test_a_real_name_is_none(name):
    assert misread([name]) is None


def test_letters_of_no_language_are_told_where_nothing_says_what_they_were():
    found = misread(["Plain", "ÈíñÂÜó"])
    assert found is not None and found.text == "ÈíñÂÜó"


def test_the_doubt_has_row_column_value_and_what_it_may_be(tmp_path):
    found = read(tmp_path, "firm_id,year,currency,Name,assets\nF1,2019,CNY,Plain,5\nF2,2019,CNY,Soci√©t√©,5\n")
    (doubt,) = [one for one in found.findings if one.kind == "doubtful"]
    assert (doubt.row, doubt.column, doubt.value) == (3, "Name", "Soci√©t√©") and "it may be Société" in doubt.rule


@pytest.mark.parametrize(("name", "encoding"), [("삼성전자", "euc_kr"), ("Πειραιώς", "cp1253")])
def test_letters_of_one_script_are_not_set_right_into_another(name, encoding, tmp_path):
    wrong = name.encode(encoding).decode("cp1252")
    found = read(tmp_path, f"firm_id,year,currency,name,assets\nF1,2019,CNY,{wrong},5\n")
    assert cells(found, "F1", 2019)["name"] == wrong
    assert [one.value for one in found.findings if one.kind == "doubtful"] == [wrong]
