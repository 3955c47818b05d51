"""Rows of a file against seconds and memory, as measured by `make scaling`."""

from __future__ import annotations

import pandas as pd


def clean(scaling_measurements: pd.DataFrame) -> pd.DataFrame:
    """Return the measurements by task, implementation and rows."""
    return scaling_measurements.sort_values(["task", "implementation", "rows"], ignore_index=True)
