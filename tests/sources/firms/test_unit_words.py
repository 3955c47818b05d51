"""Units of money in words: of which figures a line, a title, a file's name or a column speaks, and in which languages."""

import openpyxl
import pytest

from analysis.core.errors import DataError
from analysis.core.rawfiles import files_of
from analysis.sources.firms.folder import read_folder
from analysis.sources.firms.headings import heading_of, money_of
from analysis.sources.firms.unit_words import units_said
from analysis.sources.firms.units_aside import unit_beside
from tests.sources.firms.test_units_beside import HEADER, RECORD, read_sheets
from tests.sources.firms.test_variations import RAW, cells, read

pytestmark = pytest.mark.fast

TEMPLATE = "firm_id,year,currency,assets\n"


@pytest.mark.parametrize(
    ("line", "unit"),
    [
        ("Amounts are expressed in thousands of yuan", (1e-3, "CNY")), ("Values in '000", (1e-3, "")), ("Scale: Thousands", (1e-3, "")),
        ("Units = 000s", (1e-3, "")), ("в тыс. руб.", (1e-3, "RUB")), ("млн руб.", (1.0, "RUB")), ("w tys. zł", (1e-3, "PLN")),
        ("w mln zł", (1.0, "PLN")), ("Cifras en miles", (1e-3, "")), ("en miles de euros", (1e-3, "EUR")),
        ("en millones de euros", (1.0, "EUR")), ("valori in migliaia", (1e-3, "")), ("valori in milioni", (1.0, "")),
        ("bin TL", (1e-3, "TRY")), ("milyon TL", (1.0, "TRY")), ("千円", (1e-3, "JPY")), ("単位：百万円", (1.0, "JPY")), ("億円", (1e2, "JPY")),
        ("단위: 천원", (1e-3, "KRW")), ("(단위 : 백만 원)", (1.0, "KRW")), ("單位：新台幣千元", (1e-3, "TWD")), ("Unit: CNY 1,000", (1e-3, "CNY")),
        ("in thousand million yen", (1e3, "JPY")), ("单位：人民币 百万元", (1.0, "CNY")), ("Figures x 1,000", (1e-3, "")),
        ("in thousands of Canadian dollars", (1e-3, "")), ("R&D of firms in million yuan", (1.0, "CNY")),
        ("Employees in thousands, money in million", (1.0, "")),
        ("(In millions, except number of shares, which are reflected in thousands, and par value)", (1.0, "")),
        ("Money in millions. Per-share data in yuan.", (1.0, "")),
    ],
)  # fmt: skip
def test_a_line_that_states_a_unit(line, unit):
    assert units_said(line) == [unit]


@pytest.mark.parametrize(
    "line",
    ["Firms in thousands of cities", "Employees in thousands", "Shares in thousands", "Employees (thousands)", "GDP (billion USD)",
     "Sample: 1000 firms", "The largest 1,000 firms", "Version 1,000", "Acme (MN)", "R&D staff in thousands"],
)  # fmt: skip
def test_a_line_that_counts_something_else(line):
    assert units_said(line) == []


def test_two_units_of_money_in_one_line_are_refused(tmp_path):
    with pytest.raises(DataError, match="the same line"):
        read(tmp_path, f'"Assets in million yuan, R&D in thousand yuan"\n{TEMPLATE}F1,2019,CNY,5000\n')


def test_a_line_on_employees_leaves_money_as_it_is(tmp_path):
    found = read(tmp_path, f'"Employees in thousands, money in million"\n{TEMPLATE}F1,2019,CNY,5000\n')
    assert cells(found, "F1", 2019)["assets"] == 5000 and not found.refused()


@pytest.mark.parametrize("line", ["R&D of firms in million yuan", "Source: Wind; 单位：百万元"])
def test_a_note_below_that_agrees_is_a_note(line, tmp_path):
    found = read(tmp_path, f"{TEMPLATE}F1,2019,CNY,5000\n{line}\n")
    assert cells(found, "F1", 2019)["assets"] == 5000 and not found.refused()


@pytest.mark.parametrize(
    ("title", "asked"),
    [("千元", True), ("in thousands", True), ("accounts_thousand", True), ("TCNY", True), ("MN", False), ("CNY million", False),
     ("Employees in thousands", False)],
)  # fmt: skip
def test_the_title_of_the_only_sheet(title, asked, tmp_path):
    found = read_sheets(tmp_path, (title, [HEADER, RECORD]))
    assert any("sheet of the workbook" in one.rule for one in found.findings if one.kind == "doubtful") == asked


def test_a_sheet_on_other_figures_is_not_asked_about(tmp_path):
    notes = [["Employees in thousands"], ["Budget in thousand EUR"], ["All money is in million CNY; staff in thousands"]]
    assert not [one for one in read_sheets(tmp_path, ("firms", [HEADER, RECORD]), ("notes", notes)).findings if one.kind == "doubtful"]


@pytest.mark.parametrize(("name", "asked"), [("accounts_千元.csv", True), ("accounts_thousand_CNY.csv", True), ("top_1000.csv", False)])
def test_the_name_of_a_file(name, asked, tmp_path):
    found = read(tmp_path, f"{TEMPLATE}F1,2019,CNY,5000\n", name)
    assert any("name of the file" in one.rule for one in found.findings if one.kind == "doubtful") == asked


