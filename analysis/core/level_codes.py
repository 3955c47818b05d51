"""Numbering the levels of a column: the same codes as pandas', sooner where rows come in blocks, as in a panel sorted by unit."""

from __future__ import annotations

import numpy as np
import pandas as pd

# Rows of the start that are looked at before all are: an unsorted column is told by them.
GLANCE = 1000
# Whole numbers that span no more than this are counted rather than hashed: periods, mostly.
NARROW = 100_000


def level_codes(column: pd.Series | np.ndarray) -> np.ndarray:
    """Return codes (rows,), int64, of the levels in order of appearance; -1 where the column is missing."""
    values = column.to_numpy() if isinstance(column, pd.Series) else column
    if values.dtype.kind not in "iu" or len(values) < GLANCE or not (_rises(values[:GLANCE]) and _rises(values)):
        return pd.factorize(column)[0]
    codes = np.empty(len(values), dtype=np.int64)
    codes[0] = 0
    np.cumsum(values[1:] != values[:-1], out=codes[1:])
    return codes


def distinct(values: np.ndarray) -> np.ndarray:
    """Return the distinct values of a column (rows,), in no given order; of floats, NaN among them."""
    if values.dtype.kind in "iu" and len(values) > NARROW and (least := int(values.min())) + NARROW > int(values.max()):
        return np.flatnonzero(np.bincount(values - least)) + least
    return pd.unique(values)


def _rises(values: np.ndarray) -> bool:
    return bool((values[1:] >= values[:-1]).all())
