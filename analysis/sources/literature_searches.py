"""The search for earlier studies: queries, databases, and what their results are about."""

from __future__ import annotations

import pandas as pd


def clean(literature_searches_run: pd.DataFrame) -> pd.DataFrame:
    """Return one row per query and subject of its results."""
    return literature_searches_run
