"""Pairs of numbers that two implementations give, and the one of ours that is compared."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pandas as pd

from analysis.core.specification import Specification

# what is compared, which parameter, 'estimate' or 'std_error', ours, theirs
Pair = tuple[str, str, float, float]


def estimates_of(specification: Specification, panel: pd.DataFrame) -> list[dict]:
    return import_module(f"analysis.estimators.{specification.estimator}").estimate(panel, specification)


def row_of(rows: list[dict], term: str, **named: Any) -> dict:
    return next(r for r in rows if r["term"] == term and all(r.get(k) == v for k, v in named.items()) and "estimate" in r)
