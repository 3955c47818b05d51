"""Counts of the verdicts that the text quotes."""

import pandas as pd


def count(verdicts: pd.DataFrame, claims: dict) -> dict:
    """Return how many claims there are, and how many of each verdict and reason."""
    heads = verdicts[verdicts["rank"] == 0].set_index("claim")
    factual = heads.loc[[name for name in heads.index if claims[name]["kind"] != "normative"]]
    verdict = factual["verdict"].value_counts()
    named = {
        kind: [name for name in claims if name in factual.index and factual.loc[name, "verdict"] == kind]
        for kind in ("consistent", "not consistent")
    }
    return {
        "n_claims": len(factual),
        "n_consistent": int(verdict.get("consistent", 0)),
        "n_not_consistent": int(verdict.get("not consistent", 0)),
        "n_untestable": int(verdict.get("untestable", 0)),
        "n_field": int((factual["code"] == "FIELD").sum()),
        "consistent_claims": ", ".join(named["consistent"]) or "none",
        "not_consistent_claims": ", ".join(named["not consistent"]) or "none",
    }
