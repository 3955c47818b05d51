"""Claims and their tests on hand-made estimates: gates, parts, what is nearest, and what is recovered."""

import math
import re

import pandas as pd
import pytest

from analysis.core.claims import DIRECTNESS, agrees, assess, recover, region_of
from analysis.core.exaggeration import design_of, implied_error
from analysis.core.gates import FEW_TREATED_CLUSTERS, RELATIVE_MAGNITUDE, beside_placebo, judge
from analysis.core.verdict_rule import Region
from tests.study import STUDY

pytestmark = pytest.mark.fast

RISE = Region(low=0.02)


def row(**given) -> pd.Series:
    base = {
        "model_id": "m", "parameter": "att", "reason_code": pd.NA, "reason": pd.NA, "evidence": "real", "inference": "randomization_t", "n_treated_clusters": 7,
        "estimate": 0.1, "ci_low": 0.05, "ci_high": 0.15, "ci90_low": 0.06, "ci90_high": 0.14, "mde80": 0.01, "within_sd": 0.2,
    }  # fmt: skip
    return pd.Series({**base, **given}, dtype=object)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"evidence": "simulated"}, "SIM"),
        ({"n_treated_clusters": 4, "inference": "cluster"}, "FEWTREAT"),
        ({"reason_code": "SUPPORT", "reason": "no control province"}, "SUPPORT"),
    ],
)
def test_gates_close_before_the_interval_is_read(given, code):
    verdict = judge(row(**given), RISE).verdict
    assert (verdict.verdict, verdict.code) == ("untestable", code)


def test_a_blank_number_of_treated_clusters_is_not_enough_of_them():
    blank = {"n_treated_clusters": pd.NA, "inference": "cluster"}
    assert judge(row(**blank, n_clusters=3), RISE).verdict.code == "FEWTREAT"
    assert judge(row(**blank, n_clusters=30), RISE).verdict.verdict == "consistent"
    with pytest.raises(ValueError, match="how many clusters"):
        judge(row(**blank), RISE)
    assert judge(row(n_treated_clusters=pd.NA, inference="exact"), RISE).verdict.verdict == "consistent"


def test_few_treated_clusters_pass_with_randomization_inference():
    assert judge(row(n_treated_clusters=4), RISE).verdict.verdict == "consistent"


def test_an_effect_too_small_to_be_detected_closes_no_gate():
    """The interval says what it can tell: a power computed afterwards does not overrule it."""
    assert judge(row(mde80=9.0), RISE).verdict.code == "strong"


def test_a_reading_undone_by_violations_of_parallel_trends_is_untestable():
    fragile = row(ci_low=-0.2, ci_high=0.4)
    sturdy = row(ci_low=0.03, ci_high=0.2)
    assert judge(row(), RISE, honest=fragile).verdict.code == "PRE"
    assert judge(row(), RISE, honest=sturdy).verdict.verdict == "consistent"


def test_a_placebo_half_as_large_as_what_it_may_be_undoes_a_reading():
    """The interval is moved out by half of the farther end of the placebo's: what was there before the event may be there after it."""
    assert judge(row(), RISE, honest=beside_placebo(row(), row(ci_low=-0.02, ci_high=0.01))).verdict.verdict == "consistent"
    failing = beside_placebo(row(), row(ci_low=0.04, ci_high=0.16))
    assert (failing["ci_low"], failing["ci_high"]) == (pytest.approx(0.05 - 0.08), pytest.approx(0.15 + 0.08))
    assert judge(row(), RISE, honest=failing).verdict.code == "PRE"
    assert judge(row(), RISE, honest=beside_placebo(row(), row(reason_code="SUPPORT", reason="nothing before"))).verdict.code == "PRE"


def test_a_null_that_survives_honest_bounds_stays_a_null():
    null = row(ci_low=-0.05, ci_high=0.01, ci90_low=-0.04, ci90_high=0.005)
    assert judge(null, RISE, honest=row(ci_low=-0.06, ci_high=0.015)).verdict.verdict == "not consistent"


def test_the_interval_alone_and_the_gates_passed_are_reported_beside_the_gate_that_closed():
    judged = judge(row(), RISE, honest=row(ci_low=-0.2, ci_high=0.4))
    assert (judged.verdict.code, judged.reading, judged.passed) == ("PRE", "consistent (strong)", ("FEWTREAT",))
    assert judge(row(), RISE, honest=row(ci_low=0.03, ci_high=0.2)).passed == ("FEWTREAT", "PRE")


def test_a_description_without_implied_values_is_shown_and_never_judged():
    claim = {"kind": "descriptive", "missing": ["defaults"], "context": [{"from": "m", "term": "share", "says": "share enhanced"}]}
    estimates = {"m": pd.DataFrame([{**row().to_dict(), "outcome": "none", "term": "share", "p_value": 0.01}])}
    head, shown = assess("S7", claim, estimates)
    assert (head["verdict"], head["code"]) == ("untestable", "FIELD")
    assert (shown["code"], shown["estimate"]) == ("SHOWN", 0.1)


