"""Which province outcomes move clearly under which choice: the facts behind what the text says of all variants."""

import pandas as pd

from analysis.exhibits.cells import enumerated

LEVEL = 0.05


def count(province_variants: pd.DataFrame, outcomes: dict) -> dict:
    """Return the outcomes with a clear rise, and with a clear fall, under any choice, and how many outcomes there are."""
    variants = pd.concat(province_variants.tables.values())
    overall = variants[(variants["term"] == "att") & (variants["inference"] == "randomization_t")]
    clear = overall[overall["p_value"] <= LEVEL]
    return {
        "n_outcomes": int(overall["outcome"].nunique()),
        "clear_rises": _names(clear[clear["estimate"] > 0], outcomes),
        "clear_falls": _names(clear[clear["estimate"] < 0], outcomes),
    }


def _names(rows: pd.DataFrame, outcomes: dict) -> str:
    return enumerated([about["label"] for name, about in outcomes.items() if name in set(rows["outcome"])])
