"""Patents pledged as collateral, as published."""

from __future__ import annotations

import pandas as pd


def clean(pledges_published: pd.DataFrame) -> pd.DataFrame:
    """Return one row per place and year."""
    return pledges_published.drop(columns=["second_source_url", "confidence"])
