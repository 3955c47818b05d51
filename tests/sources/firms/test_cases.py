"""Small folders of firm files as people have them (IPS_DATA/adapters, not in the repository): what is right in each, by hand."""

import pandas as pd
import pytest

from analysis.core.errors import DataError
from analysis.core.rawfiles import ROOT, external_folder, files_of
from analysis.sources.firms.folder import read_folder
from analysis.sources.firms.policies import Policies
from tests.study import STUDY

CASES = ROOT / external_folder() / "adapters"
RAW = STUDY["raw"]["firm_files"]
# case: (firm, year) → cells in million, or the words of the refusal where nothing of the folder can be read.
RIGHT = {
    "m01_csmar_xlsx_dimension": {("900001", 2018): {"assets": 1000, "liabilities": 400, "fixed_assets": 100}},
    "m02a_csmar_with_des": {("900002", 2019): {"assets": 500, "liabilities": 100}},
    "m02b_fsds_with_pre_tag": {("0000999999", 2020): {"sales": 500, "rd": 60, "interest": 1, "country": "Japan"}},
    "m03_simfin_balance_q4": {("ZZZ", 2019): {"assets": 900, "sales": 400, "rd": 40}},
    "m04_blank_header_cells": {("F1", 2020): {"assets": 110}},
    "m05_silently_ignored": {("900001", 2019): {"assets": 1100}},
    "m06a_compustat_quarterly": "quarterly figures",
    "m06d_compustat_upper": {("999901", 2010): {"assets": 110, "debt": 15, "rd": 3}},
    "m06e_compustat_excel_dates": {("001690", 2011): {"sales": 60, "interest": 1}},
    "m06f_compustat_no_screens": "without the column curcd",
    "m07b_csmar_lower_case": {("900001", 2018): {"assets": 1000}},
    "m07c_csmar_partial_tables": {("900001", 2019): {"sales": 600, "rd": 30}},
    "m07d_csmar_listedco_short": {},
    "m08_csmar_debt_blank": {("900001", 2019): {"debt": 300}, ("900002", 2019): {"debt": 200}},
    "m09_fsds_sign_country": {("0000999999", 2021): {"sales": 500, "interest": None, "country": "Japan"}},
    "m12_three_sheets": {("F1", 2018): {"assets": 100}},
    "m13b_sep_line": {("F1", 2019): {"assets": 100}},
    "m13c_latin1": {("F1", 2019): {"name": "Société Générale", "assets": 100}},
    "m13d_notes_txt": {("F1", 2019): {"assets": 100}},
    "m13f_european_numbers": {("F1", 2019): {"assets": 1234.5, "sales": 2000}},
    "m13g_events_dates": {("F1", 2019): {"assets": 100}},
    "m13h_negative_parens": {("F1", 2019): {"assets": 1234.5, "profit": -12.5, "interest": None}},
    "m14a_companies_json_submissions": "list of submissions",
    "m14b_template_header_space_case": {("F1", 2019): {"assets": 100}},
    "m14c_year_as_date": {("F1", 2019): {"assets": 100}, ("F1", 2020): {"assets": 100}},
    "m14d_currency_words": {("F1", 2019): {"currency": "CNY"}, ("F3", 2019): {"currency": "USD", "assets": 5}},
    "m14g_wide_years": {("F1", 2019): {"assets": 100}, ("F1", 2020): {"assets": 110}},
    "m14h_latin1_pipe": {("1", 2019): {"name": "Société Générale", "rd": 10}},
    "m14i_latin1_semicolon_mojibake": {("F2", 2019): {"city": "Nürnberg"}},
    "m14j_typo_event": {("F1", 2020): {"assets": 100}},
    "m14l_simfin_bank_tables": {("BNK", 2019): {"sales": 100, "profit": 20}},
    "m14m_simfin_quarterly": {},
    "m14n_companyfacts_no_usgaap": "nothing to read",
    "m14o_empty_file": {},
    "m14q_parquet_types": {("a", 2019): {"assets": 1}},
    "m22_tushare": {("900001", 2019): {"assets": 1000, "debt": 100, "rd": 30, "sales": 600}},
    "m23_eastmoney": {("900001", 2019): {"sales": 600, "profit": 50}},
    "m24_yahoo": "no adapter",
}


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not here")
@pytest.mark.parametrize("case", RIGHT)
def test_a_case_is_read_right_or_refused_with_the_reason(case):
    files, right = files_of(CASES / case), RIGHT[case]
    if isinstance(right, str):
        with pytest.raises(DataError, match=right):
            read_folder(files, RAW["adapters"], RAW["tables"], Policies(**RAW["policies"]))
        return
    found = read_folder(files, RAW["adapters"], RAW["tables"], Policies(**RAW["policies"]))
    assert {line.file.split("/")[0].split(",")[0] for line in found.files} >= {path.name for path in files}
    table = found.tables["firm_accounts"].set_index(["firm_id", "year"])
    for key, cells in right.items():
        row = table.loc[key]
        assert {name: None if pd.isna(row[name]) else row[name] for name in cells} == cells
