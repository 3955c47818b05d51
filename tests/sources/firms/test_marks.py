"""Numbers that a sheet or a typed file holds as text: what their commas and points mean is shown by the file, or refused."""

import openpyxl
import pandas as pd
import pytest

from analysis.core.errors import DataError
from analysis.core.rawfiles import files_of
from analysis.sources.firms.folder import read_folder
from tests.sources.firms.test_variations import RAW, cells, read

pytestmark = pytest.mark.fast

HEADER = ["firm_id", "year", "currency", "assets", "sales", "profit"]


def read_sheet(folder, *rows):
    book = openpyxl.Workbook()
    for row in (HEADER, *rows):
        book.active.append(row)
    book.save(folder / "a.xlsx")
    return read_folder(files_of(folder), RAW["adapters"], RAW["tables"])


@pytest.mark.parametrize(
    ("assets", "sales", "right"),
    [
        ("1.234,5", "2.000", (1234.5, 2000)), ("12,5", 50, (12.5, 50)), ("0,234", "1,500", (0.234, 1.5)), ("1.234.567", "2.345", (1234567, 2345)),
        ("1,234,567", "2,345", (1234567, 2345)), ("1,234", "12.5", (1234, 12.5)), ("100.5", "50", (100.5, 50)), (1.234, 1.5, (1.234, 1.5)),
        ("0.234", "1.500", (0.234, 1.5)), (" 1,234.50 ", 7, (1234.5, 7)),
    ],
)  # fmt: skip
def test_the_file_shows_what_the_marks_of_text_mean(assets, sales, right, tmp_path):
    found = read_sheet(tmp_path, ["F1", 2019, "CNY", assets, sales, 1.25])
    got = cells(found, "F1", 2019)
    assert (got["assets"], got["sales"], got["profit"]) == (*right, 1.25) and not found.refused()


@pytest.mark.parametrize(("assets", "sales"), [("1,234", 50), ("1.234", 50), ("1,5", "12.5"), (50, "(1.234)"), ("1.234", "2.345")])
def test_text_that_may_mean_two_numbers_is_refused(assets, sales, tmp_path):
    with pytest.raises(
        DataError, match=r"a.xlsx, row 2, column '(assets|sales)', value '.*': may have a decimal comma or separate thousands"
    ):
        read_sheet(tmp_path, ["F1", 2019, "CNY", assets, sales, 1.25], ["F2", 2019, "CNY", 1500, 60.5, 1])


@pytest.mark.parametrize("assets", ["1.234", "1,234"])
def test_text_of_a_typed_file_is_held_to_the_same(assets, tmp_path):
    table = pd.DataFrame({"firm_id": ["F1"], "year": [2019], "currency": ["CNY"], "assets": [assets], "sales": [1.5]})
    table.to_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match="may have a decimal comma"):
        read_folder(files_of(tmp_path), RAW["adapters"], RAW["tables"])
    table.assign(assets="1.234,5").to_parquet(tmp_path / "a.parquet")
    assert cells(read_folder(files_of(tmp_path), RAW["adapters"], RAW["tables"]), "F1", 2019)["assets"] == 1234.5


def test_a_column_between_semicolons_that_shows_its_points(tmp_path):
    found = read(tmp_path, "firm_id;year;currency;assets\nF1;2019;CNY;1,234.5\nF2;2019;CNY;1,234\n")
    assert cells(found, "F2", 2019)["assets"] == 1234
