"""A folder as people keep it: several sources, archives, notes, broken files; a line on each, and nothing lost in silence."""

import gzip
import json
import shutil
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from analysis.__main__ import main
from analysis.core.rawfiles import files_of
from analysis.sources.firms.folder import read_folder
from analysis.sources.firms.kept import kept
from analysis.sources.firms.policies import Policies
from analysis.sources.firms.report import table_of_files
from tests.study import STUDY

pytestmark = pytest.mark.fast

HERE = Path(__file__).parent / "miniature"
RAW = STUDY["raw"]["firm_files"]
POLICIES = Policies(**RAW["policies"])


def read(folder, policies=POLICIES):
    return read_folder(files_of(Path(folder)), RAW["adapters"], RAW["tables"], policies)


def written(folder, **files):
    for name, text in files.items():
        path = folder / name.replace("__", ".")
        path.write_text(text, encoding="utf-8")
    return folder


def accounts(folder, text, name="accounts__csv"):
    return read(written(folder, **{name: text})).tables["firm_accounts"].set_index(["firm_id", "year"])


def test_a_mixed_folder_is_read_with_a_line_on_every_file(tmp_path):
    for name in ("csmar", "compustat", "simfin", "template", "tushare", "sec_statements"):
        shutil.copytree(HERE / name, tmp_path / name)
    with zipfile.ZipFile(tmp_path / "orbis.zip", "w") as archive:
        archive.write(HERE / "orbis" / "export.csv", "orbis/export.csv")
        archive.writestr("readme.txt", "What this is")
    (tmp_path / "simfin" / "us-income-annual.csv.gz").write_bytes(gzip.compress((HERE / "simfin" / "us-income-annual.csv").read_bytes()))
    (tmp_path / "notes.txt").write_text("My notes", encoding="utf-8")
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    (tmp_path / "~$open.xlsx").write_bytes(b"x")
    found = read(tmp_path)
    table = table_of_files(found).set_index("file")
    assert set(found.tables["firm_accounts"]["source"].str.split("+").explode()) >= {
        "csmar",
        "compustat",
        "simfin",
        "generic",
        "tushare",
        "orbis",
    }
    unread = table[table["read_as"] == ""]
    assert set(unread.index) == {"notes.txt", "broken.xlsx", "~$open.xlsx", "orbis.zip/readme.txt"}
    assert (unread["why"] != "").all()
    files = sum(path.is_file() for path in tmp_path.rglob("*")) + 1  # the archive has two members
    assert len(table) == files
    assert (table["kept"] >= 0).all()


def test_the_command_takes_one_file_and_says_where_there_is_none(tmp_path, capsys):
    shutil.copytree(HERE / "cordip", tmp_path / "t")
    assert main(["doctor", str(next((tmp_path / "t").iterdir()))]) == 0
    assert "COR&DIP, companies → firm_accounts" in capsys.readouterr().out
    assert main(["doctor", str(tmp_path / "nowhere")]) == 2
    assert "no such file or folder" in capsys.readouterr().err
    assert main(["doctor"]) == 2


def test_a_near_miss_of_a_template_is_refused_with_what_was_meant(tmp_path, capsys):
    shutil.copytree(HERE / "template", tmp_path / "t")
    path = tmp_path / "t" / "events.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("instrument", "instrment", 1), encoding="utf-8")
    assert main(["doctor", str(tmp_path)]) == 1
    assert "also has instrument ('instrment'?)" in capsys.readouterr().out


def test_a_draft_map_reads_the_file_it_was_drafted_for(tmp_path, capsys):
    import yaml

    file = tmp_path / "mine.csv"
    file.write_text("Firm,Year,Currency,Total assets,Sales,Other\nA,2020,CNY,100,50,1\n", encoding="utf-8")
    assert main(["doctor", "--draft-map", str(file)]) == 0
    text = capsys.readouterr().out.replace("{from: }", "{from: Firm}")
    adapters = RAW["adapters"] | {"mine": yaml.safe_load(text)}
    table = read_folder([file], adapters, RAW["tables"]).tables["firm_accounts"]
    assert list(table[["firm_id", "year", "assets", "sales"]].iloc[0]) == ["A", 2020, 100.0, 50.0]


