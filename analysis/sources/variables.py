"""What each variable of the province statistics is, where it comes from and how far to trust it."""

from __future__ import annotations

import pandas as pd


def clean(province_variables: pd.DataFrame) -> pd.DataFrame:
    """Return one row per variable."""
    return province_variables
