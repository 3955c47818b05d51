"""Counts of the verdicts and of the nearest evidence that the text quotes, and the constants of the rule."""

import pandas as pd

from analysis.core.gates import FEW_TREATED_CLUSTERS, RELATIVE_MAGNITUDE
from analysis.core.nearest import DESCRIBED, NONE, OPEN, UNDONE, nearest_readings
from analysis.core.verdict_rule import CONSISTENT, NORMATIVE, NOT_CONSISTENT, UNTESTABLE


def count(verdicts: pd.DataFrame, claims: dict) -> dict:
    """Return how many claims there are, how many of each verdict and reason, and what the evidence nearest to untestable ones reads."""
    heads = verdicts[verdicts["rank"] == 0].set_index("claim")
    factual = heads.loc[[name for name in claims if claims[name]["kind"] != NORMATIVE]]
    verdict = factual["verdict"].value_counts()
    named = {kind: [name for name in factual.index if factual.loc[name, "verdict"] == kind] for kind in ("consistent", "not consistent")}
    near = nearest_readings(verdicts, claims)
    near = near[(near["verdict"] == UNTESTABLE) & (near["reading"] != NONE)]
    return {
        "n_claims": len(factual),
        "n_consistent": int(verdict.get("consistent", 0)),
        "n_not_consistent": int(verdict.get("not consistent", 0)),
        "n_untestable": int(verdict.get(UNTESTABLE, 0)),
        "n_field": int((factual["code"] == "FIELD").sum()),
        "consistent_claims": ", ".join(named["consistent"]) or "none",
        "not_consistent_claims": ", ".join(named["not consistent"]) or "none",
        "n_near": len(near),
        "n_near_cannot_tell": int((near["reading"] == OPEN).sum()),
        "n_near_described": int((near["reading"] == DESCRIBED).sum()),
        "n_near_undone": int((near["reading"] == UNDONE).sum()),
        "n_near_read": int(near["reading"].isin([CONSISTENT, NOT_CONSISTENT]).sum()),
        "few_treated": FEW_TREATED_CLUSTERS,
        "drift_share": RELATIVE_MAGNITUDE,
    }
