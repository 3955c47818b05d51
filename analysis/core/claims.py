"""The verdict rule: one function for all claims.

A claim implies a region C of values of its estimand. The rule compares C with the interval of the estimate,
after gates that say the data cannot answer:

1. a closed gate → untestable, with the gate's code;
2. the 90 % interval lies inside C (an equivalence test at 5 %) → consistent, strong;
3. the 95 % interval meets C and excludes zero → consistent, compatible;
4. the 95 % interval does not meet C → not consistent (opposite, smaller or larger);
5. the 95 % interval holds both zero and part of C → untestable, INCONCLUSIVE: never "consistent".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.core.contracts import typed
from analysis.core.estimates import CLUSTERED, find

# Fewer treated clusters than this cannot be judged by cluster-robust standard errors
# (MacKinnon and Webb 2018, Econometrics Journal 21: 114-135).
FEW_TREATED_CLUSTERS = 5
# How large violations of parallel trends may be, relative to the largest one before treatment
# (Rambachan and Roth 2023, Review of Economic Studies 90: 2555-2591), before a verdict must no longer hold.
RELATIVE_MAGNITUDE = 0.5
HONEST = {"term": "att_honest", "inference": "honest_relative_magnitude", "setting": str(RELATIVE_MAGNITUDE)}

# What a verdict row copies from the Estimate row behind it.
COPIED = ("model_id", "outcome", "term", "estimate", "ci_low", "ci_high", "p_value", "mde80", "inference", "evidence")
SHOWN = "SHOWN"
CONSISTENT, NOT_CONSISTENT, UNTESTABLE, NORMATIVE = "consistent", "not consistent", "untestable", "normative"


@dataclass(frozen=True)
class Region:
    """The values that a claim implies: an interval on one side of zero; infinite ends are open."""

    low: float = -math.inf
    high: float = math.inf

    def __post_init__(self) -> None:
        if not (self.low < self.high and (self.low >= 0 or self.high <= 0)):
            raise ValueError(f"a claim's region must be an interval on one side of zero, not [{self.low}, {self.high}]")

    @property
    def positive(self) -> bool:
        return self.low >= 0

    @property
    def nearest_edge(self) -> float:
        """Distance from zero to the region."""
        return self.low if self.positive else -self.high

    def contains(self, low: float, high: float) -> bool:
        return low > self.low and high < self.high if self.nearest_edge == 0 else low >= self.low and high <= self.high

    def meets(self, low: float, high: float) -> bool:
        return high > self.low and low < self.high


@dataclass(frozen=True)
class Verdict:
    """A verdict, its sub-code and why."""

    verdict: str
    code: str
    explanation: str


def read_interval(ci95: tuple[float, float], ci90: tuple[float, float], region: Region) -> Verdict:
    """Return what intervals alone say of a region: rules 2 to 5."""
    low, high = ci95
    if region.contains(*ci90):
        return Verdict(CONSISTENT, "strong", "the 90 % interval lies inside the values that the claim implies")
    if region.meets(low, high) and not low <= 0 <= high:
        return Verdict(CONSISTENT, "compatible", "the 95 % interval excludes zero and meets the values that the claim implies")
    if not region.meets(low, high):
        opposite = high <= 0 if region.positive else low >= 0
        beyond = low >= region.high if region.positive else high <= region.low
        code = "opposite" if opposite else "larger" if beyond else "smaller"
        return Verdict(NOT_CONSISTENT, code, f"the 95 % interval excludes the values that the claim implies; the effect is {code}")
    return Verdict(UNTESTABLE, "INCONCLUSIVE", "the 95 % interval holds both no effect and values that the claim implies")


def judge(row: pd.Series, region: Region, honest: pd.Series | None = None, power: bool = False) -> tuple[Verdict, str]:
    """Return the verdict on an Estimate row and what the interval alone would say.

    `honest` is the row of the interval robust to violations of parallel trends at RELATIVE_MAGNITUDE;
    `power` applies the power gate, which has no meaning for a region that begins at zero.
    """
    if pd.notna(row["reason"]):
        return Verdict(UNTESTABLE, row["reason_code"], row["reason"]), ""
    if pd.isna(row["ci_low"]) or pd.isna(row["ci_high"]):
        raise ValueError(f"{row['model_id']} / {row['parameter']} has no interval, so it cannot judge a claim")
    verdict_before_gates = read_interval((row["ci_low"], row["ci_high"]), (row["ci90_low"], row["ci90_high"]), region)
    reading = f"{verdict_before_gates.verdict} ({verdict_before_gates.code})"
    return _gate(row, region, verdict_before_gates, honest, power) or verdict_before_gates, reading


def _gate(row: pd.Series, region: Region, verdict_before_gates: Verdict, honest: pd.Series | None, power: bool) -> Verdict | None:
    """Return the verdict of the first gate that closes, if any."""
    if row["evidence"] == "simulated":
        return Verdict(UNTESTABLE, "SIM", "simulated data test the method, never the claim")
    count, kind = clusters_behind(row)
    if rests_on_few(row) and not str(row["inference"]).startswith("randomization"):
        return Verdict(UNTESTABLE, "FEWTREAT", f"{count} {kind} and no randomization inference")
    if honest is not None and verdict_before_gates.verdict != UNTESTABLE:
        if pd.notna(honest["reason"]) or pd.isna(honest["ci_low"]):
            return Verdict(UNTESTABLE, "PRE", "no interval robust to violations of parallel trends could be computed")
        robust = read_interval((honest["ci_low"], honest["ci_high"]), (honest["ci_low"], honest["ci_high"]), region)
        if robust.verdict != verdict_before_gates.verdict:
            return Verdict(
                UNTESTABLE,
                "PRE",
                f"violations of parallel trends {RELATIVE_MAGNITUDE} times the largest one before treatment would undo the reading "
                f"'{verdict_before_gates.verdict}'",
            )
    if power and region.nearest_edge > 0 and row["mde80"] > region.nearest_edge:
        return Verdict(
            UNTESTABLE,
            "POWER",
            f"the smallest effect detected with probability 0.80 ({row['mde80']:.3g}) exceeds the smallest that the claim implies ({region.nearest_edge:.3g})",
        )
    return None


def clusters_behind(row: pd.Series) -> tuple[Any, str]:
    """Return how many clusters the uncertainty of a row rests on, and of which kind: treated ones, or all where none is treated.

    Raises ValueError for a clustered row without a count: an unknown number of clusters is never enough.
    """
    for name, kind in (("n_treated_clusters", "treated clusters"), ("n_clusters", "clusters")):
        if pd.notna(row.get(name)):
            return int(row[name]), kind
    if str(row["inference"]) in CLUSTERED:
        raise ValueError(f"{row['model_id']} / {row['parameter']} is clustered but does not say by how many clusters")
    return pd.NA, "clusters"


def rests_on_few(row: pd.Series) -> bool:
    """Return whether a row rests on fewer than FEW_TREATED_CLUSTERS clusters; rows without clusters do not."""
    count, _ = clusters_behind(row)
    return bool(pd.notna(count) and count < FEW_TREATED_CLUSTERS)


def region_of(test: dict, row: pd.Series) -> Region:
    """Return the region of a test in config/claims.yaml; a smallest effect in s.d. needs the row's within_sd."""
    given = test.get("region", {})
    if "sign" not in given:
        return Region(given.get("low", -math.inf), given.get("high", math.inf))
    edge = 0.0
    if given.get("smallest_effect_sd"):
        edge = given["smallest_effect_sd"] * (0.0 if pd.isna(row["within_sd"]) else row["within_sd"])
    return Region(low=edge) if given["sign"] == "positive" else Region(high=-edge)


