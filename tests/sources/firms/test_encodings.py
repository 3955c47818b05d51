"""Names in other encodings than UTF-8, and ones that were decoded wrongly before: read rightly, or refused with what to do."""

import io

import openpyxl
import pandas as pd
import pytest

from analysis.core.errors import DataError
from analysis.core.rawfiles import files_of
from analysis.sources.firms.encodings import encoding_of
from analysis.sources.firms.folder import read_folder
from analysis.sources.firms.mojibake import mended
from tests.sources.firms.test_variations import RAW, cells, read

pytestmark = pytest.mark.fast

TABLE = "firm_id,year,currency,name,assets\nF1,2019,CNY,{},5\n"
NAMES = {
    "gb18030": ["中国石油天然气股份有限公司", "北京银行", "鑫晟锂业", "中兴通讯"],
    "big5": ["台灣積體電路製造股份有限公司", "台北富邦銀行", "聯發科技", "鴻海精密工業"],
    "cp1251": ["Газпром", "ОАО «Северсталь»", "Россия"],
    "koi8-r": ["Лукойл", "Роснефть"],
    "cp932": ["株式会社トヨタ自動車", "日本電気"],
    "euc_jp": ["ソニー株式会社"],
    "euc_kr": ["삼성전자주식회사", "현대자동차"],
    "cp1252": [
        "Société Générale",
        "ÄÖÜß GmbH",
        "Ærø A/S",
        "São Paulo",
        "Össur hf",
        "L’Oréal – “x”",
        "Nestlé, Señor, 1º, m²",
        "Électricité",
    ],
    "latin-1": ["Nürnberg", "Île-de-France"],
}
UNTOLD = {
    "cp1250": ["Paweł Łódź", "Česká spořitelna", "Żabka"],
    "cp1254": ["Güneş Şirketi, İstanbul"],
    "cp1253": ["Ελληνικά Πετρέλαια"],
    "cp1255": ["בנק הפועלים"],
}
SOUND = [
    "Société Générale", "Nürnberg", "中国石油", "北京", "公司（集团）有限", "Россия", "ÄÖÜß", "Björk", "Škoda", "Łódź", "株式会社", "삼성전자", "Güneş", "1º 2ª",
    "m²", "“quoted” – text…", "À propos", "café™", "Groupe «ABC»", "№ 5", "Ελλάδα", "A股", "TCL明珠", "数据来源：Wind", "25°C",
]  # fmt: skip


@pytest.mark.parametrize(("encoding", "name"), [(encoding, name) for encoding, names in NAMES.items() for name in names])
def test_a_name_is_read_in_its_encoding(encoding, name, tmp_path):
    found = read(tmp_path, TABLE.format(f'"{name}"').encode(encoding))
    assert cells(found, "F1", 2019)["name"] == name
    assert any("is not UTF-8" in one.rule for one in found.findings)


@pytest.mark.parametrize(("encoding", "name"), [(encoding, name) for encoding, names in UNTOLD.items() for name in names])
def test_an_encoding_that_cannot_be_told_is_refused_with_what_to_do(encoding, name, tmp_path):
    with pytest.raises(DataError, match=r"a.csv, row 2: .* save the file as UTF-8"):
        read(tmp_path, TABLE.format(f'"{name}"').encode(encoding))


@pytest.mark.parametrize("text", SOUND)
def test_sound_text_stays_as_it_is(text):
    assert mended(text) == (text, 0)


@pytest.mark.parametrize("wrong", ["cp1252", "latin-1"])
@pytest.mark.parametrize("name", ["Société Générale", "Nürnberg", "Škoda", "中国石油", "L’Oréal", "株式会社", "Россия", "Ærø"])
def test_utf8_that_was_read_in_another_encoding_is_set_right(name, wrong, tmp_path):
    once = b"".join(
        [
            bytes([byte]).decode("cp1252", "ignore").encode() or chr(byte).encode() if wrong == "cp1252" else chr(byte).encode()
            for byte in name.encode()
        ]
    )
    found = read(tmp_path, TABLE.format("{}").encode().replace(b"{}", once))
    assert cells(found, "F1", 2019)["name"] == name
    assert [one.kind for one in found.findings if "is set right" in one.rule] == ["repaired"]


def test_text_written_wrongly_twice_is_set_right():
    assert mended("Ã©".encode().decode("cp1252"))[0] == "é"


@pytest.mark.parametrize("encoding", ["gb2312", "cp1251"])
def test_text_of_one_country_that_was_read_as_western_is_set_right(encoding):
    name = {"gb2312": "中国石油", "cp1251": "Газпром"}[encoding]
    assert mended(name.encode(encoding).decode("cp1252"))[0] == name


def test_cells_of_sheets_and_typed_files_are_set_right_too(tmp_path):
    record = {"firm_id": "F1", "year": 2019, "currency": "CNY", "name": "SociÃ©tÃ©", "assets": 5}
    book = openpyxl.Workbook()
    book.active.append(list(record))
    book.active.append(list(record.values()))
    for suffix, write in ((".xlsx", book.save), (".parquet", pd.DataFrame([record]).to_parquet)):
        folder = tmp_path / suffix[1:]
        folder.mkdir()
        write(folder / f"a{suffix}")
        found = read_folder(files_of(folder), RAW["adapters"], RAW["tables"])
        assert cells(found, "F1", 2019)["name"] == "Société"
        assert any("is set right" in one.rule for one in found.findings)


def test_lost_letters_of_a_name_are_told_and_those_of_a_code_refused(tmp_path):
    found = read(tmp_path, TABLE.format("Soci\N{REPLACEMENT CHARACTER}t\N{REPLACEMENT CHARACTER}"))
    assert any(one.kind == "doubtful" and "letters are lost" in one.rule for one in found.findings)
    found = read(tmp_path, TABLE.format("x").replace("F1", "F\N{REPLACEMENT CHARACTER}1"))
    assert [(one.row, one.column) for one in found.refused()] == [(2, "firm_id")]


def test_bytes_of_no_letters_have_no_encoding():
    assert encoding_of(bytes(range(0x80, 0xFF)) * 3) == ""


@pytest.mark.parametrize("name", ["Łódź", "Žižkov", "Ærø", "Gdańsk Łódź", "Société Générale"])
def test_utf8_that_was_read_as_chinese_is_set_right_whole(name):
    assert mended(name.encode().decode("gb18030"))[0] == name


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_text_that_is_set_right_in_part_is_doubted(suffix, tmp_path):
    text = TABLE.format("ÉÏº£ Ö®") + "F2,2019,CNY,SociÃ©tÃ© – Paris,5\n"
    if suffix == "parquet":
        pd.read_csv(io.StringIO(text)).to_parquet(tmp_path / "a.parquet")
    found = read(tmp_path, text) if suffix == "csv" else read_folder(files_of(tmp_path), RAW["adapters"], RAW["tables"])
    assert [one.rule.split("(")[1] for one in found.findings if one.kind == "doubtful"] == ["first: 上海 Ö®)"]
    assert mended("Ö®") == ("Ö®", 0)
