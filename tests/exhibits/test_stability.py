"""What stands beside a reading: S-value, family, curve, other estimators."""

import numpy as np
import pandas as pd
import pytest

from analysis.core.comparisons import Comparison
from analysis.exhibits.tables._overall import overall
from analysis.exhibits.tables._stability import stability


def verdict(**changes):
    row = {"claim": "D1", "rank": 101, "says": "it rises", "model_id": "m", "outcome": "y", "inference": "randomization_t"}
    row |= {"p_value": 0.125, "verdict_before_gates": "consistent (compatible)", "region_low": 0.0, "region_high": np.nan}
    row |= {"directness": "place average", "code": "compatible", "estimate": 0.2, "ci_low": 0.1, "ci_high": 0.3}
    row |= dict.fromkeys(("mde80", "assumed_effect", "exaggeration", "sign_error"), np.nan)
    return {**row, **changes}


def estimates(low, high, inference="randomization_t", outcome="y"):
    ends = {"ci_low": low, "ci_high": high, "ci90_low": low, "ci90_high": high}
    return pd.DataFrame([{"outcome": outcome, "term": "att", "inference": inference, "estimate": (low + high) / 2, **ends}])


def adjusted(p_value):
    return pd.DataFrame([{"outcome": "first", "term": "y", "inference": "romano_wolf", "p_value": p_value}])


def test_each_item_is_that_of_the_reading():
    verdicts = pd.DataFrame(
        [verdict(rank=0), verdict(), verdict(outcome="z", rank=102), verdict(p_value=np.nan, verdict_before_gates="", rank=103)]
    )
    # Consistent, cannot tell, opposite; the last does not estimate the outcome.
    others = [estimates(0.1, 0.3), estimates(-0.1, 0.3), estimates(-0.3, -0.1), estimates(0.1, 0.3, outcome="x")]
    joint = pd.DataFrame({"subset": ["part", "all"], "share_consistent": [0.9, 0.4], "share_undecided": [0.1, 0.6]})
    tables = {"family": adjusted(0.5), "joint": joint} | {f"other_{i}": table for i, table in enumerate(others)}
    entry = {"families": {"m": ["family"]}, "curves": {"m": {"y": "joint"}}, "estimators": {"m": [n for n in tables if "_" in n]}}
    found = stability(Comparison(entry, tables), verdicts)
    first, second, shown = found.to_dict("records")  # rank 0 is the claim
    assert np.isnan(shown["s_value"]) and shown["repeated"] == 0  # no p-value, no S-value; not judged, nothing to flip
    assert first["s_value"] == pytest.approx(3.0)  # an eighth: three bits
    assert (first["p_family"], first["share_alike"], first["repeated"], first["flips"]) == (0.5, 0.4, 3, 2)
    assert np.isnan(second["p_family"]) and np.isnan(second["share_alike"]) and second["repeated"] == 0


def test_the_share_of_a_curve_is_of_the_reading_of_the_row():
    entry = {"families": {}, "curves": {"m": {"y": "joint"}}, "estimators": {}}
    joint = pd.DataFrame({"share_consistent": [0.3], "share_not_consistent": [0.1], "share_undecided": [0.6], "share_same": [0.3]})
    readings = ["consistent (strong)", "not consistent (absent)", "untestable (inconclusive)", ""]
    rows = pd.DataFrame([verdict(verdict_before_gates=reading) for reading in readings])
    shares = stability(Comparison(entry, {"joint": joint}), rows)["share_alike"].tolist()
    assert shares[:3] == [0.3, 0.1, 0.6] and np.isnan(shares[3])


def test_randomization_is_preferred_to_clustered_errors():
    both = pd.concat([estimates(0.1, 0.2, "analytic"), estimates(-1, 1)], ignore_index=True)
    assert overall(both, "y")["inference"] == "randomization_t"
    assert overall(both.head(1), "y")["inference"] == "analytic"
    assert overall(both, "x").isna().all()
