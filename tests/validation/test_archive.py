"""The archived validation was made with every data set at hand: none of its comparisons is left out."""

import json

import pandas as pd

from analysis.core.catalogue import ROOT


def test_every_printed_number_was_computed():
    table = pd.read_csv(ROOT / "paper/tables/published_numbers_table.csv", comment="#")
    assert len(table) > 200 and table["ours"].notna().all(), table.loc[table["ours"].isna(), "target"].unique()


def test_no_document_was_archived_without_its_data():
    for name in ("numbers", "validation_numbers"):
        assert json.loads((ROOT / f"paper/{name}.json").read_text(encoding="utf-8"))["absent"] == {}
