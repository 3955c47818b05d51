"""The scorecard: one row a claim with its verdict, and the nearest evidence beside it, shaded by what they say."""

import pandas as pd
import pytest

from analysis.exhibits.tables import scorecard, scorecard_nearest

pytestmark = pytest.mark.fast

HEAD = {"rank": 0, "verdict": "untestable", "code": "FIELD", "explanation": "no source at hand holds: accounts", "nearest": pd.NA}
EVIDENCE = {
    "rank": 101, "verdict": "untestable", "code": "PRE", "verdict_before_gates": "consistent (strong)", "gates_passed": "FEWTREAT", "says": "change of R&D",
    "directness": "place average", "estimate": 0.3, "ci_low": 0.1, "ci_high": 0.5, "p_value": 0.04, "explanation": "drift",
}  # fmt: skip
CLAIMS = {"D1": {"kind": "directional", "claim": "R&D rises", "missing": ["accounts"]}}


def card(module, *rows):
    table = module.layout(pd.DataFrame([{**row, "claim": "D1"} for row in rows]), CLAIMS)
    lines = table.frame[table.frame[""] == "D1"]
    return None if lines.empty else lines.iloc[0], table


def test_a_claim_without_a_test_shows_what_is_missing():
    line, table = card(scorecard, {**HEAD, "nearest": 101}, EVIDENCE)
    assert (line["Verdict"], line["Why, or what is missing"]) == ("untestable (FIELD)", "Missing: accounts.")
    assert not table.tones


def test_the_nearest_evidence_has_its_reading_its_gates_and_how_close_it_is():
    line, table = card(scorecard_nearest, {**HEAD, "nearest": 101}, EVIDENCE)
    assert line["Reads"] == "consistent (strong); passes FEWTREAT, PRE closes" and line["How close"] == "place average"
    assert line["Nearest evidence"] == "Change of R&D\n0.300 [0.100, 0.500], p = 0.040"
    assert set(table.tones.values()) == {"open"}  # a closed gate leaves open what the interval says


def test_claims_without_any_evidence_are_named():
    line, table = card(scorecard_nearest, HEAD)
    assert line is None and table.frame.iloc[0, 0] == "Nothing at hand bears on D1." and not table.tones


def test_what_is_no_sample_stands_without_an_interval():
    row = pd.Series(EVIDENCE | {"ci_low": float("nan"), "ci_high": float("nan"), "p_value": float("nan")})
    assert scorecard_nearest.evidence(row) == "Change of R&D\n0.300"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"code": "SHOWN", "verdict_before_gates": "", "gates_passed": ""}, "described, not judged"),
        ({"code": "INCONCLUSIVE", "verdict_before_gates": "untestable (INCONCLUSIVE)"}, "cannot tell; passes FEWTREAT"),
        ({"verdict": "consistent", "code": "strong", "gates_passed": "FEWTREAT, PRE"}, "consistent (strong); passes FEWTREAT, PRE"),
    ],
)
def test_readings_in_words(given, said):
    assert scorecard_nearest.reading(pd.Series(EVIDENCE | given)) == said


@pytest.mark.parametrize(("module", "column"), [(scorecard, "Verdict"), (scorecard_nearest, "Reads")])
def test_verdicts_are_shaded_by_what_they_say(module, column):
    decided = {"verdict": "not consistent", "code": "smaller", "verdict_before_gates": "not consistent (smaller)", "gates_passed": ""}
    line, table = card(module, {**HEAD, **decided, "nearest": 1}, {**EVIDENCE, **decided, "rank": 1})
    assert line[column] == "not consistent (smaller)" and list(table.tones.values()) == ["no"]


def test_evidence_of_far_firms_says_whose_it_is():
    near = {**EVIDENCE, "directness": "direct", "whose": "listed firms of the United States"}
    line, _ = card(scorecard_nearest, {**HEAD, "nearest": 101}, near)
    assert line["How close"] == "direct, but of listed firms of the United States"
    head = {**HEAD, "verdict": "not consistent", "code": "opposite", "explanation": "debt rises", "whose": near["whose"]}
    line, _ = card(scorecard, head)
    assert line["Why, or what is missing"] == "Debt rises (evidence of listed firms of the United States)."


@pytest.mark.parametrize(("directness", "named"), [("direct", True), ("place average", False)])
def test_direct_context_that_reads_the_other_way_stands_beside_the_verdict(directness, named):
    head = {**HEAD, "verdict": "not consistent", "code": "opposite", "explanation": "debt rises"}
    line, _ = card(scorecard, head, {**EVIDENCE, "directness": directness, "says": "debt without the notes"})
    assert line["Why, or what is missing"] == (
        "Debt rises; read the other way, as context: debt without the notes." if named else "Debt rises."
    )


def test_a_claim_whose_files_are_not_at_hand_names_them_without_their_folder():
    why = "part 1 of 2, interest: Accounts of issuers: not found in somewhere/folder: panel.csv. Download them."
    line, _ = card(scorecard, {**HEAD, "code": "ABSENT", "explanation": why})
    assert line["Why, or what is missing"] == "Part 1 of 2, interest: Accounts of issuers (README.md says where its files go)."
