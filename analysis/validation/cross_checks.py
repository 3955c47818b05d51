"""The same estimates by another implementation: the paper's own, and the suite's on public data sets.

Each comparison returns pairs of numbers that must agree; where small-sample factors differ by convention, the other
library's is brought to ours first and the row says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pandas as pd

from analysis.validation import _datasets
from analysis.validation._pairs import Pair
from analysis.validation._paper_comparisons import HEADLINES
from analysis.validation._public_comparisons import PUBLIC

ROUNDING = 1e-10


def check(
    province_year: pd.DataFrame, firm_year: pd.DataFrame, firm_stacks: pd.DataFrame, specifications: dict, outcomes: dict
) -> pd.DataFrame:
    """Return one row per pair of numbers: comparison, library, parameter, quantity, ours, other, difference."""
    panels = {"province_year": province_year, "firm_year": firm_year, "firm_stacks": firm_stacks}
    rows = []
    for title, library, compare in HEADLINES:
        rows += _rows(title, "the paper", library, partial(compare, panels, specifications, outcomes))
    for title, library, on_public_data in PUBLIC:
        rows += _rows(title, "public data", library, on_public_data)
    return pd.DataFrame(rows)


def _rows(title: str, scope: str, library: str, pairs: Callable[[], Iterator[Pair]]) -> list[dict]:
    about = {"comparison": title, "scope": scope, "library": library}
    try:
        found = list(pairs())
    except _datasets.Absent as error:
        return [
            about | {"parameter": "-", "quantity": "estimate", "ours": np.nan, "other": np.nan, "difference": np.nan, "reason": str(error)}
        ]
    return [
        about | {"parameter": p, "quantity": q, "ours": float(a), "other": float(b), "difference": _difference(a, b), "reason": ""}
        for p, q, a, b in found
    ]


def _difference(ours: float, other: float) -> float:
    """Return the absolute difference; below ROUNDING it is noise of the machine, which no two runs need share, and counts as none."""
    found = abs(float(ours) - float(other))
    return 0.0 if found < ROUNDING else found