def combine(verdicts: list[Verdict]) -> Verdict:
    """Return the verdict on a claim of several necessary parts: one false part is enough to contradict it."""
    for wanted in (NOT_CONSISTENT, UNTESTABLE):
        found = [v for v in verdicts if v.verdict == wanted]
        if found:
            return found[0]
    weakest = [v for v in verdicts if v.code == "compatible"]
    return (weakest or verdicts)[0]


def assess(name: str, claim: dict, estimates: dict[str, pd.DataFrame]) -> list[dict]:
    """Return the Verdict rows of one claim: rank 0 the claim, 1.. its tests, 101.. context, which never decides."""
    rows, verdicts = [], []
    # Firm files of a reader decide; the simulated cohort never appears among verdicts (see `recover`).
    own = [test for test in claim.get("firms", []) if not _simulated(estimates[test["from"]])]
    for first, tests, deciding in ((1, claim.get("tests", []) + own, True), (101, claim.get("context", []), False)):
        for rank, test in enumerate(tests, start=first):
            verdict, row = _test(name, test, estimates)
            rows.append({"claim": name, "rank": rank, **row})
            if deciding:
                verdicts.append(verdict)
    if claim["kind"] == "normative":
        decided = Verdict(NORMATIVE, "", "a recommendation, not a statement of fact")
    elif "gate" in claim:
        code, _, why = claim["gate"].partition(": ")
        decided = Verdict(UNTESTABLE, code, why)
    elif verdicts:
        decided = combine(verdicts)
    else:
        decided = Verdict(UNTESTABLE, "FIELD", f"no source at hand holds: {'; '.join(claim['missing'])}")
    decisive = rows[0] if verdicts else {"verdict_before_gates": "", "evidence": "none"}
    rest = {k: decisive[k] for k in decisive if k not in ("claim", "rank", "verdict", "code", "explanation")}
    head = {**rest, "claim": name, "rank": 0, "verdict": decided.verdict, "code": decided.code, "explanation": decided.explanation}
    return [head, *rows]


def _simulated(table: pd.DataFrame) -> bool:
    return bool((table["evidence"] == "simulated").any())


