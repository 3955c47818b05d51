"""One table written as people and programs write it: each way is read with the right figure or refused, and no figure is wrong in silence."""

import openpyxl
import pandas as pd
import pytest

from analysis.core.errors import DataError
from analysis.core.rawfiles import files_of
from analysis.sources.firms.folder import read_folder
from analysis.sources.firms.headings import heading_of
from analysis.sources.firms.policies import Policies
from analysis.sources.firms.unit_words import unit_said
from tests.study import STUDY

pytestmark = pytest.mark.fast

RAW = STUDY["raw"]["firm_files"]
HEAD = "firm_id,year,currency,assets,sales,profit\n"
ROW = "F1,2019,CNY,100.5,50,-2.5\n"
RIGHT = {"assets": 100.5, "sales": 50.0, "profit": -2.5}
CSMAR = "证券代码,会计期间,报表类型,资产总计,负债合计\n000063,2018-12-31,A,1000000000,400000000\n600276,2018-12-31,A,2000000000,800000000\n"
SIDES = {"assets": 1000.0, "liabilities": 400.0}


def read(folder, content, name="a.csv"):
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_folder(files_of(folder), RAW["adapters"], RAW["tables"], Policies(**RAW["policies"]))


def cells(found, firm, year):
    row = found.tables["firm_accounts"].set_index(["firm_id", "year"]).loc[(firm, year)]
    return {name: value for name, value in row.items() if pd.notna(value)}


def of_csmar(old="", new=""):
    return CSMAR.replace(old, new) if old else CSMAR