@pytest.mark.parametrize(("policy", "rows", "sales"), [("refuse", 2, [5.0, 6.0]), ("drop", 2, [5.0, 6.0]), ("blank", 3, [5.0, None, 6.0])])
def test_a_policy_says_what_becomes_of_a_bad_value(tmp_path, policy, rows, sales):
    written(tmp_path, accounts__csv="firm_id,year,currency,sales\nF,2019,CNY,5\nF,2020,CNY,-1\nF,2021,CNY,6\n")
    found = read(tmp_path, Policies(fields={"firm_accounts.sales": policy}))
    table = found.tables["firm_accounts"]
    assert len(table) == rows
    assert [None if pd.isna(value) else value for value in table["sales"]] == sales
    (finding,) = [f for f in found.findings if f.row == 3]
    assert (finding.kind, finding.column, finding.value) == (
        {"refuse": "refused", "drop": "dropped", "blank": "blanked"}[policy],
        "sales",
        "-1",
    )


def test_a_key_is_never_blanked():
    assert (
        Policies(keys="drop", fields={"firm_accounts.year": "blank"}).of("firm_accounts", "year", {"required": True}, "range", {})
        == "refuse"
    )


def test_the_message_on_a_fact_names_its_tag_and_firm(tmp_path):
    shutil.copytree(HERE / "sec_companyfacts", tmp_path / "s")
    file = next((tmp_path / "s").glob("*.json"))
    content = json.loads(file.read_text(encoding="utf-8"))
    fact = next(f for f in content["facts"]["us-gaap"]["Assets"]["units"]["USD"] if f["form"] == "10-K")
    fact["val"] = -1
    file.write_text(json.dumps(content), encoding="utf-8")
    (finding,) = [f for f in read(tmp_path).findings if f.kind == "blanked"]
    assert f"Assets of firm {content['cik']}" in finding.rule


def test_sheets_titles_and_blank_header_cells(tmp_path):
    with pd.ExcelWriter(tmp_path / "book.xlsx") as book:
        pd.DataFrame({"ReadMe": ["About", "these data"]}).to_excel(book, sheet_name="ReadMe", index=False)
        frame = pd.DataFrame([["My accounts", "", "", "", ""], ["firm_id", "year", "currency", "assets", ""], ["F1", 2019, "CNY", 100, ""]])
        frame.to_excel(book, sheet_name="Data", index=False, header=False)
    found = read(tmp_path)
    assert list(found.tables["firm_accounts"]["assets"]) == [100.0]
    assert [bool(line.read_as) for line in found.files] == [False, True]


@pytest.mark.parametrize(
    "written_as", ["2018年12月31日", "31dec2018", "12/31/2018", "31.12.2018", "20181231", "2018-12-31 00:00:00", "Dec 31, 2018", "43465"]
)
def test_dates_are_read_or_refused_and_never_filtered(tmp_path, written_as):
    text = f'Stkcd,Accper,Typrep,A001000000\n900001,"{written_as}",A,1000000000\n'
    found = read(written(tmp_path, FS_Combas__csv=text))
    if written_as == "43465":
        assert found.refused()
    else:
        assert list(found.tables["firm_accounts"]["year"]) == [2018]


def test_day_and_month_are_told_apart_by_the_column_or_refused(tmp_path):
    rows = "E1,F,3/4/2019,IP securitization\nE2,F,{},IP securitization\n"
    shutil.copy(HERE / "template" / "accounts.csv", tmp_path)
    firm = pd.read_csv(HERE / "template" / "accounts.csv")["firm_id"].iloc[0]
    for other, dates in (("25/4/2019", ["2019-04-03", "2019-04-25"]), ("4/25/2019", ["2019-03-04", "2019-04-25"]), ("5/6/2019", [])):
        written(tmp_path, events__csv=("event_id,firm_id,date,instrument\n" + rows.format(other)).replace(",F,", f",{firm},"))
        assert list(read(tmp_path).tables["financing_events"]["date"]) == dates


