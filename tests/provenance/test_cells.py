"""Cells of exhibits against the estimates that they print."""

import csv
import json

import pandas as pd
import pytest

from analysis.core.catalogue import ROOT
from analysis.provenance.cells import COLUMNS, KEY, cells, models

BUILT = ROOT / "data/processed/provenance.json"


def estimates(*rows):
    blank = dict.fromkeys((*KEY, *COLUMNS))
    table = pd.DataFrame([{**blank, "specification": f"estimates:{row['model_id']}", "outcome": "rd", **row} for row in rows])
    return table.astype(object).where(lambda t: t.notna(), None)


TABLE = estimates(
    {"model_id": "m", "parameter": "att|cluster", "inference": "cluster", "estimate": 0.3129143234, "std_error": 0.1217834567},
    {"model_id": "m", "parameter": "att|cr3", "inference": "cr3", "estimate": 0.3129143234, "std_error": 0.2, "p_value": 0.038},
    {"model_id": "other", "parameter": "att|cluster", "inference": "cluster", "estimate": 0.3129143234},
)


def traced(tmp_path, text, sources=("estimates:m",)):
    path = tmp_path / "t.csv"
    path.write_text(text)
    return cells(path, TABLE, models(TABLE), list(sources))


def test_a_row_that_names_its_model_is_traced_by_name(tmp_path):
    text = "model_id,outcome,parameter,estimate,std_error,p_value\nm,rd,att|cr3,0.3129143,0.2,0.038\nother,rd,att|cluster,0.3129143,,\n"
    assert traced(tmp_path, text) == [
        [1, "estimate", 1, "estimate"],
        [1, "std_error", 1, "std_error"],
        [1, "p_value", 1, "p_value"],
        [2, "estimate", 2, "estimate"],
    ]


def test_a_verdict_is_traced_by_term_and_inference(tmp_path):
    assert traced(tmp_path, "model_id,outcome,inference,estimate\nm,rd,cr3,0.3129143\n", ()) == [[1, "estimate", 1, "estimate"]]


def test_another_value_under_the_same_name_is_not_traced(tmp_path):
    assert traced(tmp_path, "model_id,outcome,parameter,estimate\nm,rd,att|cr3,0.4\n") == []


def test_a_row_without_a_model_is_traced_by_values_that_one_estimate_has(tmp_path):
    assert traced(tmp_path, "name,y,se\nfirst,0.3129143,0.1217835\nsecond,2,0.5\n") == [[1, "se", 0, "std_error"]]


@pytest.mark.skipif(not BUILT.exists(), reason="needs the provenance of a run: `make`")
def test_every_cell_whose_row_names_an_estimate_points_to_it():
    graph = json.loads(BUILT.read_text(encoding="utf-8"))
    checked = 0
    for node in (node for node in graph["nodes"].values() if node["kind"] == "exhibit"):
        path = next(file["path"] for file in node["files"] if file["path"].endswith(".csv"))
        rows = list(csv.DictReader((ROOT / path).open(encoding="utf-8", newline="")))
        for number, column, place, of in node["cells"]:
            row, own = rows[number - 1], graph["estimates"][place]
            named = {name: row[name] for name in KEY if row.get("model_id") and row.get(name)}
            assert named == {name: str(own[name]) for name in named}, (node["name"], number, column)
            assert not named or float(row[column]) == pytest.approx(own[of], rel=1e-6), (node["name"], number, column)
            checked += bool(named)
    assert checked > 10_000
