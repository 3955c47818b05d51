"""One table in every format gives the same values; what a format alone can hold is handed on or refused."""

import datetime
import decimal
import os
import re
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from analysis.core.columns import names
from analysis.core.errors import DataError, UnknownName
from analysis.sources.files.asked import Reading
from analysis.sources.files.file import read
from analysis.sources.files.size import rows_of
from tests.sources.files.conftest import lines_of

pytestmark = pytest.mark.fast

ROLES = {"firm": {"unit"}, "code": {"cluster"}, "year": {"time", "fixed_effects"}, "y": {"outcome"}, "x": {"controls"}}


def random_table(seed):
    generator = np.random.default_rng(seed)
    n = 40
    words = np.array(["01", "1", "001", "NA", "None", "a b", "x,y", 'q"t', "é", "nan", "1.0"], dtype=object)
    table = pd.DataFrame(
        {
            "firm": generator.choice(words, n),
            "code": generator.integers(1, 9, n),
            "year": generator.integers(1990, 2020, n),
            "y": generator.normal(size=n) * 10.0 ** generator.integers(-12, 12, n),
            "x": generator.normal(size=n).round(3),
        }
    )
    table.loc[generator.random(n) < 0.2, "y"] = np.nan
    table.loc[generator.random(n) < 0.1, "firm"] = None
    return table