def test_codes_that_became_floats_match_and_labels_of_values_are_read(tmp_path):
    table = pd.DataFrame(
        {"firm_id": [1001.0, 1002.0], "year": [2019, 2019], "currency": ["CNY"] * 2, "assets": [1.0, 2.0], "state_owned": [1, 2]}
    )
    table.to_stata(tmp_path / "accounts.dta", write_index=False, value_labels={"state_owned": {1: "no", 2: "yes"}})
    written(tmp_path, events__csv="event_id,firm_id,date,instrument\n7,1001,2019-05-01,IP ABS\n")
    found = read(tmp_path)
    assert list(found.tables["firm_accounts"]["state_owned"]) == [False, True]
    assert list(found.tables["financing_events"]["firm_id"]) == ["1001"] and not found.refused()


def test_a_transport_file_of_sas_is_read(tmp_path):
    import pyreadstat

    table = pd.DataFrame({"gvkey": ["001690"], "fyear": [2019.0], "curcd": ["USD"], "at": [100.5], "sale": [50.0], "ni": [-2.5]})
    pyreadstat.write_xport(table, str(tmp_path / "funda.xpt"), file_format_version=8)
    row = read(tmp_path).tables["firm_accounts"].iloc[0]
    assert (row["firm_id"], row["year"], row["assets"], row["profit"]) == ("001690", 2019, 100.5, -2.5)


def test_lines_to_skip(tmp_path):
    layout = RAW["adapters"]["generic"]["tables"]["accounts"] | {"skip": ["Exported on .*"]}
    adapters = {"generic": RAW["adapters"]["generic"] | {"tables": {"accounts": layout}}}
    text = "firm_id,year,currency,assets\nExported on 3 May,2019,CNY,1\nF1,2019,CNY,5\n"
    found = read_folder(files_of(written(tmp_path, accounts__csv=text)), adapters, RAW["tables"], POLICIES)
    assert list(found.tables["firm_accounts"]["firm_id"]) == ["F1"]
    assert found.files[0].left_out == {"a line that the map skips": 1}


def test_names_that_are_not_verified_are_printed(capsys):
    assert main(["doctor", str(HERE / "cnrds")]) == 0
    assert "CNRDS: Coname, Desig, Invig, Rdspend, Scode, Umig" in capsys.readouterr().out


def test_an_archive_within_an_archive_and_what_is_no_table(tmp_path):
    inner, outer = tmp_path / "inner.zip", tmp_path / "outer.zip"
    with zipfile.ZipFile(inner, "w") as archive:
        archive.write(HERE / "template" / "accounts.csv", "accounts.csv")
    with zipfile.ZipFile(outer, "w") as archive:
        archive.write(inner, "inner.zip")
        archive.writestr("说明.txt", "关于数据")
    inner.unlink()
    for name, data in (("empty.csv", b""), ("terms.pdf", b"%PDF-1.4"), ("big.csv", bytes(range(256)) * 4000), ("~$a.xlsx", b"x")):
        (tmp_path / name).write_bytes(data)
    (tmp_path / "数据").mkdir()
    shutil.copy(HERE / "cordip" / "cor&dip_company_financial.txt", tmp_path / "数据" / "公司.txt")
    lines = {line.file: line for line in read(tmp_path).files}
    assert {name for name, line in lines.items() if line.read_as} == {"outer.zip/inner.zip/accounts.csv", "公司.txt"}
    assert all(line.why for line in lines.values() if not line.read_as) and len(lines) == 7


def test_a_file_of_identifiers_joins_two_codes_and_twins_are_doubted(tmp_path):
    text = "firm_id,year,currency,name,assets\nA1,2019,CNY,Alpha,100\nA2,2019,CNY,alpha ,120\n"
    found = read(written(tmp_path, accounts__csv=text))
    assert any(f.kind == "doubtful" and "A1 and A2" in str(f.value) for f in found.findings)
    written(tmp_path, accounts__csv=text.replace("A2,2019", "A2,2020"), ids__csv="code,firm_id\nA2,A1\n")
    assert set(read(tmp_path).tables["firm_accounts"]["firm_id"]) == {"A1"}


