"""The codebook against contracts and tables."""

import pandas as pd

from analysis.core.storage import absent_table, write_table
from analysis.exhibits.codebook import codebook, section
from tests.study import STUDY

CONTRACT = {
    "title": "Firms",
    "description": "One row per firm and year.",
    "key": ["firm", "year"],
    "columns": {
        "firm": {"type": "text", "required": True, "description": "Name | of the firm"},
        "year": {"type": "integer", "required": True, "description": "Year"},
        "rd": {"type": "number", "unit": "million euro", "description": "R&D"},
        "listed": {"type": "boolean", "description": "Listed"},
    },
}


def table():
    found = pd.DataFrame({"firm": ["A", "A", "B"], "year": [2019, 2020, 2020], "rd": [1.0, None, 4.0], "listed": [True, False, True]})
    found = found.astype({"firm": "string", "year": "Int64", "listed": "boolean"})
    found.attrs = {"evidence": "simulated", "absent": ""}
    return found


def test_every_column_has_its_line():
    text = section("firms", CONTRACT, table(), "data/processed/sources/firms.parquet")
    assert text.startswith("## firms: Firms (SIMULATED)") and "3 rows; one row per firm and year." in text
    assert "| `firm` | text |  | Name \\| of the firm (always there) | 0% | A; B |" in text
    assert "| `rd` | number | million euro | R&D | 33% | 1, 2.5, 4 |" in text
    assert "| `listed` | boolean |  | Listed | 0% | true 67% |" in text


def test_an_absent_table_says_why(tmp_path):
    path = tmp_path / "firms.parquet"
    write_table(absent_table(CONTRACT, "No file of firms."), path, CONTRACT)
    codebook({"firms": str(path)}, {"firms": CONTRACT}, str(tmp_path / "codebook.md"))
    text = (tmp_path / "codebook.md").read_text()
    assert "Empty in this run. No file of firms." in text and "| `rd` | number | million euro | R&D |  |  |" in text


def test_a_table_of_simulated_firms_is_described_by_its_contract(tmp_path):
    codebook({}, {"firms": CONTRACT}, str(tmp_path / "codebook.md"))
    text = (tmp_path / "codebook.md").read_text()
    assert (
        "## firms: Firms (SIMULATED)" in text
        and "`make validate` builds" in text
        and "| `rd` | number | million euro | R&D |  |  |" in text
    )


def test_columns_of_the_province_tables_are_described_in_words():
    for name in ("province_statistics", "province_year"):
        for column, rule in STUDY["contracts"][name]["columns"].items():
            spelt_out = rule["description"].lower() != column.replace("_", " ")
            assert spelt_out or column in ("province", "region", "year"), (name, column)
            assert (
                "unit" in rule
                or not column.endswith(("_pct", "_expenditure", "_spending", "_funds"))
                or column.startswith(("log_", "base_"))
            )
