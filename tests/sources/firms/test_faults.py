"""Errors of a spreadsheet and formulas without a value stand for no figure; none of them is blanked in silence."""

import openpyxl
import pandas as pd
import pytest

from analysis.core.rawfiles import files_of
from analysis.sources.firms.folder import read_folder
from analysis.sources.firms.values import first_of
from tests.sources.firms.test_variations import HEAD, RAW, cells, read

pytestmark = pytest.mark.fast

ERRORS = ["#NUM!", "#NAME?", "#REF!", "#DIV/0!", "#VALUE!", "#N/A", "#NULL!"]
OTHERS = ["#WERT!", "#BEZUG!", "#NV", "#¡DIV/0!", "#¿NOMBRE?", "#N/A N/A", "#SPILL!", "#GETTING_DATA"]


def read_sheet(folder, *rows):
    book = openpyxl.Workbook()
    for row in (HEAD.strip().split(","), *rows):
        book.active.append(row)
    book.save(folder / "a.xlsx")
    return read_folder(files_of(folder), RAW["adapters"], RAW["tables"])


def of_kind(found, kind):
    return [(one.row, one.column, one.value, one.count) for one in found.findings if one.kind == kind]


@pytest.mark.parametrize("error", ["#NUM!", "#WERT!", "#N/A N/A"])
def test_an_error_in_a_text_file_is_blank_and_counted_with_its_first_place(error, tmp_path):
    found = read(tmp_path, HEAD + f"F1,2019,CNY,100,{error},1\nF2,2019,CNY,100,5,1\nF3,2019,CNY,100,{error},1\n")
    assert of_kind(found, "blanked") == [(2, "sales", error, 2)]
    assert "sales" not in cells(found, "F1", 2019) and cells(found, "F2", 2019)["sales"] == 5 and not found.refused()


def test_every_error_is_known(tmp_path):
    errors = [*ERRORS, *OTHERS]
    found = read(tmp_path, HEAD + "".join(f"F{i},2019,CNY,100,{error},1\n" for i, error in enumerate(errors)))
    assert of_kind(found, "blanked") == [(2, "sales", "#NUM!", len(errors))] and not found.refused()


def test_errors_in_a_sheet_are_blank_and_counted_with_their_first_place(tmp_path):
    found = read_sheet(tmp_path, ["F", 2019, "CNY", 100, 5, 1], *(["F" + str(i), 2019, "CNY", 100, one, 1] for i, one in enumerate(ERRORS)))
    assert of_kind(found, "blanked") == [(3, "sales", "#NUM!", len(ERRORS))]
    assert "sales" not in cells(found, "F0", 2019) and not found.refused()


def test_an_error_in_place_of_a_key_is_refused(tmp_path):
    assert [(row, column) for row, column, *_ in of_kind(read(tmp_path, HEAD + "#REF!,2019,CNY,100,5,1\n"), "refused")] == [(2, "firm_id")]


def test_a_formula_without_its_value_is_refused_with_its_place(tmp_path):
    found = read_sheet(tmp_path, ["F1", 2019, "CNY", 100, "=2*25", 1])
    assert of_kind(found, "refused") == [(2, "sales", "=2*25", 1)]


@pytest.mark.parametrize("name", ["#1 Corp.", "#hashtag"])
def test_a_name_with_the_sign_of_errors_is_a_name(name, tmp_path):
    found = read(tmp_path, f"firm_id,year,currency,name,assets\nF1,2019,CNY,{name},5\n")
    assert cells(found, "F1", 2019)["name"] == name


COMBAS = "Stkcd,Accper,Typrep,A001000000,A002000000,A002101000,A002201000,A002203000\n"


@pytest.mark.parametrize(("part", "sums"), [("#REF!", {"direct_finance": 20.0}), ("", {"debt": 70.0, "bank_loans": 50.0})])
def test_an_error_in_a_sum_leaves_it_blank_where_a_blank_part_counts_as_zero(part, sums, tmp_path):
    found = cells(read(tmp_path, COMBAS + f"000063,2018-12-31,A,1e9,4e8,{part},5e7,2e7\n"), "000063", 2018)
    assert {name: found.get(name) for name in ("debt", "bank_loans", "direct_finance")} == {
        "debt": None,
        "bank_loans": None,
        "direct_finance": 20.0,
    } | sums


def test_an_error_in_a_column_is_not_filled_from_the_next_one():
    table = pd.DataFrame({"a": [None, None, "1"], "b": ["5", "5", "5"], "(unreadable) a": pd.array([True, None, None], "boolean")})
    assert first_of(table, ["a", "b"]).fillna("blank").tolist() == ["blank", "5", "1"]


@pytest.mark.parametrize("figure", ["612.52¹", "612³", "¹612", "612₂", "61①", "612½"])
def test_the_mark_of_a_footnote_is_no_digit_of_the_figure(figure, tmp_path):
    found = read(tmp_path, HEAD + f"F1,2019,CNY,{figure},5,1\n")
    assert of_kind(found, "refused") == [(2, "assets", figure, 1)]