def test_smallest_effect_is_in_within_unit_standard_deviations():
    region = region_of({"region": {"sign": "negative", "smallest_effect_sd": 0.1}}, row())
    assert (region.low, region.high) == (-math.inf, pytest.approx(-0.02))


@pytest.mark.parametrize("missing", [pd.NA, math.nan, 0.0])
def test_a_missing_standard_deviation_is_an_error_and_no_region_that_begins_at_zero(missing):
    with pytest.raises(ValueError, match="no within-unit"):
        region_of({"region": {"sign": "positive", "smallest_effect_sd": 0.1}}, row(within_sd=missing))
    assert region_of({"region": {"sign": "positive"}}, row(within_sd=missing)) == Region(low=0.0)


def firm_claim(evidence, **given):
    """A claim that firm files could test, and estimates of one grade."""
    claim = {
        "kind": "directional",
        "missing": ["accounts"],
        "firms": [{"from": "m", "outcome": "y", "term": "att", "inference": "analytic", "says": "x", "region": {"sign": "positive"}}],
    }
    given = {
        "outcome": "y",
        "term": "att",
        "inference": "analytic",
        "evidence": evidence,
        "n_treated_clusters": 14,
        "p_value": 0.01,
    } | given
    return claim, {"m": pd.DataFrame([row(**given)])}


def test_simulated_firms_never_decide_a_claim_and_never_appear_among_verdicts():
    rows = assess("D1", *firm_claim("simulated"))
    assert len(rows) == 1 and (rows[0]["verdict"], rows[0]["code"]) == ("untestable", "FIELD")


def test_a_readers_firms_decide_it():
    rows = assess("D1", *firm_claim("real"))
    assert len(rows) == 2 and (rows[0]["verdict"], rows[0]["code"]) == ("consistent", "strong")
    few = assess("D1", *firm_claim("real", n_treated_clusters=3))
    assert few[0]["code"] == "FEWTREAT"


def test_what_is_recovered_is_compared_with_the_true_effect():
    claim, estimates = firm_claim("simulated")
    (found,) = recover("D1", claim, estimates, {("m", "y"): 0.12})
    assert found["code"] == "SIM" and found["recovered"] is True and found["reading"] == "consistent (strong)"
    (missed,) = recover("D1", claim, estimates, {("m", "y"): -0.3})
    assert missed["recovered"] is False and missed["truth_says"] == "not consistent (opposite)"
    (refused,) = recover("D1", *firm_claim("simulated", reason_code="SUPPORT", reason="none", ci_low=math.nan), {("m", "y"): 0.12})
    assert refused["reading"] == "" and refused["reason"] == "none"


@pytest.mark.parametrize(
    ("reading", "truth", "right"),
    [
        ("not consistent (opposite)", -0.1, True),
        ("not consistent (opposite)", 0.0, False),  # excludes zero where the true effect is zero
        ("not consistent (opposite)", 0.01, False),  # of the claimed sign, though too small
        ("not consistent (smaller)", 0.0, True),
        ("not consistent (smaller)", 0.01, True),
        ("not consistent (smaller)", -0.1, True),
        ("not consistent (smaller)", 0.12, False),
        ("consistent (strong)", 0.12, True),
        ("consistent (compatible)", 0.0, False),
        ("untestable (INCONCLUSIVE)", 0.12, None),
        ("consistent (strong)", math.nan, None),
    ],
)
def test_a_reading_is_right_only_on_the_side_of_the_truth(reading, truth, right):
    claim, estimates = firm_claim("simulated")
    claim["firms"][0]["region"] = {"low": 0.05}
    (row,) = recover("D1", claim, estimates, {("m", "y"): truth})
    assert agrees(reading, row["truth_says"]) is right


def test_every_average_effect_whose_specification_has_an_event_study_is_judged_with_its_bounds():
    """By one setting, `event_studies`: no test may pass the gate PRE because nobody thought of it."""
    specifications = STUDY["specifications"]
    tests = [test for claim in STUDY["claims"].values() for key in ("tests", "context", "firms") for test in claim.get(key, [])]
    effects = [test for test in tests if test["term"] == "att" and "region" in test]
    accounts = {"accounts_stacked", "accounts_vehicles", "accounts_short_of_cash"}
    issuers = {"issuer_att", "issuer_without_notes"}
    assert {test["from"] for test in effects} == {"province_att", "royalty_stacked", "firm_att", "city_att"} | accounts | issuers
    # One value before the event and one after: nothing before to hold trends against.
    without = {"issuer_roa_spread", "issuer_margin_spread"}
    assert {test["outcome"] for test in effects if "honest" not in test} == without
    for test in effects:
        if test["outcome"] in without:
            continue
        companion = specifications[test["honest"]]
        assert test["outcome"] in companion["outcomes"] and RELATIVE_MAGNITUDE in companion["options"]["honest"]
        assert all(companion.get(key) == specifications[test["from"]].get(key) for key in ("panel", "cohort", "where", "controls"))


