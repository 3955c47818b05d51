"""How the nearest evidence reads, and when it says that few treated units stand behind it."""

import pandas as pd
import pytest

from analysis.core.gates import FEW_TREATED_CLUSTERS
from analysis.core.nearest import DESCRIBED, NONE, OPEN, UNDONE, nearest_readings

pytestmark = pytest.mark.fast
CLAIMS = {"D1": {"kind": "directional"}, "N": {"kind": "normative"}}


def read(near=101, **evidence):
    head = {"claim": "D1", "rank": 0, "verdict": "untestable", "code": "FIELD", "nearest": near}
    row = {
        "claim": "D1",
        "rank": 101,
        "verdict": "not consistent",
        "code": "opposite",
        "directness": "place average",
        "n_treated_clusters": 7,
    }
    advice = {"claim": "N", "rank": 0, "verdict": "normative"}
    return nearest_readings(pd.DataFrame([head, row | evidence, advice]), CLAIMS)


@pytest.mark.parametrize(
    ("evidence", "reading"),
    [
        ({}, "not consistent"),
        ({"verdict": "consistent", "code": "strong"}, "consistent"),
        ({"verdict": "untestable", "code": "PRE"}, UNDONE),
        ({"verdict": "untestable", "code": "SHOWN"}, DESCRIBED),
        ({"verdict": "untestable", "code": "INCONCLUSIVE"}, OPEN),
        ({"verdict": "untestable", "code": "FEWTREAT"}, OPEN),
    ],
)
def test_each_kind_of_evidence_has_one_reading(evidence, reading):
    found = read(**evidence)
    assert found[["claim", "reading", "distance", "few"]].values.tolist() == [["D1", reading, "place average", False]]


def test_a_claim_without_evidence_has_no_distance():
    assert read(near=pd.NA)[["reading", "distance"]].values.tolist() == [[NONE, NONE]]


def test_few_treated_units_are_named_where_something_is_read():
    few = FEW_TREATED_CLUSTERS - 1
    assert read(n_treated_clusters=few)["few"].tolist() == [True]
    assert read(n_treated_clusters=FEW_TREATED_CLUSTERS)["few"].tolist() == [False]
    assert read(n_treated_clusters=pd.NA)["few"].tolist() == [False]
    assert read(n_treated_clusters=few, verdict="untestable", code="INCONCLUSIVE")["few"].tolist() == [False]
