"""The one-year loan prime rate, to which what pooled firms pay is compared."""

from __future__ import annotations

import pandas as pd


def clean(loan_prime_rate_published: pd.DataFrame) -> pd.DataFrame:
    """Return one row per announcement, in order of its day."""
    return loan_prime_rate_published.drop(columns="confidence").sort_values("published", ignore_index=True)
