"""Where data meet the suite: a user's columns become typed arrays under names of our own, and come back as labels."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import pandas as pd

from analysis.method import Method


def entrance(method: Method) -> Callable:
    """Return the decorator that every estimator's `estimate` wears."""

    def admit(science: Callable[[pd.DataFrame, object], list[dict]]) -> Callable:
        @wraps(science)
        def estimate(panel: pd.DataFrame, specification) -> list[dict]:
            return science(panel, specification)

        return estimate

    return admit