READ = {
    "GBK": (of_csmar().encode("gbk"), "000063", 2018, SIDES),
    "UTF-16": (of_csmar().encode("utf-16"), "000063", 2018, SIDES),
    "UTF-16 without its mark": (of_csmar().replace(",", "\t").encode("utf-16-be"), "000063", 2018, SIDES),
    "decimal commas": (HEAD.replace(",", ";") + "F1;2019;CNY;1.100,5;2.000;(2,5)\n", "F1", 2019, {"assets": 1100.5, "sales": 2000.0, "profit": -2.5}),
    "wide digits": (HEAD + "F1,２０１９,CNY,１００．５,５０,－２．５\n", "F1", 2019, RIGHT),
    "wide header": ("ｆｉｒｍ＿ｉｄ,ｙｅａｒ,ｃｕｒｒｅｎｃｙ,ａｓｓｅｔｓ\nF1,2019,CNY,100.5\n", "F1", 2019, {"assets": 100.5}),
    "Chinese date": (of_csmar("2018-12-31", "2018年12月31日"), "000063", 2018, SIDES),
    "Chinese year": (of_csmar("2018-12-31", "2018年度"), "000063", 2018, SIDES),
    "annual report": (of_csmar("2018-12-31", "2018年年报"), "000063", 2018, SIDES),
    "thousands by commas": (HEAD + 'F1,2019,CNY,"1,234.5",50,"(12,500)"\n', "F1", 2019, {"assets": 1234.5, "profit": -12500.0}),
    "thousands by spaces": (HEAD + "F1,2019,CNY,1 000.5,50,-2.5\n", "F1", 2019, {"assets": 1000.5}),
    "thousands by fixed spaces": (HEAD + "F1,2019,CNY,1\N{NO-BREAK SPACE}000.5,50,-2.5\n", "F1", 2019, {"assets": 1000.5}),
    "thousands by apostrophes": (HEAD + "F1,2019,CNY,1'000.5,50,-2.5\n", "F1", 2019, {"assets": 1000.5}),
    "brackets": (HEAD + "F1,2019,CNY,100.5,50,( 2.5 )\n", "F1", 2019, RIGHT),
    "wide brackets": (HEAD + "F1,2019,CNY,100.5,50,（2.5）\n", "F1", 2019, RIGHT),
    "minus behind": (HEAD + "F1,2019,CNY,100.5,50,2.5-\n", "F1", 2019, RIGHT),
    "typeset minus": (HEAD + "F1,2019,CNY,100.5,50,\N{MINUS SIGN}2.5\n", "F1", 2019, RIGHT),
    "dashes for nothing": (HEAD + "F1,2019,CNY,100.5,–,－\n", "F1", 2019, {"assets": 100.5, "sales": None, "profit": None}),
    "words for nothing": (HEAD + "F1,2019,CNY,100.5,n.a.,未披露\n", "F1", 2019, {"assets": 100.5, "sales": None, "profit": None}),
    "unit above in Chinese": ("单位：万元,,,,\n" + of_csmar("000000,", "00,"), "000063", 2018, {"assets": 1000.0}),
    "unit above": ("(in thousands of CNY),,,,,\n" + HEAD + ROW, "F1", 2019, {"assets": 0.1005, "profit": -0.0025}),
    "unit above, patents are none": ("单位：万元,,,,\nfirm_id,year,currency,assets,patents\nF1,2019,CNY,100,7\n", "F1", 2019, {"assets": 1.0, "patents": 7.0}),
    "unit below the header": (HEAD + ",,,万元,千元,百万元\nF1,2019,CNY,100,50,1\n", "F1", 2019, {"assets": 1.0, "sales": 0.05, "profit": 1.0}),
    "line of units, some of them none": (of_csmar("000063,", "没有单位,没有单位,没有单位,万元,万元\n000063,").replace("000000,", "00,"), "000063", 2018, {"assets": 1000.0}),
    "line of the units that the map has": (of_csmar("000063,2018-12-31,A,1", "没有单位,没有单位,没有单位,元,元\n000063,2018-12-31,A,1"), "000063", 2018, {"assets": 1000.0}),
    "parts of a year beside the whole": (HEAD.replace("year", "year,period") + "F1,2019,H1,CNY,90,20,1\nF1,2019,FY,CNY,100.5,50,-2.5\n", "F1", 2019, RIGHT),
    "time without a leading zero": (HEAD + ROW.replace("2019", "2019/12/31 0:00:00"), "F1", 2019, RIGHT),
    "unit in one header": (of_csmar("资产总计", "资产总计（万元）").replace("000000000,", "00000,"), "000063", 2018, SIDES),
    "header again": (HEAD + ROW + HEAD + "F2,2019,CNY,7,8,9\n", "F2", 2019, {"assets": 7.0}),
    "source below": (HEAD + ROW + "Source: my database,,,,,\n数据来源：CSMAR,,,,,\n", "F1", 2019, RIGHT),
    "line of text": (HEAD + ROW + "\nSource: my database\n", "F1", 2019, RIGHT),
    "codes as floats": (of_csmar("000063,", "63.0,"), "000063", 2018, SIDES),
    "codes of another house": (of_csmar("000063,", "000063.XSHE,").replace("600276,", "SH600276,"), "600276", 2018, {"assets": 2000.0}),
    "codes as formulas": (of_csmar("000063,", '"=""000063""",').replace("600276,", "'600276,"), "000063", 2018, SIDES),
    "currencies in words": (HEAD + ROW.replace("CNY", "RMB Yuan"), "F1", 2019, RIGHT | {"currency": "CNY"}),
    "same record twice": (HEAD + ROW + "F1,2019,CNY,100.50,50.0,-2.5\n", "F1", 2019, RIGHT),
}  # fmt: skip


@pytest.mark.parametrize("way", READ)
def test_a_way_of_writing_is_read_with_the_right_figures(way, tmp_path):
    content, firm, year, right = READ[way]
    found = read(tmp_path, content)
    got = cells(found, firm, year)
    assert {name: got.get(name) for name in right} == pytest.approx(right)
    assert not found.refused()
    line = next(line for line in found.files if line.read_as)
    assert line.kept == len(found.tables["firm_accounts"])


@pytest.mark.parametrize(
    ("header", "years"),
    [
        ("assets_2019,assets_2020", (2019, 2020)),
        ("2019 assets,2020 assets", (2019, 2020)),
        ("assets FY19,assets FY20", (2019, 2020)),
        ("FY2019 assets,FY2020 assets", (2019, 2020)),
        ("assets (2019),assets (2020)", (2019, 2020)),
        ("2019年assets,2020年assets", (2019, 2020)),
        ("assets 31/12/2019,assets 31/12/2020", (2019, 2020)),
        ("assets 2019-12-31,assets 2020-12-31", (2019, 2020)),
        ("assets CNY million 2019,assets CNY million 2020", (2019, 2020)),
    ],
)
def test_years_in_headers(header, years, tmp_path):
    found = read(tmp_path, f"firm_id,currency,{header}\nF1,CNY,100,110\n")
    assert [cells(found, "F1", year)["assets"] for year in years] == [100.0, 110.0]


