"""Miniature files in each adapter's own format: what is read, in which unit, from which row."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from analysis.__main__ import main
from analysis.core.contracts import check
from analysis.core.errors import DataError
from analysis.core.rawfiles import files_of
from analysis.sources.firms.folder import read_folder
from tests.study import STUDY

HERE = Path(__file__).parent / "miniature"
RAW = STUDY["raw"]["firm_files"]
ADAPTERS = sorted(path.name for path in HERE.iterdir())


def reading(folder):
    return read_folder(files_of(Path(folder)), RAW["adapters"], RAW["tables"])


def accounts(adapter):
    return reading(HERE / adapter).tables["firm_accounts"].set_index(["firm_id", "year"])


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_no_row_of_a_sound_file_is_refused_and_tables_keep_their_contract(adapter):
    found = reading(HERE / adapter)
    assert found.refused() == []
    for name, table in found.tables.items():
        check(table, RAW["tables"][name], name)
    assert len(found.tables["firm_accounts"])


def test_csmar_fills_codes_and_keeps_consolidated_year_ends():
    table = accounts("csmar")
    row = table.loc[("000002", 2018)]  # printed as 2 by a spreadsheet
    assert len(table) == 16
    assert row["assets"] == pytest.approx(5000) and row["sales"] == pytest.approx(3000)  # yuan to million
    assert row["province"] == "Guangdong" and row["patents"] == 12 and row["source"] == "csmar"
    assert pd.isna(table.loc[("600276", 2018), "rd"])  # not in the research table: unknown, not zero


def test_compustat_keeps_one_of_two_formats_and_blank_research_is_unknown():
    table = accounts("compustat")
    assert len(table) == 12
    assert table.loc[("001690", 2018), "debt"] == pytest.approx(100000 * 0.23)
    assert pd.isna(table.loc[("024800", 2018), "rd"])


def test_company_facts_count_the_latest_filing_of_a_whole_year():
    table = accounts("sec_companyfacts")
    assert list(table.index.get_level_values("year")) == [2018, 2019, 2020, 2021]
    assert table.loc[("0001234567", 2018), "sales"] == pytest.approx(3000.001)  # restated by a thousand dollars
    assert table.loc[("0001234567", 2020), "assets"] == pytest.approx(9000 * 1.2)


def test_statement_sets_leave_out_segments_quarters_and_other_registrants():
    table = accounts("sec_statements")
    assert table.loc[("0007654321", 2019), "sales"] == pytest.approx(500)
    assert table.loc[("0007654322", 2021), "assets"] == pytest.approx(900 * 1.2 * 2)
    assert len(table) == 6


def test_simfin_turns_expenses_round():
    table = accounts("simfin")
    assert table.loc[("BBB", 2020), "rd"] == pytest.approx(80) and table.loc[("AAA", 2020), "assets"] == pytest.approx(900)


def test_cordip_is_in_million_euro():
    assert accounts("cordip").loc[("500", 2016), "rd"] == 920


# Three cells a source, read by hand from the miniature: money in million, the year of the balance-sheet date.
CELLS = [
    ("tushare", "000063", 2019, {"rd": 31.0, "debt": 120.0, "sales": 600.0}),  # the updated report counts
    ("tushare", "000063", 2020, {"debt": 0.0, "assets": 1100.0, "interest": 5.0}),  # all parts blank, sides agree
    ("akshare", "000063", 2019, {"sales": 600.0, "debt": 120.0, "profit": 50.0}),
    ("wind", "000063", 2018, {"sales": 600.0, "assets": 1000.0}),  # 万元 and 元
    ("wind", "600276", 2019, {"sales": 900.0, "assets": 1500.0}),
    ("orbis", "DE1000", 2019, {"sales": 90.0, "assets": 150.0, "rd": 9.0}),  # th EUR, consolidated
    ("lseg", "BBB.PA", 2020, {"sales": 50.0, "profit": -2.0, "assets": 60.0}),  # the year of weeks ends on 2 January
    ("bloomberg", "AAA GY Equity", 2019, {"sales": 90.0, "rd": 9.0, "debt": 20.0}),
    ("cnrds", "000063", 2019, {"patents": 36.0, "rd": 30.0}),  # with subsidiaries
    ("scoreboard", "ALPHA", 2018, {"rd": 900.5, "sales": 9000.0, "profit": 1000.0}),
]


@pytest.mark.parametrize(("adapter", "firm", "year", "expected"), CELLS)
def test_cells_of_every_source_are_what_the_file_prints(adapter, firm, year, expected):
    row = accounts(adapter).loc[(firm, year)]
    assert {name: row[name] for name in expected} == pytest.approx(expected)


def test_blank_parts_of_debt_stay_blank_where_the_sides_of_the_sheet_disagree():
    found = reading(HERE / "tushare")
    assert pd.isna(accounts("tushare").loc[("600276", 2019), "debt"])
    assert any("sides of the statement disagree" in finding.rule for finding in found.findings)


def test_precedence_fills_and_records_conflicts(tmp_path):
    """Two sources of one firm: the template's cell counts, the other's fills what it lacks, the difference is recorded."""
    for name in ("csmar", "template"):
        shutil.copytree(HERE / name, tmp_path / name)
    path = tmp_path / "template" / "accounts.csv"
    text = path.read_text(encoding="utf-8")
    columns = text.split("\n")[0].split(",")
    row = dict.fromkeys(columns, "") | {"firm_id": "000063", "year": "2019", "currency": "CNY", "sales": "9999"}
    path.write_text(text + ",".join(row[c] for c in columns) + "\n", encoding="utf-8")
    found = reading(tmp_path)
    cell = found.tables["firm_accounts"].set_index(["firm_id", "year"]).loc[("000063", 2019)]
    assert cell["sales"] == 9999 and cell["assets"] > 0 and cell["source"] == "generic+csmar"
    conflict = [f for f in found.findings if f.kind == "conflict"]
    assert len(conflict) == 1 and conflict[0].column == "sales" and "000063" in conflict[0].rule


def template_rows(tmp_path, *rows):
    """Copy the template's files and add rows of accounts."""
    shutil.copytree(HERE / "template", tmp_path / "template", dirs_exist_ok=True)
    path = tmp_path / "template" / "accounts.csv"
    columns = path.read_text(encoding="utf-8").split("\n")[0].split(",")
    with path.open("a", encoding="utf-8") as stream:
        for row in rows:
            stream.write(",".join(str(row.get(c, "")) for c in columns) + "\n")