OF_ROWS = {
    "refused": {"UNIT_MULT": 3, "unit_power": "3", "scale_factor": 1000, "Scaling": "E3", "reporting_unit": "K", "unit": "thousand",
                "note": "Amounts are expressed in thousands of yuan"},
    "doubtful": {"unit": "yuan", "Unit": "lacs", "decimals": -3},
    "": {"UNIT_MULT": 6, "unit": "million", "Unit": "Automotive", "units": 15230, "decimals": 2, "employees_unit": "thousand",
         "gdp_unit": "billion USD", "units_sold": "thousand", "slogan": "100 million", "note": "restated; shares in thousands"},
}  # fmt: skip


@pytest.mark.parametrize("kind", OF_ROWS)
def test_columns_that_may_tell_a_unit(kind, tmp_path):
    told = OF_ROWS[kind]
    found = read_sheets(tmp_path, ("firms", [[*HEADER[:5], *told], [*RECORD[:5], *told.values()]]))
    kinds = {one.column: one.kind for one in found.findings if one.kind in ("refused", "doubtful")}
    assert kinds == (dict.fromkeys(told, kind) if kind else {})


@pytest.mark.parametrize(("code", "refused"), [('0.0"万元"', True), ('0.0"百万元"', False), ("#,##0.0", False), ('#,##0,,"m"', True)])
def test_a_number_format_that_prints_a_unit(code, refused, tmp_path):
    book = openpyxl.Workbook()
    for row in (HEADER, RECORD):
        book.active.append(row)
    book.active["D2"].number_format = code
    book.save(tmp_path / "a.xlsx")
    found = read_folder(files_of(tmp_path), RAW["adapters"], RAW["tables"])
    assert [(one.row, one.column, one.value) for one in found.refused()] == [(2, "assets", code)] * refused


@pytest.mark.parametrize("header", ["assets_in_k", "assets'000", "assets_cny_thousand", "assets (千円)", "assets (тыс. руб.)"])
def test_a_header_with_its_unit(header):
    found = heading_of(header, years=False)
    assert (found.item, found.scale) == ("assets", 1e-3)


def test_a_power_of_ten_is_one_under_its_header_only():
    assert (unit_beside("3", "UNIT_MULT", False), unit_beside("3", "unit", False), money_of("3")) == (1e-3, None, None)


@pytest.mark.parametrize(
    ("header", "scale"),
    [("assets_1000", 1e-3), ("assets (x 1,000)", 1e-3), ("assets 10^6", 1.0), ("assets_thous", 1e-3), ("assets (CNY, thousands)", 1e-3),
     ("assets {k}", 1e-3), ("assets (‘000)", 1e-3), ("assets (unit: thousand)", 1e-3), ("assets_wanyuan", 1e-2), ("assets (Rs cr)", 10.0),
     ("assets (10k CNY)", 1e-2)],
)  # fmt: skip
def test_a_unit_at_the_end_of_a_header_in_any_spelling(header, scale):
    found = heading_of(header, years=False)
    assert (found.item, found.scale) == ("assets", scale)


@pytest.mark.parametrize("header", ["assets_w", "assets_100", "A001000000", "sales growth"])
def test_other_ends_of_headers_are_no_units(header):
    assert heading_of(header, years=False).scale is None


@pytest.mark.parametrize(
    ("line", "currency", "refused"),
    [("単位：百万円", "CNY", True), ("单位：百万美元", "CNY", True), ("USD million", "CNY", True), ("单位：百万元", "HKD", False),
     ("in million US dollars", "USD", False), ("Exchange rates: JPY per USD", "CNY", False), ("GDP in billion USD", "CNY", False)],
)  # fmt: skip
def test_a_note_below_names_the_currency_as_well(line, currency, refused, tmp_path):
    found = read(tmp_path, f"{TEMPLATE}F1,2019,{currency},5000\n{line}\n")
    assert [(one.row, one.value) for one in found.refused()] == [(3, line)] * refused
    (tmp_path / "a.csv").unlink()
    record = ["F1", 2019, currency, 5000, 50, ""]
    found = read_sheets(tmp_path, ("firms", [HEADER, record, [], [None] * 6 + [line]]))
    assert [(one.row, one.value) for one in found.refused()] == [(4, line)] * refused


@pytest.mark.parametrize(
    ("comment", "cell", "printed", "asked"),
    [("in thousand CNY", "D1", "", [(1, "assets", "me: in thousand CNY")]), ("in thousands", "A1", "", []), ("headcount in thousands", "D1", "", []),
     ("CNY million", "D1", "", []), ("", "D1", '&C&"Arial,Bold"&12in thousand CNY &P', [(None, None, "in thousand CNY")]),
     ("", "D1", "Page &P of &N", [])],
)  # fmt: skip
def test_comments_and_printed_lines_of_a_sheet(comment, cell, printed, asked, tmp_path):
    book = openpyxl.Workbook()
    for row in (HEADER, RECORD):
        book.active.append(row)
    if comment:
        book.active[cell].comment = openpyxl.comments.Comment(f"me: {comment}", "me")
    if printed:
        book.active.oddHeader.center.text = printed
    book.save(tmp_path / "a.xlsx")
    found = read_folder(files_of(tmp_path), RAW["adapters"], RAW["tables"])
    assert [(one.row, one.column, one.value) for one in found.findings if one.kind == "doubtful"] == asked
