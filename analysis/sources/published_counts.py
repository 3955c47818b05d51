"""Published counts of provinces, cities and firms, to which the register is compared."""

from __future__ import annotations

import pandas as pd


def clean(published_counts_raw: pd.DataFrame) -> pd.DataFrame:
    """Return one row per count."""
    return published_counts_raw.drop(columns=["source_title", "confidence"])