def test_an_item_of_years_counts_before_one_without_a_year(tmp_path):
    found = read(tmp_path, "firm_id,currency,assets,assets_2018,assets_2019\nF1,CNY,5,100,110\n")
    assert [cells(found, "F1", year)["assets"] for year in (2018, 2019)] == [100.0, 110.0]
    assert found.files[0].unused == ["assets"]


def test_years_below_merged_items(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["firm_id", "currency", "assets", None, "sales", None], [None, None, 2019, 2020, 2019, 2020], ["F1", "CNY", 1, 2, 3, 4]):
        sheet.append(row)
    sheet.merge_cells("C1:D1")
    sheet.merge_cells("E1:F1")
    book.save(tmp_path / "a.xlsx")
    found = read_folder(files_of(tmp_path), RAW["adapters"], RAW["tables"])
    assert cells(found, "F1", 2019) | {"assets": 1.0, "sales": 3.0} == cells(found, "F1", 2019)
    assert cells(found, "F1", 2020) | {"assets": 2.0, "sales": 4.0} == cells(found, "F1", 2020)


GROWN = "".join(
    f"F{i},{year},CNY,{size * (100 if year > 2015 else 1)},1,1\n"
    for i, size in enumerate((10, 25, 4, 90))
    for year in (2014, 2015, 2016, 2017)
)
ORBIS = '"Company name Latin alphabet","BvD ID number","Operating revenue (Turnover)\nth USD 2019","Total assets\n{} 2019"\n"A","DE1","1,000","5000"\n'
WIND = '"证券代码","营业收入\n[报告期] {}\n[单位] 万元","总资产\n[报告期] 2019-12-31\n[单位] 元"\n"000063.SZ","999","5,000,000"\n'
# What is refused: the content and the words of the refusal.
REFUSED = {
    "a comma that may be either": (HEAD.replace(",", ";") + "F1;2019;CNY;100,500;50;1\n", "decimal comma"),
    "decimal commas and points": (HEAD.replace(",", ";") + "F1;2019;CNY;100,5;50.5;1\n", "decimal comma"),
    "points that may separate thousands": (HEAD.replace(",", ";") + "F1;2019;CNY;1.500;50;1\nF2;2019;CNY;2.500;50;1\n", "separate thousands"),
    "points that may separate thousands, between tabs": (HEAD.replace(",", "\t") + "F1\t2019\tCNY\t1.500\t50\t1\nF2\t2019\tCNY\t2.500\t50\t1\n", "separate thousands"),
    "decimal comma in quotes": (HEAD + 'F1,2019,CNY,"100,5",50,1\n', "not a number"),
    "a decimal comma makes its column doubtful": (HEAD + 'F1,2019,CNY,"1,234",50,1\nF2,2019,CNY,"100,5",50,1\n', "value '1,234'"),
    "points between thousands": (HEAD + "F1,2019,CNY,1.000.500,50,1\n", "not a number"),
    "unit in the cell": (HEAD + "F1,2019,CNY,5亿,50,1\n", "not a number"),
    "per cent": (HEAD + "F1,2019,CNY,5,50,2%\n", "not a number"),
    "year of two digits": (HEAD + ROW.replace("2019", "19"), "a year or a date"),
    "day of a spreadsheet": (HEAD + ROW.replace("2019", "43830"), "a year or a date"),
    "quarters": (HEAD + ROW.replace("2019", "2019Q1"), "a year or a date"),
    "column of quarters": (HEAD.replace("year,", "year,quarter,") + "F1,2019,3,CNY,90,10,1\n", "of quarters"),
    "unit below": (HEAD + ROW + "单位：万元,,,,,\n", "unit below"),
    "unit in a note": (HEAD + ROW + "Note: figures in thousands of CNY\n", "unit below"),
    "currency without a unit": (HEAD.replace("assets", "assets (CNY)") + ROW, "no unit"),
    "header in another currency": (HEAD.replace("assets", "assets (EUR million)") + ROW, "header says EUR"),
    "code in scientific notation": (HEAD + ROW.replace("F1", "9.13E+17"), "last digits are lost"),
    "same key, other figures": (HEAD + ROW + ROW.replace("50", "51"), "nothing says which counts"),
    "a firm in two currencies": (HEAD + ROW + "F1,2020,USD,7,5,2\n", "reports in CNY and USD"),
    "a change of unit in some year": (HEAD + GROWN, "a change of unit"),
    "headers in two currencies": (ORBIS.format("th EUR"), "in EUR and USD"),
    "years in two units": ("firm_id,currency,assets_2018 (万元),assets_2019 (元)\nF1,CNY,100,2000000\n", "another unit or currency"),
    "a unit for one of the years": ("firm_id,currency,assets_2018 (CNY thousand),assets_2019\nF1,CNY,100,2000\n", "another unit or currency"),
    "years of Wind in two units": (WIND.format("2019-12-31").replace("营业收入\n[报告期] 2019-12-31", "总资产\n[报告期] 2018年报"), "another unit or currency"),
    "years of Orbis in two currencies": (ORBIS.format("th EUR").replace("Operating revenue (Turnover)\nth USD 2019", "Total assets\nth USD 2018"), "another unit or currency"),
    "a year twice": ("firm_id,currency,assets_2019,assets_2019\nF1,CNY,100,200\n", "column appears twice"),
    "an item in two units": ("firm_id,year,currency,assets,assets (CNY thousand)\nF1,2019,CNY,5,6000\n", "column appears twice"),
    "months in headers": ("firm_id,currency,assets_2019/03,assets_2019/06\nF1,CNY,1,2\n", "no adapter"),
    "commas between thousands without quotes": (HEAD + "F1,2019,CNY,1,234,50,2\nF2,2019,CNY,3,234,50,2\n", "more cells than the header"),
    "one comma between thousands, and a blank behind": (HEAD + ROW + "F2,2019,CNY,1,234,50,\nF3,2019,CNY,3,2,1\n", "has 7 cells"),
    "names of rows": ("firm_id\tyear\tcurrency\tassets\n1\tF1\t2019\tCNY\t5\n2\tF2\t2019\tCNY\t5\n", "more cells than the header"),
    "column of units": ("firm_id,year,currency,unit,assets\nF1,2019,CNY,thousand,5000\n", "in a column that no field takes"),
    "column of periods": (HEAD.replace("year", "year,period") + "F1,2019,first half,CNY,9,5,1\n", "is neither FY"),
    "unit in the second line of labels": ("Stkcd,Accper,Typrep,A001000000\n证券代码,统计截止日期,报表类型编码,资产总计\n没有单位,没有单位,没有单位,千元\n000063,2018-12-31,A,1000000\n", "names another unit"),
    "a second header in another unit": (HEAD + ROW + HEAD.replace("assets", "assets (CNY thousand)") + "F2,2019,CNY,5000,5,1\n", "names another unit"),
    "a second header in another order": (HEAD + ROW + "firm_id,year,currency,sales,assets,profit\nF2,2019,CNY,1,2,3\n", "names another column"),
    "hour of Greenwich": (HEAD + ROW.replace("2019", "2018-12-31T16:00:00Z"), "a year or a date"),
    "state-owned as another code": ("firm_id,year,currency,assets,state_owned\nF1,2019,CNY,5,2\n", "yes or no"),
}  # fmt: skip


