"""The verdict rule on hand-made intervals, gates and combinations."""

import math

import pandas as pd
import pytest

from analysis.core.claims import Region, Verdict, agrees, assess, combine, judge, read_interval, recover, region_of
from tests.study import STUDY

pytestmark = pytest.mark.fast

# Cycle shortened by 20-30 %: log time ratio between log 0.70 and log 0.80.
CYCLE = Region(math.log(0.70), math.log(0.80))
RISE = Region(low=0.02)


@pytest.mark.parametrize(
    ("ci95", "ci90", "region", "verdict", "code"),
    [
        ((-0.37, -0.22), (-0.35, -0.23), CYCLE, "consistent", "strong"),
        ((-0.50, -0.10), (-0.47, -0.13), CYCLE, "consistent", "compatible"),
        ((-0.20, 0.05), (-0.18, 0.03), CYCLE, "not consistent", "smaller"),
        ((0.05, 0.30), (0.07, 0.28), CYCLE, "not consistent", "opposite"),
        ((-0.90, -0.40), (-0.86, -0.44), CYCLE, "not consistent", "larger"),
        ((-0.40, 0.10), (-0.36, 0.06), CYCLE, "untestable", "INCONCLUSIVE"),
        ((0.03, 0.30), (0.05, 0.28), RISE, "consistent", "strong"),
        ((-0.10, 0.01), (-0.09, 0.005), RISE, "not consistent", "smaller"),
    ],
)
def test_eight_intervals(ci95, ci90, region, verdict, code):
    read = read_interval(ci95, ci90, region)
    assert (read.verdict, read.code) == (verdict, code)


def test_an_interval_with_zero_and_part_of_the_claim_is_never_consistent():
    for high in (0.021, 0.1, 5.0):
        assert read_interval((-0.01, high), (-0.005, high), RISE).verdict == "untestable"


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
        ({"mde80": 0.03}, "POWER"),
        ({"reason_code": "SUPPORT", "reason": "no control province"}, "SUPPORT"),
    ],
)
def test_gates_close_before_the_interval_is_read(given, code):
    verdict, _ = judge(row(**given), RISE, power=True)
    assert (verdict.verdict, verdict.code) == ("untestable", code)


def test_a_blank_number_of_treated_clusters_is_not_enough_of_them():
    blank = {"n_treated_clusters": pd.NA, "inference": "cluster"}
    assert judge(row(**blank, n_clusters=3), RISE)[0].code == "FEWTREAT"
    assert judge(row(**blank, n_clusters=30), RISE)[0].verdict == "consistent"
    with pytest.raises(ValueError, match="how many clusters"):
        judge(row(**blank), RISE)
    assert judge(row(n_treated_clusters=pd.NA, inference="exact"), RISE)[0].verdict == "consistent"


def test_few_treated_clusters_pass_with_randomization_inference():
    assert judge(row(n_treated_clusters=4), RISE)[0].verdict == "consistent"


def test_power_gate_does_not_apply_to_a_region_that_begins_at_zero():
    assert judge(row(mde80=9.0), Region(low=0.0), power=True)[0].verdict == "consistent"


def test_a_reading_undone_by_violations_of_parallel_trends_is_untestable():
    fragile = row(ci_low=-0.2, ci_high=0.4)
    sturdy = row(ci_low=0.03, ci_high=0.2)
    assert judge(row(), RISE, honest=fragile)[0].code == "PRE"
    assert judge(row(), RISE, honest=sturdy)[0].verdict == "consistent"


def test_a_null_that_survives_honest_bounds_stays_a_null():
    null = row(ci_low=-0.05, ci_high=0.01, ci90_low=-0.04, ci90_high=0.005)
    assert judge(null, RISE, honest=row(ci_low=-0.06, ci_high=0.015))[0].verdict == "not consistent"


def test_the_interval_alone_is_reported_beside_the_gate():
    verdict, verdict_before_gates = judge(row(mde80=0.03), RISE, power=True)
    assert verdict.code == "POWER"
    assert verdict_before_gates == "consistent (strong)"


def test_one_contradicted_part_contradicts_the_claim():
    yes, no, unknown = Verdict("consistent", "strong", ""), Verdict("not consistent", "opposite", ""), Verdict("untestable", "FIELD", "")
    assert combine([yes, unknown, no]) == no
    assert combine([yes, unknown]) == unknown
    assert combine([yes, Verdict("consistent", "compatible", "")]).code == "compatible"


def test_a_description_without_implied_values_is_shown_and_never_judged():
    claim = {"kind": "descriptive", "missing": ["defaults"], "context": [{"from": "m", "term": "share", "says": "share enhanced"}]}
    estimates = {"m": pd.DataFrame([{**row().to_dict(), "outcome": "none", "term": "share", "p_value": 0.01}])}
    head, shown = assess("S7", claim, estimates)
    assert (head["verdict"], head["code"]) == ("untestable", "FIELD")
    assert (shown["code"], shown["estimate"]) == ("SHOWN", 0.1)


def test_an_interval_that_begins_at_zero_is_opposite_to_a_negative_claim():
    assert read_interval((0.0, 0.7), (0.0, 0.7), Region(high=0.0)).code == "opposite"


def test_smallest_effect_is_in_within_unit_standard_deviations():
    region = region_of({"region": {"sign": "negative", "smallest_effect_sd": 0.1}}, row())
    assert (region.low, region.high) == (-math.inf, pytest.approx(-0.02))


def test_a_region_across_zero_is_refused():
    with pytest.raises(ValueError, match="one side of zero"):
        Region(-0.1, 0.1)


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


def test_every_firm_test_with_an_event_study_is_linked_to_its_bounds():
    """Group-time effects on firms whose event study is at hand are judged only if they survive violations of parallel trends."""
    studied = STUDY["specifications"]["firm_event_study"]["outcomes"]
    tests = [(name, test) for name, claim in STUDY["claims"].items() for test in claim.get("firms", [])]
    unlinked = [name for name, test in tests if test["from"] == "firm_att" and test["outcome"] in studied and not test.get("honest")]
    assert unlinked == []