WRITERS = {
    "table.csv": lambda table, path: table.to_csv(path, index=False),
    "index.csv": lambda table, path: table.to_csv(path),
    "table.tsv": lambda table, path: table.to_csv(path, index=False, sep="\t", encoding="utf-16"),
    "table.csv.gz": lambda table, path: table.to_csv(path, index=False, sep=";", decimal=","),
    "table.txt.bz2": lambda table, path: table.to_csv(path, index=False, sep="|", quoting=1, na_rep=""),
    "table.csv.xz": lambda table, path: table.to_csv(path, index=False, lineterminator="\r\n"),
    "table.zip": lambda table, path: table.to_csv(path, index=False),
    "table.parquet": lambda table, path: table.to_parquet(path, index=False),
    "categories.parquet": lambda table, path: table.astype({"firm": "category", "code": "category"}).to_parquet(path),
    "nullable.parquet": lambda table, path: table.convert_dtypes().to_parquet(path),
    "index.parquet": lambda table, path: table.set_index(["code", "year"]).to_parquet(path),
    "table.feather": lambda table, path: feather.write_feather(table, path),
    "table.dta": lambda table, path: table.assign(firm=table["firm"].fillna("")).to_stata(path, write_index=False, version=118),
    "table.xlsx": lambda table, path: table.to_excel(path, index=False),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", WRITERS)
def test_one_table_in_every_format(tmp_path, name, seed):
    table = random_table(seed)
    if name.endswith(".xlsx"):  # openpyxl writes 16 digits
        table["y"] = table["y"].map(lambda value: float(f"{value:.15g}"))
    WRITERS[name](table, tmp_path / name)
    frame = read(str(tmp_path / name), ROLES)
    for column in ("year", "y", "x"):
        np.testing.assert_array_equal(frame[column].to_numpy(float, na_value=np.nan), table[column].to_numpy(float))
    assert frame["firm"].astype(object).where(frame["firm"].notna(), None).tolist() == table["firm"].tolist()
    np.testing.assert_array_equal(names(frame["code"], "", "", int), table["code"])
    assert lines_of(frame) == list(range(2, len(table) + 2)) and frame.attrs["file"] == str(tmp_path / name)


def parquet_of(path, **columns):
    parquet.write_table(pa.table(columns), path)
    return str(path)


def test_long_ids_in_parquet_with_a_hole_stay_integers(tmp_path):
    path = parquet_of(tmp_path / "t.parquet", id=pa.array([12345678901234567, 12345678901234568, None]), y=[1, 2, 3])
    frame = read(path, {"id": {"unit"}, "y": {"outcome"}})
    assert frame["id"].tolist()[:2] == [12345678901234567, 12345678901234568] and frame["id"].isna().sum() == 1
    frame = read(path, {"id": {"unit"}, "y": {"outcome"}}, Reading(missing=("3",)))
    assert frame["id"].nunique() == 2 and frame["y"].isna().tolist() == [False, False, True]


def test_types_of_parquet_are_handed_on(tmp_path):
    day = datetime.date(2001, 2, 3)
    path = parquet_of(
        tmp_path / "t.parquet",
        day=pa.array([day, None]),
        moment=pa.array([datetime.datetime(2001, 2, 3), None], pa.timestamp("us", "UTC")),
        money=pa.array([decimal.Decimal("1.50"), None]),
        truth=pa.array([True, None]),
        text=pa.array(["1,234.5", "NA"]),
        level=pa.array(["a", "b"]).dictionary_encode(),
        lag=pa.array([datetime.timedelta(days=1), None]),
        nothing=pa.array([None, None]),
    )
    frame = read(
        path,
        {name: {"controls"} for name in ("day", "moment", "money", "truth", "text", "lag", "nothing")} | {"level": {"strata"}},
        Reading(thousands=","),
    )
    assert frame["day"].tolist() == [day, None] and frame["money"].tolist() == [decimal.Decimal("1.50"), None]
    assert str(frame["moment"].dtype) == "datetime64[us, UTC]" and frame["lag"].dtype.kind == "m"
    assert frame["truth"].dtype == "boolean" and frame["level"].tolist() == ["a", "b"]
    # Text where numbers are needed is read as in a text file, and said.
    np.testing.assert_array_equal(frame["text"], [1234.5, np.nan])
    assert "column 'text': 1 numbers are stored as text" in frame.attrs["notes"]
    with pytest.raises(DataError, match=re.escape("value '1,234.5': --controls needs numbers; add --thousands ,")):
        read(path, {"text": {"controls"}})
    assert frame["nothing"].isna().all()


def test_codes_for_missing_count_in_decimals_and_dates_too(tmp_path):
    day, never = datetime.date(2001, 2, 3), datetime.date(9999, 12, 31)
    path = parquet_of(
        tmp_path / "t.parquet",
        money=pa.array([decimal.Decimal("1.50"), decimal.Decimal("-99.00")]),
        day=pa.array([day, never]),
        moment=pa.array([datetime.datetime(2001, 2, 3, 4), datetime.datetime(2001, 2, 3)], pa.timestamp("us")),
    )
    roles = {"money": {"controls"}, "day": {"cohort"}, "moment": {"strata"}}
    frame = read(path, roles, Reading(missing=("-99", "9999-12-31", "2001-02-03")))
    assert frame.isna().to_numpy().tolist() == [[False, True, False], [True, True, True]]
    assert frame["money"][0] == decimal.Decimal("1.50") and str(frame["moment"][0]) == "2001-02-03 04:00:00"
    assert "column 'money': read as missing: '-99' 1" in frame.attrs["notes"]


def test_marks_that_travel_with_a_table_stay(tmp_path):
    table = pd.DataFrame({"id": ["a"], "y": [1]})
    table.attrs["evidence"] = "simulated"
    table.to_parquet(tmp_path / "t.parquet")
    assert read(str(tmp_path / "t.parquet"), {"y": {"outcome"}}).attrs["evidence"] == "simulated"


def test_repeated_names_in_parquet(tmp_path):
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2]), pa.array(["a"])], names=["y", "z", "z"])
    parquet.write_table(table, tmp_path / "t.parquet")
    assert read(str(tmp_path / "t.parquet"), {"y": {"outcome"}})["y"].tolist() == [1]
    with pytest.raises(DataError, match="columns 2 and 3 have this name"):
        read(str(tmp_path / "t.parquet"), {"z": {"outcome"}})


@pytest.fixture
def stata(tmp_path):
    table = pd.DataFrame(
        {
            "id": [1, 2, 3],
            "y": [1.5, np.nan, 2.0],
            "sex": [1, 2, 1],
            "same": [1, 2, 3],
            "part": [1, 2, 3],
            "when": pd.to_datetime(["2001-01-01", "2001-04-01", None]),
        }
    )
    labels = {"sex": {1: "male", 2: "female"}, "same": {1: "low", 2: "low", 3: "high"}, "part": {1: "one", 3: "2"}}
    table.to_stata(tmp_path / "t.dta", write_index=False, value_labels=labels, convert_dates={"when": "tq"})
    return str(tmp_path / "t.dta")


