"""The scorecard: one row a claim, verdict and nearest evidence side by side, shaded by what they say."""

import pandas as pd
import pytest

from analysis.exhibits.tables.scorecard import NONE, READS, VERDICT, layout, reading

pytestmark = pytest.mark.fast

HEAD = {"rank": 0, "verdict": "untestable", "code": "FIELD", "explanation": "no source at hand holds: accounts", "nearest": pd.NA}
EVIDENCE = {
    "rank": 101, "verdict": "untestable", "code": "PRE", "verdict_before_gates": "consistent (strong)", "gates_passed": "FEWTREAT", "says": "R&D of provinces",
    "directness": "place average", "estimate": 0.3, "ci_low": 0.1, "ci_high": 0.5, "p_value": 0.04, "explanation": "drift",
}  # fmt: skip


def card(*rows):
    claims = {"D1": {"kind": "directional", "claim": "R&D rises", "missing": ["accounts"]}}
    table = layout(pd.DataFrame([{**row, "claim": "D1"} for row in rows]), claims)
    return table.frame.iloc[next(i for i in range(len(table.frame)) if table.frame.iloc[i, 0] == "D1")], table.tones


def test_a_claim_without_a_test_shows_what_is_missing_and_the_nearest_evidence():
    line, tones = card({**HEAD, "nearest": 101}, EVIDENCE)
    assert (line[VERDICT], line["Why, or what is missing"]) == ("untestable (FIELD)", "Missing: accounts.")
    assert line[READS] == "consistent (strong); passes FEWTREAT, PRE closes" and line["How close"] == "place average"
    assert line["What it is"] == "R&D of provinces\n0.300 [0.100, 0.500], p = 0.040"
    assert set(tones.values()) == {"open"}  # a closed gate leaves open what the interval says


def test_without_any_evidence_it_says_so_and_nothing_is_shaded():
    line, tones = card(HEAD)
    assert line[READS] == NONE and not tones


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"code": "SHOWN", "verdict_before_gates": "", "gates_passed": ""}, "described, not judged"),
        ({"code": "INCONCLUSIVE", "verdict_before_gates": "untestable (INCONCLUSIVE)"}, "cannot tell; passes FEWTREAT"),
        ({"verdict": "consistent", "code": "strong", "gates_passed": "FEWTREAT, PRE"}, "consistent (strong); passes FEWTREAT, PRE"),
    ],
)
def test_readings_in_words(given, said):
    assert reading(pd.Series(EVIDENCE | given)) == said


def test_verdicts_are_shaded_by_what_they_say():
    decided = {"verdict": "not consistent", "code": "smaller", "verdict_before_gates": "not consistent (smaller)", "gates_passed": ""}
    line, tones = card({**HEAD, **decided, "nearest": 1}, {**EVIDENCE, **decided, "rank": 1})
    assert line[VERDICT] == line[READS] == "not consistent (smaller)" and list(tones.values()) == ["no", "no"]


def test_direct_evidence_from_far_says_so_beside_how_direct_it_is():
    near = {**EVIDENCE, "directness": "direct", "whose": "listed firms of the United States"}
    line, _ = card({**HEAD, "nearest": 101}, near)
    assert line["How close"] == "direct, but of listed firms of the United States"


def test_a_claim_whose_files_are_not_at_hand_names_them_without_their_folder():
    why = "part 1 of 2, interest: Accounts of issuers: not found in somewhere/folder: panel.csv. Download them."
    line, _ = card({**HEAD, "code": "ABSENT", "explanation": why})
    assert line["Why, or what is missing"] == "Part 1 of 2, interest: Accounts of issuers (README.md says where its files go)."