@pytest.mark.parametrize("way", REFUSED)
def test_a_way_of_writing_is_refused_with_the_reason(way, tmp_path):
    content, words = REFUSED[way]
    try:
        said = [str(finding) for finding in read(tmp_path, content).refused()]
    except DataError as error:
        said = [str(error)]
    assert any(words in one for one in said), said


def test_a_line_of_totals_is_no_firm_but_a_firm_may_be_called_total(tmp_path):
    found = read(tmp_path, HEAD + ROW + "Total,2019,CNY,9999,9999,9999\n合计,2019,CNY,9999,9999,9999\nAverage,2019,CNY,9,9,9\n")
    assert set(found.tables["firm_accounts"]["firm_id"]) == {"F1"}
    (line,) = found.files
    assert line.left_out == {"a line of totals or averages, no firm": 3}
    (tmp_path / "a.csv").unlink()
    found = read(tmp_path, "Company,Year,Country,R&D,Net sales\nTOTAL,2019,France,900,9000\n")
    assert set(found.tables["firm_accounts"]["firm_id"]) == {"TOTAL"}


def test_dates_of_each_file_have_their_own_order(tmp_path):
    head = "event_id,firm_id,date,instrument\n"
    (tmp_path / "days.csv").write_text(head + "E1,F1,31/12/2019,IP sale\n")
    (tmp_path / "either.csv").write_text(head + "E2,F1,03/04/2019,IP sale\n")
    found = read(tmp_path, HEAD + ROW)
    assert list(found.tables["financing_events"]["date"]) == ["2019-12-31"]
    assert [finding.value for finding in found.refused()] == ["03/04/2019"]


