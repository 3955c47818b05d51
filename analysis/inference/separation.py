"""Whether a concave likelihood of outcomes between two poles has a maximum: no direction in which it only rises.

With outcomes 0, 1 and between, it has none exactly when some direction g has x'g >= 0 where the outcome is 1, <= 0 where it is
0 and = 0 between, not all zero (Albert and Anderson 1984, Biometrika 71: 1-10). A linear programme finds it (Konis 2007, Linear
programming algorithms for detecting separated data in binary logistic regression models, DPhil thesis, Oxford, section 3.3).
The same holds for durations: a spell that had not ended pulls its location up as a 1 does, one that ended before it was first
seen pulls it down as a 0 does, and one that ended at a date or in an interval holds it as an outcome between does.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.linalg import null_space
from scipy.optimize import linprog

from analysis.inference.standard_units import StandardUnits

EXACT = 1e-10  # feasibility the programme is solved to
RISES = 1e-6


def direction(x: np.ndarray, y: np.ndarray) -> np.ndarray | None:
    """Return a direction (k,) in standard units of `x` (rows, k) in which the likelihood of `y` (rows,) only rises, or None."""
    x = StandardUnits.of(x).measure(x)
    between = (y > 0) & (y < 1)
    # Directions that leave the outcomes between alone; the triangle of a QR has the null space of its matrix.
    basis = null_space(np.linalg.qr(x[between], mode="r"), rcond=1e-9) if between.any() else np.eye(x.shape[1])
    if not basis.shape[1]:
        return None
    rises = np.where(y[~between] > 0, 1.0, -1.0)[:, None] * (x[~between] @ basis)
    size = np.abs(rises).max(1, initial=0.0)
    rises = np.unique(rises[size > EXACT] / size[size > EXACT, None], axis=0)
    if not len(rises):
        return None
    found = linprog(
        -rises.sum(0),
        A_ub=-rises,
        b_ub=np.zeros(len(rises)),
        bounds=(-1, 1),
        method="highs",
        options={"primal_feasibility_tolerance": EXACT, "dual_feasibility_tolerance": EXACT},
    )
    if found.x is None:
        return None
    steps = rises @ found.x
    return basis @ found.x if steps.max() > RISES and steps.min() > -1e-8 else None


def culprits(x: np.ndarray, y: np.ndarray, names: Sequence[str], beside: np.ndarray) -> list[str] | None:
    """Return the fewest `names` (columns of `x`) that separate `y`, given the columns `beside` (rows, m); None if nothing does.

    An empty list says that the columns `beside` separate alone.
    """
    if direction(np.column_stack([x, beside]), y) is None:
        return None
    kept = list(range(x.shape[1]))
    for column in range(x.shape[1]):
        fewer = [k for k in kept if k != column]
        if direction(np.column_stack([x[:, fewer], beside]), y) is not None:
            kept = fewer
    return [names[k] for k in kept]


def in_words(name: str, values: np.ndarray, y: np.ndarray, zeros: str, ones: str) -> str:
    """Return in plain words how `name` separates `y`: `zeros` or `ones` where a 0/1 covariate has one of its `values`, else a general sentence."""
    if np.isin(values, (0, 1)).all():
        for value in (1, 0):
            for outcome, words in ((0, zeros), (1, ones)):
                if (y[values == value] == outcome).all():
                    return f"{words} where {name} = {value}"
    return f"{name} alone tells them apart"
