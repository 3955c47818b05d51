"""Balance of one trait: means of two groups, their normalized difference, and how many of the first lie within the range of the second."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.exhibits.cells import number


def compared(values: pd.Series, treated: pd.Series, names: tuple[str, str] = ("Treated", "Others"), suffix: str = "") -> dict[str, str]:
    """Return cells named after the groups: means, difference over the root of the mean variance (Imbens and Rubin 2015, equation 14.1), overlap.

    `values` and `treated` (true or false) share an index of units; units without a value count in no cell.
    """
    ours, others = values[treated].dropna(), values[~treated].dropna()
    inside = ours.between(others.min(), others.max()).sum()
    return {
        f"{names[0]}{suffix}": number(ours.mean(), 2),
        f"{names[1]}{suffix}": number(others.mean(), 2),
        f"Difference{suffix}": number((ours.mean() - others.mean()) / spread(values, treated), 2),
        f"Overlap{suffix}": f"{inside} of {len(ours)}",
    }


def spread(values: pd.Series, treated: pd.Series) -> float:
    """Return the root of the mean of the variances of two groups, missing where neither varies."""
    return float(np.sqrt((values[treated].var() + values[~treated].var()) / 2)) or float("nan")
