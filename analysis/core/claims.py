"""Claims and estimates → verdicts: every test of a claim read by the rule, and what is nearest where no test decides.

analysis/core/verdict_rule.py holds the rule, gates.py what closes before it, claim_parts.py claims of several parts.
"""

from __future__ import annotations

import math

import pandas as pd

from analysis.core.claim_parts import ALL, BOUNDS, Part, combine
from analysis.core.contracts import typed
from analysis.core.distributions import normal_quantile
from analysis.core.estimates import find
from analysis.core.exaggeration import design_of, implied_error
from analysis.core.gates import HONEST, Judged, beside_placebo, judge
from analysis.core.verdict_rule import CONSISTENT, NORMATIVE, NOT_CONSISTENT, UNTESTABLE, Region, Verdict, read_interval

# What a verdict row copies from the Estimate row behind it.
COPIED = (
    "model_id", "outcome", "term", "estimate", "ci_low", "ci_high", "p_value", "mde80", "n_treated_clusters", "inference", "evidence",
)  # fmt: skip
SHOWN = "SHOWN"
# How close evidence is to a claim about IP securitization, nearest first.
DIRECTNESS = ("direct", "same instrument elsewhere", "analogue instrument", "proxy outcome", "place average")
# Context, which never decides, is ranked from here.
FIRST_CONTEXT = 101


def region_of(test: dict, row: pd.Series) -> Region:
    """Return the region of a test in config/claims.yaml.

    Raises ValueError where a smallest effect in s.d. meets a row without a positive within_sd: a region that silently began at
    zero would make the claim weaker than it is.
    """
    given = test.get("region", {})
    if "sign" not in given:
        return Region(given.get("low", -math.inf), given.get("high", math.inf))
    edge = 0.0
    if given.get("smallest_effect_sd"):
        if pd.isna(row["within_sd"]) or not row["within_sd"] > 0:
            raise ValueError(f"{test.get('from', '?')} / {row.get('parameter', '?')} has no within-unit s.d., in which its region is given")
        edge = given["smallest_effect_sd"] * row["within_sd"]
    return Region(low=edge) if given["sign"] == "positive" else Region(high=-edge)


def assess(name: str, claim: dict, estimates: dict[str, pd.DataFrame]) -> list[dict]:
    """Return the Verdict rows of one claim: rank 0 the claim, 1.. its tests, 101.. context, which never decides.

    The claim's row carries the numbers of the part that decides (`decided_by`) and names the nearest real evidence (`nearest`).
    """
    # Firm files of a reader decide; the simulated cohort never appears among verdicts (see `recover`).
    own = [test for test in claim.get("firms", []) if not _simulated(estimates[test["from"]])]
    rows, parts = [], []
    for rank, test in enumerate(claim.get("tests", []) + own, start=1):
        part, row = _test(name, test, estimates)
        parts.append(part)
        rows.append({"claim": name, "rank": rank, **row})
    decided, place = _decided(claim, parts)
    decisive = rows[place] if place is not None else {"verdict_before_gates": "", "evidence": "none"}
    for rank, test in enumerate(claim.get("context", []), start=FIRST_CONTEXT):
        rows.append({"claim": name, "rank": rank, **_test(name, test, estimates)[1]})
    head = decisive | {"claim": name, "rank": 0, "verdict": decided.verdict, "code": decided.code, "explanation": decided.explanation}
    head["decided_by"] = decisive.get("rank", pd.NA)
    return [head | {"nearest": _nearest(rows, head["decided_by"])}, *rows]


def _decided(claim: dict, parts: list[Part]) -> tuple[Verdict, int | None]:
    """Return the verdict on a claim, and the position of the part that decides it, if one does."""
    if claim["kind"] == "normative":
        return Verdict(NORMATIVE, "", "a recommendation, not a statement of fact"), None
    if "gate" in claim:
        code, _, why = claim["gate"].partition(": ")
        return Verdict(UNTESTABLE, code, why), None
    if parts:
        return combine(parts, claim.get("parts", ALL))
    return Verdict(UNTESTABLE, "FIELD", f"no source at hand holds: {'; '.join(claim['missing'])}"), None


def _nearest(rows: list[dict], decided_by: object) -> object:
    """Return the rank of the most direct real estimate: among equals the part that decides, else one that is judged, else the first."""
    real = [row for row in rows if row["evidence"] == "real" and pd.notna(row["estimate"])]
    order = {
        row["rank"]: (DIRECTNESS.index(row["directness"]), row["rank"] != decided_by, row["code"] == SHOWN, row["rank"]) for row in real
    }
    return min(order, key=order.__getitem__) if order else pd.NA


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
        rows.append({**about, "reading": str(reading), "truth_says": _of_point(truth, region)})
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


def _test(name: str, test: dict, estimates: dict[str, pd.DataFrame]) -> tuple[Part, dict]:
    """Return a test as a part of its claim, and its Verdict row."""
    context = f"config/claims.yaml: {name}"
    row = _row_or_refusal(estimates[test["from"]], test, context)
    region = None
    if "region" not in test:
        judged = Judged(Verdict(UNTESTABLE, SHOWN, "a description; the claim implies no value for it"))
    elif pd.notna(row["reason"]):
        judged = Judged(Verdict(UNTESTABLE, row["reason_code"], row["reason"]))
    else:
        region = region_of(test, row)
        honest = None
        if "honest" in test:
            honest = _row_or_refusal(estimates[test["honest"]], HONEST | _outcome(test), context)
        elif "placebo" in test:
            placebo = test["placebo"] | {"inference": test["inference"]}
            honest = beside_placebo(row, _row_or_refusal(estimates[placebo["from"]], placebo, context))
        judged = judge(row, region, honest)
    ends = {"region_low": region.low, "region_high": region.high} if region else {}
    return Part(test["says"], judged.verdict, row, region), {
        **{key: row[key] for key in COPIED},
        "verdict": judged.verdict.verdict,
        "code": judged.verdict.code,
        "verdict_before_gates": judged.reading,
        "gates_passed": ", ".join(judged.passed),
        "explanation": judged.verdict.explanation,
        "directness": test.get("directness", DIRECTNESS[0]),
        "whose": test.get("whose", ""),
        "says": test["says"],
        **{key: value for key, value in ends.items() if math.isfinite(value)},
        **_design(row, region),
    }


def _design(row: pd.Series, region: Region | None) -> dict:
    """Return the smallest detectable effect of a row and, for a significant one, exaggeration and sign error at the region's edge.

    The edge comes from the claim, not from these data. A region that begins at zero names no size, and bounds that are no sampling
    interval have no error. The standard error is the one that the 95 % interval implies, so that it is of the same inference.
    """
    if row["inference"] in BOUNDS or pd.isna(row["ci_low"]):
        return {}
    error = implied_error(row["ci_low"], row["ci_high"])
    given = {"mde80": (normal_quantile(0.975) + normal_quantile(0.80)) * error} if pd.isna(row["mde80"]) else {}
    if region is None or region.nearest_edge == 0 or row["ci_low"] <= 0 <= row["ci_high"]:
        return given
    at_edge = design_of(region.nearest_edge, error)
    return given | {"assumed_effect": region.nearest_edge, "exaggeration": at_edge.exaggeration, "sign_error": at_edge.sign_error}


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
