"""Units named beside a table rather than in its headers: read, refused with their place, or agreeing with the headers."""

import openpyxl
import pandas as pd
import pytest

from analysis.core.rawfiles import files_of
from analysis.sources.firms.folder import read_folder
from analysis.sources.firms.units_aside import unit_beside
from tests.sources.firms.test_variations import RAW, cells, read

pytestmark = pytest.mark.fast

HEADER = ["firm_id", "year", "currency", "assets", "sales", "remark"]
RECORD = ["F1", 2019, "CNY", 5000, 50, ""]


def read_sheets(folder, *sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(folder / "a.xlsx")
    return read_folder(files_of(folder), RAW["adapters"], RAW["tables"])


@pytest.mark.parametrize(
    ("unit", "place"),
    [
        ("单位：万元", 5),
        ("单位：万元", 4),
        ("USD thousands", 7),
        ("in Tsd. EUR", 0),
        ("RMB'000", 7),
        ("(in thousands)", 5),
        ("en milliers d'euros", 7),
    ],
)
def test_a_unit_below_the_table_is_refused_wherever_it_stands(unit, place, tmp_path):
    found = read_sheets(tmp_path, ("firms", [HEADER, RECORD, [], [None] * place + [unit]]))
    assert 4 in {finding.row for finding in found.refused()}


@pytest.mark.parametrize(("unit", "assets"), [("单位：万元", 50.0), ("USD thousands", 5.0), ("in Mio. EUR", 5000.0), ("in TEUR", 5.0)])
def test_a_unit_above_the_table_is_read(unit, assets, tmp_path):
    currency = {"单位：万元": "CNY", "USD thousands": "USD"}.get(unit, "EUR")
    record = ["F1", 2019, currency, 5000, 50, ""]
    found = read_sheets(tmp_path, ("firms", [[None] * (len(unit) % 8) + [unit], HEADER, record]))
    assert cells(found, "F1", 2019)["assets"] == pytest.approx(assets) and not found.refused()


@pytest.mark.parametrize("unit", ["USD thousands", "万元"])
def test_a_unit_in_a_column_that_no_field_takes_is_refused(unit, tmp_path):
    found = read_sheets(tmp_path, ("firms", [HEADER, [*RECORD[:5], unit]]))
    assert [(finding.row, finding.column, finding.value) for finding in found.refused()] == [(2, "remark", unit)]
    (tmp_path / "a.xlsx").unlink()
    found = read(tmp_path, f"firm_id,year,currency,assets,remark\nF1,2019,CNY,5000,{unit}\n")
    assert [(finding.row, finding.column, finding.value) for finding in found.refused()] == [(2, "remark", unit)]
    (tmp_path / "a.csv").unlink()
    pd.DataFrame([dict(zip(HEADER, [*RECORD[:5], unit], strict=True))]).to_parquet(tmp_path / "a.parquet")
    found = read_folder(files_of(tmp_path), RAW["adapters"], RAW["tables"])
    assert [(finding.column, finding.value) for finding in found.refused()] == [("remark", unit)]


@pytest.mark.parametrize(
    "unit", ["USD thousands", "万元", "千元", "Tsd. EUR", "kEUR", "figures in thousands", "in Mio. EUR", "T€", "INR crore"]
)
def test_a_unit_beside_a_record(unit):
    assert unit_beside(unit, "remark", False) is not None


@pytest.mark.parametrize("word", ["MN", "TH", "K", "M", "makes thousands of cars", "listed in 2001", "百货", "mm"])
def test_other_words_beside_a_record_are_no_units(word):
    assert unit_beside(word, "remark", False) is None


def test_a_unit_that_is_the_one_of_the_headers_is_no_other(tmp_path):
    assert not read_sheets(tmp_path, ("firms", [HEADER, [*RECORD[:5], "CNY million"]])).refused()


def test_a_column_of_units_says_so_in_few_letters():
    assert [unit_beside(cell, "Unit", False) for cell in ("K", "1000", "m", "pieces")] == [1e-3, 1e-3, 1.0, None]


@pytest.mark.parametrize("sheets", [("ReadMe", [["All amounts in thousands of euros"]]), ("USD thousands", [])])
def test_a_unit_that_another_sheet_names_is_asked_about(sheets, tmp_path):
    title, rows = sheets
    tables = [("firms", [HEADER, RECORD]), (title, rows)] if rows else [(title, [HEADER, RECORD]), ("other", [["words"]])]
    found = read_sheets(tmp_path, *tables)
    assert [one.kind for one in found.findings if "a sheet of the workbook names" in one.rule] == ["doubtful"]


@pytest.mark.parametrize(
    ("note", "place", "refused"),
    [("Source: Wind, 2 May 2020", 3, False), ("figures as reported", 1, False), ("单位：百万元", 3, False), ("in thousands", 3, True), ("612", 3, True)],
)  # fmt: skip
def test_a_note_in_a_column_of_figures_is_no_record(note, place, refused, tmp_path):
    found = read_sheets(tmp_path, ("firms", [HEADER, RECORD, [], [None] * place + [note]]))
    assert cells(found, "F1", 2019)["assets"] == 5000 and bool(found.refused()) == refused
    assert found.files[0].kept == 1