def test_value_labels_are_names_where_names_are_needed(stata):
    assert read(stata, {"sex": {"strata"}})["sex"].tolist() == ["male", "female", "male"]
    assert read(stata, {"sex": {"treatment"}})["sex"].tolist() == [1, 2, 1]
    assert read(stata, {"sex": {"treatment", "strata"}})["sex"].tolist() == [1, 2, 1]


@pytest.mark.parametrize("column", ["same", "part"])
def test_labels_that_would_merge_values_are_not_used(stata, column):
    frame = read(stata, {column: {"unit"}})
    assert frame[column].tolist() == [1, 2, 3] and "share a label" in frame.attrs["notes"][0]


def test_labels_that_are_other_numbers_are_refused(tmp_path):
    """As pandas writes a category: 5, 7 and 12 are stored as 0, 1 and 2."""
    table = pd.DataFrame({"years": pd.Categorical(["5", "7", "12"], ["5", "7", "12"]), "grade": [1, 2, 1], "kind": [1, 2, 2]})
    labels = {"grade": {1: "1", 2: "2"}, "kind": {1: "1 ended", 2: "7"}}
    table.to_stata(tmp_path / "t.dta", write_index=False, value_labels=labels)
    path = str(tmp_path / "t.dta")
    with pytest.raises(DataError, match="row 2, column 'years', value '0': a value label says 5 here"):
        read(path, {"years": {"duration"}})
    assert read(path, {"years": {"strata"}})["years"].tolist() == ["5", "7", "12"]
    assert read(path, {"grade": {"controls"}, "kind": {"event"}}).to_numpy().tolist() == [[1, 1], [2, 2], [1, 2]]


def test_periods_in_words_are_alike_in_every_format(tmp_path):
    table = pd.DataFrame({"q": ["2019Q1", "", "NA", "never"]})
    table.to_csv(tmp_path / "t.csv", index=False, quoting=1)
    table.to_parquet(tmp_path / "t.parquet")
    table.to_stata(tmp_path / "t.dta", write_index=False)
    for ending in ("csv", "parquet", "dta"):
        frame = read(str(tmp_path / f"t.{ending}"), {"q": {"cohort"}}, Reading(periods_as_text=True, missing=("never",)))
        assert frame["q"].tolist() == ["2019Q1", None, None, None], ending


def test_dates_and_missing_codes_of_stata(stata):
    frame = read(stata, {"when": {"time"}, "y": {"outcome"}})
    assert frame["when"].tolist()[1] == pd.Timestamp("2001-04-01") and frame["y"].isna().tolist() == [False, True, False]


def test_coded_missing_values_of_stata(tmp_path):
    path = tmp_path / "t.dta"
    pd.DataFrame({"y": [7.0, 8.0]}).to_stata(path, write_index=False, version=118)
    coded = np.array([0x7FE0010000000000, 0x7FE01A0000000000], dtype="<u8").tobytes()  # .a and .z, as Stata documents them
    data = path.read_bytes()
    at = data.index(np.array([7.0, 8.0]).tobytes())
    path.write_bytes(data[:at] + coded + data[at + 16 :])
    assert read(str(path), {"y": {"outcome"}})["y"].isna().all()


def book(path, rows, **more):
    workbook = openpyxl.Workbook()
    for title, cells in {"Sheet": rows, **more}.items():
        sheet = workbook.active if title == "Sheet" else workbook.create_sheet(title)
        for row in cells:
            sheet.append(row)
    workbook.save(path)
    return str(path)


XY = {"id": {"unit"}, "y": {"outcome"}}


def test_numbers_stored_as_text_in_a_sheet(tmp_path):
    path = book(tmp_path / "t.xlsx", [["id", "y"], ["01", "1.5"], [1, 2], ["b", "NA"], ["c", None], ["d", " "]])
    frame = read(path, XY)
    assert frame["id"].tolist() == ["01", "1", "b", "c", "d"]
    np.testing.assert_array_equal(frame["y"], [1.5, 2, np.nan, np.nan, np.nan])
    assert "column 'y': 1 numbers are stored as text" in frame.attrs["notes"]


def test_titles_and_gaps_in_a_sheet_keep_the_rows_of_the_sheet(tmp_path):
    frame = read(book(tmp_path / "t.xlsx", [["Table 1"], [], ["id", "y"], ["a", 1], [], ["b", 2]]), XY)
    assert lines_of(frame) == [4, 6] and frame["y"].tolist() == [1, 2]
    assert "the header is row 3; 1 row above it left out" in frame.attrs["notes"]