def test_the_paper_quotes_the_number_of_treated_clusters_from_the_rule():
    notes = [about["note"] for about in STUDY["exhibits"].values() if "treated clusters" in about.get("note", "")]
    assert notes and not any(re.search(r"fewer than (\w+ treated|\d)", note) for note in notes)
    assert STUDY["numbers"]["few_treated"]["from"] == "verdict_facts" and FEW_TREATED_CLUSTERS > 1


def rows_of(**given):
    return pd.DataFrame([{**row().to_dict(), "outcome": "none", "term": "att", "p_value": 0.01} | given])


def test_the_part_that_decides_is_the_one_printed_and_open_parts_are_named():
    test = {"term": "att", "region": {"sign": "positive"}}
    claim = {
        "kind": "directional",
        "parts": "all",
        "tests": [{**test, "from": "first", "says": "A"}, {**test, "from": "second", "says": "B"}],
    }
    opposite = {"estimate": -0.2, "ci_low": -0.3, "ci_high": -0.1, "ci90_low": -0.28, "ci90_high": -0.12}
    wide = {"ci_low": -0.5, "ci_high": 0.7, "ci90_low": -0.4, "ci90_high": 0.6}
    head, *_ = assess("X", claim, {"first": rows_of(**wide, model_id="first"), "second": rows_of(**opposite, model_id="second")})
    assert (head["verdict"], head["code"], head["decided_by"], head["model_id"]) == ("not consistent", "opposite", 2, "second")
    assert "part 2 of 2, B" in head["explanation"] and "open: part 1, A (INCONCLUSIVE)" in head["explanation"]
    head, *_ = assess("X", claim, {"first": rows_of(), "second": rows_of(**wide)})
    assert (head["verdict"], head["code"], head["decided_by"]) == ("untestable", "INCONCLUSIVE", 2)
    head, *_ = assess("X", claim | {"parts": "any"}, {"first": rows_of(), "second": rows_of(**wide)})
    assert (head["verdict"], head["decided_by"]) == ("consistent", 1)


def test_nearest_evidence_is_the_most_direct_real_estimate():
    context = [
        {"from": "m", "term": "att", "says": kind, "directness": kind, "region": {"sign": "positive"}} for kind in reversed(DIRECTNESS[1:])
    ]
    claim = {"kind": "directional", "missing": ["accounts"], "context": context}
    head, *rows = assess("X", claim, {"m": rows_of()})
    assert rows[-1]["rank"] == head["nearest"] and rows[-1]["directness"] == "same instrument elsewhere"
    assert pd.isna(assess("X", claim, {"m": rows_of(evidence="simulated")})[0]["nearest"])
    assert pd.isna(assess("X", claim, {"m": rows_of(reason="none", reason_code="ABSENT", estimate=math.nan)})[0]["nearest"])


def test_a_significant_estimate_has_its_exaggeration_at_the_edge_of_the_region_and_never_at_itself():
    test = {"from": "m", "term": "att", "says": "A", "region": {"low": 0.02}}
    _, found = assess("X", {"kind": "directional", "tests": [test]}, {"m": rows_of()})
    expected = design_of(0.02, implied_error(0.05, 0.15))
    assert (found["assumed_effect"], found["exaggeration"], found["sign_error"]) == (0.02, expected.exaggeration, expected.sign_error)
    for other in ({"ci_low": -0.01}, {"inference": "dates"}):
        _, none = assess("X", {"kind": "directional", "tests": [test]}, {"m": rows_of(**other)})
        assert "exaggeration" not in none
    _, none = assess("X", {"kind": "directional", "tests": [test | {"region": {"sign": "positive"}}]}, {"m": rows_of()})
    assert "exaggeration" not in none  # a sign names no size


def test_far_evidence_says_how_far_and_decides_like_any_direct_evidence():
    test = {
        "from": "m",
        "term": "att",
        "says": "A",
        "directness": "direct",
        "whose": "firms of another country",
        "region": {"sign": "positive"},
    }
    claim = {"kind": "directional", "tests": [test]}
    head, one = assess("X", claim, {"m": rows_of(model_id="m")})
    assert (head["verdict"], head["nearest"]) == ("consistent", 1)
    assert one["whose"] == "firms of another country"
    near = {key: value for key, value in test.items() if key != "whose"}
    assert assess("X", claim | {"tests": [near]}, {"m": rows_of(model_id="m")})[1]["whose"] == ""


def test_direct_evidence_on_firms_of_another_country_says_so():
    tests = [test for claim in STUDY["claims"].values() for key in ("tests", "context") for test in claim.get(key, [])]
    listed = [test for test in tests if test["from"].startswith("issuer_") or test["from"] == "market_share_of_debt"]
    assert listed and all(test["directness"] == "direct" and " US " in test["whose"] for test in listed)
