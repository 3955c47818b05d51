"""Panels of which a unit stands for many: the same estimates and errors as from all of them, from a table that fits into memory.

Such a table (sources.files.representatives makes it) has one column more, which no column of a user can be called: how many units
each of its units stands for. It weighs means, adds up in counts, and in a variance by unit a unit counts as often as it
stands for others: the sum of squares of n equal scores is n times the square of one, not the square of n times it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

STANDS_FOR = "_stands_for"
# Mark of such a table in `attrs`: a column called by chance as ours is read as any other.
MARK = "representatives"
# Largest absolute outcome of the user's, by which rounding is told, in `attrs`: outcomes of representatives have lost their level.
LARGEST = "largest"


def column_in(data: pd.DataFrame) -> list[str]:
    """Return the column that says how many units each row's unit stands for, as a list; empty where each is itself."""
    return [STANDS_FOR] if STANDS_FOR in data else []


def each(data: pd.DataFrame) -> np.ndarray | None:
    """Return how many units the unit of each row (rows,) stands for; None where each is itself."""
    return data[STANDS_FOR].to_numpy(float) if STANDS_FOR in data else None


def rows_in(data: pd.DataFrame) -> int:
    """Return how many rows of the user's the rows stand for."""
    return len(data) if (many := each(data)) is None else round(many.sum())


def units_in(data: pd.DataFrame, unit: str) -> int:
    """Return how many units of the user's those in column `unit` stand for."""
    if STANDS_FOR not in data:
        return int(data[unit].nunique())
    return round(data.drop_duplicates(unit)[STANDS_FOR].sum())


def by_level(many: np.ndarray | None, codes: np.ndarray) -> np.ndarray:
    """Return how many units each level of `codes` (rows,) stands for, (levels,): zero where none has a row; ones without `many` (rows,)."""
    size = np.bincount(codes)
    if many is None:
        return (size > 0).astype(float)
    return np.bincount(codes, many) / np.maximum(size, 1)
