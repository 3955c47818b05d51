"""Counts of the verdicts and of the nearest evidence that the text quotes, and the constants of the rule."""

import pandas as pd

from analysis.core.claims import SHOWN
from analysis.core.gates import FEW_TREATED_CLUSTERS, RELATIVE_MAGNITUDE
from analysis.core.verdict_rule import INCONCLUSIVE, NORMATIVE, UNTESTABLE


def count(verdicts: pd.DataFrame, claims: dict) -> dict:
    """Return how many claims there are, how many of each verdict and reason, and what the evidence nearest to untestable ones reads."""
    heads = verdicts[verdicts["rank"] == 0].set_index("claim")
    factual = heads.loc[[name for name in claims if claims[name]["kind"] != NORMATIVE]]
    verdict = factual["verdict"].value_counts()
    named = {kind: [name for name in factual.index if factual.loc[name, "verdict"] == kind] for kind in ("consistent", "not consistent")}
    near = _nearest(verdicts, factual[factual["verdict"] == UNTESTABLE])
    return {
        "n_claims": len(factual),
        "n_consistent": int(verdict.get("consistent", 0)),
        "n_not_consistent": int(verdict.get("not consistent", 0)),
        "n_untestable": int(verdict.get(UNTESTABLE, 0)),
        "n_field": int((factual["code"] == "FIELD").sum()),
        "consistent_claims": ", ".join(named["consistent"]) or "none",
        "not_consistent_claims": ", ".join(named["not consistent"]) or "none",
        "n_near": len(near),
        "n_near_cannot_tell": int((near["code"] == INCONCLUSIVE).sum()),
        "n_near_described": int((near["code"] == SHOWN).sum()),
        "n_near_undone": int((near["code"] == "PRE").sum()),
        "n_near_read": int((near["verdict"] != UNTESTABLE).sum()),
        "few_treated": FEW_TREATED_CLUSTERS,
        "drift_share": RELATIVE_MAGNITUDE,
    }


def _nearest(verdicts: pd.DataFrame, heads: pd.DataFrame) -> pd.DataFrame:
    """Return the row of the nearest evidence of each claim in `heads` that has any."""
    wanted = heads["nearest"].dropna()
    return verdicts.set_index(["claim", "rank"]).loc[list(zip(wanted.index, wanted, strict=True))]
