"""The counts of claims that the paper prints, counted again from the list of claims and the data of the archived scorecard."""

import json

import pandas as pd
import pytest
import yaml

from analysis.core.rawfiles import ROOT

pytestmark = pytest.mark.fast

CARD = pd.read_csv(ROOT / "paper" / "tables" / "scorecard.csv")
VALUES = json.loads((ROOT / "paper" / "numbers.json").read_text(encoding="utf-8"))["values"]
CLAIMS = yaml.safe_load((ROOT / "config" / "claims.yaml").read_text(encoding="utf-8"))["claims"]
JUDGED = [name for name, claim in CLAIMS.items() if claim["kind"] != "normative"]


def test_claims_by_verdict():
    heads = CARD[(CARD["rank"] == 0) & CARD["claim"].isin(JUDGED)].set_index("claim")
    assert sorted(heads.index) == sorted(JUDGED) and len(JUDGED) == VALUES["n_claims"]
    counts = heads["verdict"].value_counts()
    assert [counts.get(verdict, 0) for verdict in ("consistent", "not consistent", "untestable")] == [
        VALUES["n_consistent"],
        VALUES["n_not_consistent"],
        VALUES["n_untestable"],
    ]
    assert (heads["code"] == "FIELD").sum() == VALUES["n_field"]
    # A claim without a field in any source is one whose entry names what is missing and lists no test.
    without = [name for name in JUDGED if not CLAIMS[name].get("tests") and "gate" not in CLAIMS[name]]
    assert sorted(heads.index[heads["code"] == "FIELD"]) == sorted(without)


def test_no_interval_that_holds_zero_decides_a_claim():
    rows = CARD.dropna(subset=["ci_low", "region_low"], how="any")
    holds = (rows["ci_low"] <= 0) & (rows["ci_high"] >= 0)
    assert not rows.loc[holds, "verdict_before_gates"].str.startswith("consistent").any()


def test_every_other_claim_with_evidence_near_it_reads_as_counted():
    heads = CARD[(CARD["rank"] == 0) & CARD["claim"].isin(JUDGED) & (CARD["verdict"] == "untestable")]
    near = heads.dropna(subset=["nearest"])
    rows = [CARD[(CARD["claim"] == head["claim"]) & (CARD["rank"] == head["nearest"])].iloc[0] for _, head in near.iterrows()]
    assert len(rows) == VALUES["n_near"]
    described = sum(row["code"] == "SHOWN" for row in rows)
    undone = sum(row["code"] == "PRE" for row in rows)
    assert (described, undone) == (VALUES["n_near_described"], VALUES["n_near_undone"])