def test_the_first_sheet_with_cells_or_the_one_named(tmp_path):
    path = book(tmp_path / "t.xlsx", [], one=[["id", "y"], ["a", 1]], two=[["id", "y"], ["b", 2]])
    assert read(path, XY)["y"].tolist() == [1] and "--sheet" in read(path, XY).attrs["notes"][0]
    assert read(path, XY, Reading(sheet="two"))["y"].tolist() == [2]
    with pytest.raises(UnknownName, match="Did you mean 'two'"):
        read(path, XY, Reading(sheet="tow"))


def test_a_note_before_the_data_names_the_sheet_that_holds_them(tmp_path):
    for note in ([["About these data"]], [["name", "meaning"], ["y", "result"]]):
        path = book(tmp_path / "t.xlsx", note, data=[["id", "y"], ["a", 1]], more=[["id", "z"], ["a", 1]])
        with pytest.raises(UnknownName, match="sheet 'Sheet' has no column 'id'; sheet 'data' has all that are named: add --sheet 'data'"):
            read(path, XY)
        assert read(path, XY, Reading(sheet="data"))["y"].tolist() == [1]
        with pytest.raises(UnknownName, match=r"unknown column 'absent'.* --sheet names another sheet \(data, more\)"):
            read(path, {"id": {"unit"}, "absent": {"outcome"}})


def test_dates_in_a_sheet_stay_dates(tmp_path):
    day = datetime.datetime(2001, 2, 3)
    frame = read(book(tmp_path / "t.xlsx", [["id", "y"], [day, day], ["b", None]]), XY)
    assert frame["y"].dtype.kind == "M" and frame["id"].tolist() == ["2001-02-03", "b"]


def test_a_cell_of_a_sheet_is_refused_by_its_row(tmp_path):
    with pytest.raises(DataError, match="row 4, column 'y', value 'x': --outcome needs numbers"):
        read(book(tmp_path / "t.xlsx", [["id", "y"], ["a", 1], [], ["b", "x"]]), XY)
    with pytest.raises(DataError, match=re.escape("row 3, column 'y', value '=1+1': is a formula without a value")):
        read(book(tmp_path / "t.xlsx", [["id", "y"], ["a", 1], ["b", "=1+1"]]), XY)


def test_a_wrong_size_that_a_sheet_declares_is_not_believed(tmp_path):
    path = book(tmp_path / "t.xlsx", [["id", "y"], ["a", 1], ["b", 2]])
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', parts[sheet])
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    assert read(path, XY)["y"].tolist() == [1, 2]


def test_content_decides_what_a_file_is(reading, tmp_path):
    pd.DataFrame({"id": ["a"], "y": [1]}).to_parquet(tmp_path / "table")
    assert read(str(tmp_path / "table"), XY)["y"].tolist() == [1]
    assert reading("id\ty\na\t1\n", name="export.xls")["y"].tolist() == [1]


FOREIGN = {
    "table.json": (b'[{"y": 1}]', "is JSON"),
    "table.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "save it as .xlsx"),
    "page.xls": (b"<html><table>", "is a web page"),
    "table.sav": (b"$FL2@(#)", "is an SPSS file"),
    "table.rds": (b"X\n\x00\x00\x00\x02", "is an R file"),
    "table.parquet": (b"id,y\na,1\n", "is not a Parquet file"),
    "table.xlsx": (b"id,y\na,1\n", "is not a Excel file"),
    "corrupt.xlsx": (b"PK\x03\x04 and no more", "is corrupt"),
    "table.csv": (b"\x28\xb5\x2f\xfd....", "is packed with zstd"),
    "empty.dta": (b"", "is empty"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_not_read_says_what_to_do(reading, name):
    content, message = FOREIGN[name]
    with pytest.raises(DataError, match=message):
        reading(content, name=name)


def test_no_file_and_a_folder(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read(str(tmp_path / "nowhere.csv"), XY)
    with pytest.raises(DataError, match="is a folder"):
        read(str(tmp_path), XY)


def test_a_pipe_is_told_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "panel.csv")
    assert rows_of(tmp_path / "panel.csv") is None
    with pytest.raises(DataError, match="is a pipe"):
        read(str(tmp_path / "panel.csv"), {"y": {"outcome"}})