def test_money_in_another_currency_fills_no_blank(tmp_path):
    shutil.copytree(HERE / "csmar", tmp_path / "csmar")
    template_rows(tmp_path, *[{"firm_id": "000063", "year": y, "currency": "USD", "sales": 1} for y in (2018, 2019, 2020, 2021)])
    found = reading(tmp_path)
    cell = found.tables["firm_accounts"].set_index(["firm_id", "year"]).loc[("000063", 2019)]
    assert cell["currency"] == "USD" and pd.isna(cell["assets"])
    assert any(f.kind == "conflict" and f.column == "currency" and f.count == 4 for f in found.findings)


def test_a_firm_that_changes_its_currency_is_refused(tmp_path):
    template_rows(tmp_path, {"firm_id": "T1", "year": 2022, "currency": "USD", "sales": 100, "assets": 200})
    found = reading(tmp_path)
    assert any("reports in CNY and USD" in str(f) for f in found.refused())
    assert "T1" not in set(found.tables["firm_accounts"]["firm_id"])


def test_a_file_that_no_adapter_knows_is_named_with_the_nearest(tmp_path):
    path = tmp_path / "odd.csv"
    path.write_text("firm_id,year,turnover\nA,2020,1\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"odd\.csv, row 1: no adapter .* Nearest: Template, accounts, which also has currency"):
        reading(tmp_path)


@pytest.mark.parametrize("suffix", [".xlsx", ".dta", ".parquet"])
def test_other_kinds_of_files_say_the_same(tmp_path, suffix):
    text = pd.read_csv(HERE / "template" / "accounts.csv")
    path = tmp_path / f"accounts{suffix}"
    {".xlsx": text.to_excel, ".parquet": text.to_parquet}.get(suffix, lambda p, index: text.to_stata(p, write_index=False, version=118))(
        path, index=False
    )
    pd.testing.assert_frame_equal(reading(tmp_path).tables["firm_accounts"], reading(HERE / "template").tables["firm_accounts"])


def test_the_doctor_says_what_is_testable_and_what_is_wrong(tmp_path, capsys):
    assert main(["doctor", str(HERE / "template")]) == 0
    told = capsys.readouterr().out
    assert "Q1 can be tested" in told and "No row breaks a rule" in told
    shutil.copytree(HERE / "csmar", tmp_path / "csmar")
    path = tmp_path / "csmar" / "FS_Combas.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("5000000000.00", "five billion", 1), encoding="utf-8")
    assert main(["doctor", str(tmp_path)]) == 1
    told = capsys.readouterr().out
    assert "FS_Combas.csv, row 4, column 'A001000000', value 'five billion': is not a number" in told
    assert "Q1 lacks financing_events.date" in told
    assert main(["doctor", str(tmp_path / "nothing")]) == 2


def test_the_doctor_says_which_specifications_can_run(tmp_path, capsys):
    """The template without its sector and ownership: the controls go, and what needs new-energy firms cannot run."""
    shutil.copytree(HERE / "template", tmp_path / "t")
    accounts = pd.read_csv(tmp_path / "t" / "accounts.csv", dtype="string")
    accounts.drop(columns=["new_energy", "state_owned"]).to_csv(tmp_path / "t" / "accounts.csv", index=False)
    main(["doctor", str(tmp_path)])
    told = capsys.readouterr().out
    assert any(line.startswith("  firm_att") and "can run without new_energy, state_owned (blank)" in line for line in told.splitlines())
    assert any("firm_green_ratio" in line and line.endswith("cannot run; new_energy is blank") for line in told.splitlines())
    assert "Q2 lacks firm_accounts.new_energy" in told