def recover(name: str, claim: dict, estimates: dict[str, pd.DataFrame], true_effects: dict[tuple[str, str], float]) -> list[dict]:
    """Return, for each firm test of a claim on the simulated cohort, the true effect, what was found, and what would be read from it.

    `true_effects` maps (specification, outcome) to the true value. The verdict is always SIM: simulated data test the
    method, never the claim; `recovered` says whether the 95 % interval holds the true value.
    """
    rows = []
    for rank, test in enumerate(claim.get("firms", []), start=1):
        row = _row_or_refusal(estimates[test["from"]], test, f"config/claims.yaml: {name}")
        truth = true_effects.get((test["from"], test.get("outcome", "none")), math.nan)
        about = {"claim": name, "rank": rank, "code": "SIM", "says": test["says"], "true_effect": truth}
        about |= {key: row[key] for key in ("model_id", "outcome", "term", "estimate", "ci_low", "ci_high", "reason_code", "reason")}
        if pd.isna(row["ci_low"]):
            rows.append({**about, "recovered": pd.NA, "reading": "", "truth_says": ""})
            continue
        region = region_of(test, row)
        reading = read_interval((row["ci_low"], row["ci_high"]), (row["ci90_low"], row["ci90_high"]), region)
        about |= {"recovered": bool(row["ci_low"] <= truth <= row["ci_high"]) if math.isfinite(truth) else pd.NA}
        rows.append({**about, "reading": f"{reading.verdict} ({reading.code})", "truth_says": _of_point(truth, region)})
    return rows


def _of_point(truth: float, region: Region) -> str:
    """Return what a known value says of a region: consistent, or not and on which side; '' where none is known."""
    if not math.isfinite(truth):
        return ""
    if region.low < truth < region.high:
        return CONSISTENT
    toward = truth if region.positive else -truth
    code = "opposite" if toward < 0 else "smaller" if toward <= region.nearest_edge else "larger"
    return f"{NOT_CONSISTENT} ({code})"


def agrees(reading: str, truth_says: str) -> bool | None:
    """Return whether a reading says what the truth says; None where the rule does not tell, or no truth is known.

    `smaller` only says that the claim is not met, which an opposite truth does not meet either. `opposite` excludes zero:
    it is wrong where the true effect is zero, or something on the claimed side that is too small.
    """
    if not reading or not truth_says or reading.startswith(UNTESTABLE):
        return None
    if truth_says == CONSISTENT or reading.startswith(CONSISTENT):
        return truth_says == CONSISTENT and reading.startswith(CONSISTENT)
    return reading == truth_says or (reading.endswith("(smaller)") and truth_says.endswith("(opposite)"))


def _test(name: str, test: dict, estimates: dict[str, pd.DataFrame]) -> tuple[Verdict, dict]:
    context = f"config/claims.yaml: {name}"
    table = estimates[test["from"]]
    row = _row_or_refusal(table, test, context)
    if "region" not in test:
        return _shown(test, row)
    region = region_of(test, row)
    honest = None
    if test.get("honest"):
        wanted = HONEST | _outcome(test)
        honest = _row_or_refusal(estimates[test["honest"]], wanted, context)
    verdict, verdict_before_gates = judge(row, region, honest, test.get("power", False))
    return verdict, {
        **{key: row[key] for key in COPIED},
        "verdict": verdict.verdict,
        "code": verdict.code,
        "verdict_before_gates": verdict_before_gates,
        "explanation": verdict.explanation,
        "directness": test.get("directness", "direct"),
        "says": test["says"],
        "region_low": region.low if math.isfinite(region.low) else math.nan,
        "region_high": region.high if math.isfinite(region.high) else math.nan,
    }


def _shown(test: dict, row: pd.Series) -> tuple[Verdict, dict]:
    """Return the row of a description for which the claim implies no value: shown, not judged."""
    verdict = Verdict(UNTESTABLE, SHOWN, "a description; the claim implies no value for it")
    about: dict = {"verdict": verdict.verdict, "code": verdict.code, "verdict_before_gates": "", "explanation": verdict.explanation}
    about |= {"directness": test.get("directness", "direct"), "says": test["says"], "region_low": math.nan, "region_high": math.nan}
    return verdict, {**{key: row[key] for key in COPIED}, **about}


def _outcome(test: dict) -> dict:
    return {"outcome": test["outcome"]} if "outcome" in test else {}


def _row_or_refusal(table: pd.DataFrame, test: dict, context: str) -> pd.Series:
    """Return the row a test names; if its model could not be identified at all, the row that says so."""
    own = table[(table["outcome"] == test["outcome"]).fillna(False)] if "outcome" in test else table
    if len(own) and own["reason"].notna().all():
        return own.iloc[0]
    return find(table, test, context)


def verdicts(claims: dict, estimates: dict[str, pd.DataFrame], contract: dict) -> pd.DataFrame:
    """Return the verdict on every claim and on each of its tests, in the columns of the contract; `estimates` by specification."""
    rows = [row for name, claim in claims.items() for row in assess(name, claim, estimates)]
    return typed(pd.DataFrame(rows), contract)