def test_money_in_units_is_refused_and_a_jump_doubted(tmp_path):
    rows = [f"F{i},2019,CNY,{(i + 1) * 1e9:.0f}" for i in range(5)]
    found = read(written(tmp_path, accounts__csv="\n".join(["firm_id,year,currency,assets", *rows]) + "\n"))
    assert found.tables["firm_accounts"].empty
    assert "not in million" in found.refused()[0].rule
    found = read(written(tmp_path, accounts__csv="firm_id,year,currency,assets,employees\nF,2019,CNY,1000000,300\n"))  # thousand yuan
    assert "an employee" in found.refused()[0].rule
    found = read(written(tmp_path, accounts__csv="firm_id,year,currency,assets\nF,2019,CNY,100\nF,2020,CNY,100000\n"))
    assert any(f.kind == "doubtful" and "change of unit" in f.rule for f in found.findings)


def test_units_in_headers_count(tmp_path):
    table = accounts(tmp_path, "firm_id,year,currency,资产,assets (万元),sales (thousand),debt [million]\nF,2019,CNY,x,200,3000,4\n")
    assert list(table.loc[("F", 2019), ["assets", "sales", "debt"]]) == [2.0, 3.0, 4.0]


def test_fiscal_years_of_compustat_and_simfin(tmp_path):
    head = "gvkey,datadate,fyear,indfmt,consol,popsrc,datafmt,curcd,at\n"
    rows = "1,2011-01-31,2010,INDL,C,D,STD,USD,10\n1,2011-12-31,2011,INDL,C,D,STD,USD,11\n2,2011-05-31,,INDL,C,D,STD,USD,12\n2,2012-06-30,,INDL,C,D,HIST_STD,USD,13\n"
    table = accounts(tmp_path, head + rows, "funda__csv")
    assert table["assets"].to_dict() == {("000001", 2010): 10.0, ("000001", 2011): 11.0, ("000002", 2010): 12.0, ("000002", 2012): 13.0}


def test_debt_never_mixes_a_total_with_its_parts(tmp_path):
    """Zero long-term debt beside convertible notes is not the whole (as in Tesla's report of 2013)."""
    end = {"end": "2013-12-31", "form": "10-K", "filed": "2014-02-26", "fy": 2013, "fp": "FY"}
    flow = end | {"start": "2013-01-01"}
    tags = {"Revenues": (flow, 2013e6), "Assets": (end, 2417e6), "StockholdersEquity": (end, 667e6), "LongTermDebt": (end, 0.0)}
    tags |= {
        "ConvertibleDebtNoncurrent": (end, 586e6),
        "ConvertibleDebtCurrent": (end, 0.2e6),
        "LiabilitiesAndStockholdersEquity": (end, 2417e6),
    }
    facts = {tag: {"units": {"USD": [about | {"val": value}]}} for tag, (about, value) in tags.items()}
    (tmp_path / "CIK0001318605.json").write_text(
        json.dumps({"cik": 1318605, "entityName": "T", "facts": {"us-gaap": facts}}), encoding="utf-8"
    )
    row = read(tmp_path).tables["firm_accounts"].iloc[0]
    assert (row["debt"], row["liabilities"], row["sales"]) == pytest.approx((586.2, 1750.0, 2013.0))


def test_a_reading_is_kept_until_a_file_changes(tmp_path):
    shutil.copytree(HERE / "csmar", tmp_path / "files")
    files, asked = files_of(tmp_path / "files"), []

    def reading():
        asked.append(1)
        return read(tmp_path / "files")

    first = kept(files, {}, tmp_path / "kept", reading)
    again = kept(files, {}, tmp_path / "kept", reading)
    assert len(asked) == 1 and again.findings == first.findings and again.files == first.files
    pd.testing.assert_frame_equal(again.tables["firm_accounts"], first.tables["firm_accounts"])
    path = tmp_path / "files" / "FS_Combas.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("5000000000.00", "5000000001.00"), encoding="utf-8")
    kept(files, {}, tmp_path / "kept", reading)
    assert len(asked) == 2
