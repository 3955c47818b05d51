"""Every dated piece of evidence on the first issue of a city."""

from __future__ import annotations

import pandas as pd


def clean(first_issues_by_city: pd.DataFrame) -> pd.DataFrame:
    """Return one row per city, date and event, in the order of provinces and dates."""
    return first_issues_by_city.sort_values(["province", "date", "city", "basis"], ignore_index=True)