@pytest.mark.parametrize(
    ("yes", "no"),
    [("1", "0"), ("1.0", "0.0"), ("True", "FALSE"), ("是", "否"), ("国有", "民营"), ("国企", "非国有"), ("SOE", "private"), ("state-owned", "non-SOE"), ("√", "×")],
)  # fmt: skip
def test_who_is_owned_by_the_state(yes, no, tmp_path):
    table = read(tmp_path, f"firm_id,year,currency,assets,state_owned\nA,2019,CNY,5,{yes}\nB,2019,CNY,5,{no}\n").tables["firm_accounts"]
    assert list(table["state_owned"]) == [True, False]


def test_labels_of_stata_count_and_not_their_codes(tmp_path):
    table = pd.DataFrame({"firm_id": ["A", "B"], "year": [2019] * 2, "currency": ["CNY"] * 2, "assets": [5.0] * 2, "state_owned": [1, 0]})
    table.to_stata(tmp_path / "a.dta", write_index=False, value_labels={"state_owned": {1: "民营", 0: "国有"}}, version=118)
    found = read_folder(files_of(tmp_path), RAW["adapters"], RAW["tables"])
    assert list(found.tables["firm_accounts"]["state_owned"]) == [False, True]


@pytest.mark.parametrize("period", ["2018中报", "2018三季", "2018-06-30", "2018一季报"])
def test_interim_columns_of_wind_are_no_years(period, tmp_path):
    found = read(tmp_path, WIND.format(period))
    assert cells(found, "000063", 2019)["assets"] == 5.0
    assert list(found.tables["firm_accounts"]["year"]) == [2019]
    assert any(period in name for name in found.files[0].unused)


def test_a_currency_alone_in_a_header_of_orbis_is_units(tmp_path):
    got = cells(read(tmp_path, ORBIS.format("USD").replace('"5000"', '"5,000,000"')), "DE1", 2019)
    assert (got["sales"], got["assets"], got["currency"]) == (1.0, 5.0, "USD")


def test_columns_that_no_field_takes_are_named(tmp_path):
    found = read(tmp_path, HEAD.replace("profit", "ownership") + "F1,2019,CNY,5,6,1\n")
    assert found.files[0].unused == ["ownership"]


@pytest.mark.parametrize("total", ["Total 2019", "Total (2 firms)", "合计（3家）", "Overall", "Gesamt", "Industry average"])
def test_totals_of_something_are_no_firms(total, tmp_path):
    found = read(
        tmp_path,
        HEAD + ROW + f"{total},2019,CNY,9999,9999,9999\nTotal1,2019,CNY,7,5,1\nTOTAL3 AG,2019,CNY,8,5,1\n".replace("Total1,", "TTL1,"),
    )
    assert set(found.tables["firm_accounts"]["firm_id"]) == {"F1", "TTL1", "TOTAL3 AG"}


