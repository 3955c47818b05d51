"""How the nearest evidence on each claim reads: the one place that says it, for the picture, the text and the dossier."""

from __future__ import annotations

import pandas as pd

from analysis.core.claims import SHOWN
from analysis.core.gates import FEW_TREATED_CLUSTERS
from analysis.core.verdict_rule import CONSISTENT, NORMATIVE, NOT_CONSISTENT, UNTESTABLE

NONE, OPEN, DESCRIBED = "no evidence at hand", "cannot tell", "described, not judged"
UNDONE = "undone by differential trends"
READINGS = (CONSISTENT, NOT_CONSISTENT, UNDONE, OPEN, DESCRIBED, NONE)
TRENDS = "PRE"  # the gate that differential trends close


def nearest_readings(verdicts: pd.DataFrame, claims: dict) -> pd.DataFrame:
    """Return one row per claim that data could test: claim, verdict, reading and distance of its nearest evidence, and `few`.

    `few`: the reading is one, and rests on fewer than FEW_TREATED_CLUSTERS treated clusters, which only permutations let pass.
    """
    found = []
    for name in claims:
        rows = verdicts[verdicts["claim"] == name].set_index("rank")
        head = rows.loc[0]
        if head["verdict"] == NORMATIVE:
            continue
        near = None if pd.isna(head["nearest"]) else rows.loc[head["nearest"]]
        distance = NONE if near is None else near["directness"]
        found.append({"claim": name, "verdict": head["verdict"], "reading": _reading(near), "distance": distance, "few": _few(near)})
    return pd.DataFrame(found)


def _reading(near: pd.Series | None) -> str:
    if near is None:
        return NONE
    if near["code"] == SHOWN:
        return DESCRIBED
    if near["code"] == TRENDS:
        return UNDONE
    return OPEN if near["verdict"] == UNTESTABLE else str(near["verdict"])


def _few(near: pd.Series | None) -> bool:
    if near is None or near["verdict"] == UNTESTABLE or pd.isna(near["n_treated_clusters"]):
        return False
    return bool(near["n_treated_clusters"] < FEW_TREATED_CLUSTERS)
