"""What exports do in many ways: lines of labels or none, midnight in dates, decimal commas, one table in several files."""

import json
import re
import shutil
from pathlib import Path

import pytest

from analysis.core.rawfiles import files_of
from analysis.sources.firms.folder import read_folder
from tests.study import STUDY

HERE = Path(__file__).parent / "miniature"
RAW = STUDY["raw"]["firm_files"]


def reading(folder):
    return read_folder(files_of(Path(folder)), RAW["adapters"], RAW["tables"])


@pytest.fixture
def copy(tmp_path):
    def copied(adapter):
        shutil.copytree(HERE / adapter, tmp_path / adapter)
        return tmp_path / adapter

    return copied


def test_lines_of_labels_go_and_an_export_without_them_loses_no_record(copy):
    folder = copy("csmar")
    file = folder / "FS_Combas.csv"
    rows = len(reading(folder).tables["firm_accounts"])
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([lines[0], *lines[3:]]) + "\n", encoding="utf-8")
    found = reading(folder)
    assert len(found.tables["firm_accounts"]) == rows
    assert found.refused() == []


def test_a_date_may_carry_midnight(copy):
    folder = copy("csmar")
    before = reading(folder).tables["firm_accounts"]
    file = folder / "FS_Combas.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("2018-12-31,A", "2018-12-31 00:00:00,A"), encoding="utf-8")
    assert reading(folder).tables["firm_accounts"].equals(before)


def test_a_comma_inside_a_number_of_a_file_with_semicolons_is_refused_with_its_place(copy):
    folder = copy("simfin")
    file = folder / "us-balance-annual.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("900000000", "900,500", 1), encoding="utf-8")
    found = reading(folder)
    (line,) = [line for line in found.files if line.why]
    assert line.file == file.name
    assert re.search(r"row 2.*Total Assets.*900,500.*decimal comma", line.why)
    assert found.tables["firm_accounts"]["assets"].isna().all()


def test_the_latest_filing_counts_whichever_file_holds_it(copy):
    folder = copy("template")
    file = folder / "accounts.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    newer = lines[1].replace("2019-04-20", "2019-08-01").replace(",1000,600,", ",1500,600,")
    for name in ("aaa.csv", "zzz.csv"):  # before and after accounts.csv
        (folder / name).write_text("\n".join([lines[0], newer]) + "\n", encoding="utf-8")
        found = reading(folder)
        row = found.tables["firm_accounts"].set_index(["firm_id", "year"]).loc[("T1", 2018)]
        assert row["assets"] == 1500
        assert any(finding.kind == "restated" for finding in found.findings)
        (folder / name).unlink()


def test_two_figures_without_a_filing_date_are_both_refused_with_their_files(copy):
    folder = copy("template")
    lines = (folder / "accounts.csv").read_text(encoding="utf-8").splitlines()
    other = lines[1].replace(",1000,600,", ",1500,600,")
    (folder / "more.csv").write_text("\n".join([lines[0], other]) + "\n", encoding="utf-8")
    refused = {finding.file for finding in reading(folder).refused()}
    assert refused == {"accounts.csv", "more.csv"}


def test_a_report_under_international_standards_and_in_another_currency_is_read(copy):
    folder = copy("sec_companyfacts")
    before = reading(folder).tables["firm_accounts"]
    file = next(folder.glob("*.json"))
    facts = json.loads(file.read_text(encoding="utf-8"))
    tags = {"Revenues": "Revenue", "NetIncomeLoss": "ProfitLoss"}
    facts["facts"] = {"ifrs-full": {tags.get(tag, tag): about for tag, about in facts["facts"]["us-gaap"].items()}}
    for about in facts["facts"]["ifrs-full"].values():
        about["units"] = {"EUR": about["units"]["USD"]}
    file.write_text(json.dumps(facts), encoding="utf-8")
    after = reading(folder).tables["firm_accounts"]
    assert set(after["currency"]) == {"EUR"}
    assert after.drop(columns="currency").equals(before.drop(columns="currency"))


@pytest.mark.parametrize(("column", "value"), [(6, "2014-01-01"), (6, "2029-01-01")])
def test_a_project_abandoned_before_it_was_filed_or_after_it_was_last_seen_is_refused(copy, column, value):
    folder = copy("template")
    file = folder / "projects.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    place = next(i for i, line in enumerate(lines[1:], 1) if not line.split(",")[5])
    cells = lines[place].split(",")
    cells[column] = value
    lines[place] = ",".join(cells)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert cells[0] in {finding.value for finding in reading(folder).refused()}


def test_firms_whose_traits_change_are_noted(copy):
    folder = copy("template")
    file = folder / "accounts.csv"
    text = file.read_text(encoding="utf-8")
    # T1 is bought by the state; T2 says what it is in its second year only, which is no change.
    text = text.replace(
        "T1,2020,Firm 1,China,Guangdong,Shenzhen,Electronics,no,no", "T1,2020,Firm 1,China,Guangdong,Shenzhen,Electronics,no,yes"
    )
    text = text.replace(
        "T2,2018,Firm 2,China,Guangdong,Shenzhen,Electronics,yes,no", "T2,2018,Firm 2,China,Guangdong,Shenzhen,Electronics,yes,"
    )
    file.write_text(text, encoding="utf-8")
    (note,) = [finding for finding in reading(folder).findings if finding.kind == "changes"]
    assert (note.column, note.value, note.count) == ("state_owned", "T1", 1)


def test_instruments_are_read_in_common_spellings_and_others_refused(copy):
    folder = copy("template")
    file = folder / "events.csv"
    text = file.read_text(encoding="utf-8")
    before = reading(folder).tables["financing_events"]
    file.write_text(
        text.replace("IP securitization", "ip Securitisation ", 1).replace("IP securitization", "知识产权证券化", 1), encoding="utf-8"
    )
    assert reading(folder).tables["financing_events"].equals(before)
    file.write_text(text.replace("IP securitization", "securitized", 1), encoding="utf-8")
    (refused,) = reading(folder).refused()
    assert (refused.row, refused.column, refused.value) == (2, "instrument", "securitized")