def test_a_ticker_that_reads_like_a_total_is_the_firm_that_its_name_says(tmp_path):
    found = read(tmp_path, "firm_id,year,currency,name,assets\nSUM,2019,USD,Summit Materials,5\nMEAN,2019,USD,,6\nTotal,2019,USD,Total,7\n")
    assert set(found.tables["firm_accounts"]["firm_id"]) == {"SUM"}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("".join(f"F{i},2019,CNY,{500000 + i},{i + 1},1\n" for i in range(4)), "two units of money"),
        (ROW + "f-1,2020,CNY,7,6,1\n", "but for case"),
        ("".join(f"F{i},2019,CNY,{100 + i},50,{-999 if i % 2 else 3.5 * i}\n" for i in range(8)), "'profit' is -999 again"),
    ],
)
def test_what_may_be_wrong_is_doubted(rows, words, tmp_path):
    assert any(f.kind == "doubtful" and words in f.rule for f in read(tmp_path, HEAD + rows).findings)


@pytest.mark.parametrize(("day", "words"), [("2001-05-05", "founded"), ("2015-05-05", "first accounts"), ("2091-05-05", "last accounts")])
def test_events_outside_the_years_of_a_firm_are_doubted(day, words, tmp_path):
    (tmp_path / "events.csv").write_text(f"event_id,firm_id,date,instrument\nE1,F1,{day},IP sale\n")
    found = read(tmp_path, "firm_id,year,currency,assets,founded\nF1,2019,CNY,5,2010\n")
    assert [words in f.rule for f in found.findings if f.kind == "doubtful"] == [True]


def test_codes_that_lost_zeros_are_doubted(tmp_path):
    found = read(tmp_path, HEAD + "000063,2019,CNY,5,6,1\n63,2020,CNY,5,6,1\n")
    assert any(f.kind == "doubtful" and "000063 and 63" in str(f.value) for f in found.findings)


@pytest.mark.parametrize(
    ("header", "item", "scale", "currency"),
    [
        ("sales_万元", "sales", 1e-2, "CNY"), ("profit/元", "profit", 1e-6, "CNY"), ("cash 单位:亿元", "cash", 1e2, "CNY"),
        ("profit (in thousands)", "profit", 1e-3, ""), ("rd (RMB'000)", "rd", 1e-3, "CNY"), ("sales ($000)", "sales", 1e-3, ""),
        ("assets (USDm)", "assets", 1.0, "USD"), ("cash (€m)", "cash", 1.0, "EUR"), ("rd (mln EUR)", "rd", 1.0, "EUR"),
        ("assets, th USD", "assets", 1e-3, "USD"), ("营业收入万元", "营业收入", 1e-2, "CNY"), ("销售额 (人民币亿元)", "销售额", 1e2, "CNY"),
        ("P/L for period [=Net income] m USD", "p/l for period [=net income]", 1.0, "USD"), ("total debt", "total debt", None, ""),
        ("NACE Rev. 2, core code (4 digits)", "nace rev. 2, core code (4 digits)", None, ""),
    ],
)  # fmt: skip
def test_units_of_headers(header, item, scale, currency):
    found = heading_of(header, years=False)
    assert (found.item, found.scale, found.currency) == (item, scale, currency)


@pytest.mark.parametrize(
    ("line", "scale"),
    [("单位：万元", 1e-2), ("单位：人民币亿元", 1e2), ("(in thousands, except share data)", 1e-3), ("Amounts in USD millions", 1.0),
     ("RMB'000", 1e-3), ("Unit: 10,000 yuan", 1e-2), ("in 100 million yuan", 1e2), ("Export of 3 May", None), ("firm", None), ("USD", None)],
)  # fmt: skip
def test_units_in_lines_of_text(line, scale):
    said = unit_said(line)
    assert (said and said[0]) == scale


@pytest.mark.parametrize("code", ["GBp", "GBX", "ZAc", "ILA", "TSD", "XXX", "XAU"])
def test_pence_and_words_that_are_no_currency_are_refused_with_what_to_do(code, tmp_path):
    said = [one.rule for one in read(tmp_path, HEAD + ROW.replace("CNY", code)).refused()]
    assert len(said) == 1 and "divide such figures by 100" in said[0]


@pytest.mark.parametrize(("code", "meant"), [("gbp", "GBP"), ("Gbp", "GBP"), ("£", "GBP"), ("DEM", "DEM"), ("ALL", "ALL"), ("CNH", "CNY")])
def test_a_currency_is_read_in_whatever_case(code, meant, tmp_path):
    assert cells(read(tmp_path, HEAD + ROW.replace("CNY", code)), "F1", 2019)["currency"] == meant
