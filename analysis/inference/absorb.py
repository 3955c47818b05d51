"""Fixed effects swept out of many columns at once (Frisch-Waugh-Lovell), by pyhdfe."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyhdfe


def codes_of(panel: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    """Return integer codes of the effects, shape (rows, effects)."""
    return np.column_stack([pd.factorize(panel[column])[0] for column in columns])


def residualize(values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return `values` (rows, k) net of the effects in `codes` (rows, effects).

    Singletons stay: their residual is zero, and dropping them would silently change the counts.
    """
    values = values.reshape(len(codes), -1).astype(float)
    algorithm = pyhdfe.create(codes, drop_singletons=False, compute_degrees=False, options={"tol": 1e-11})
    return algorithm.residualize(values)


def absorbed(codes: np.ndarray, clusters: np.ndarray | None) -> int:
    """Return how many parameters the effects count for in the small-sample factor.

    An effect nested within clusters counts once, another its levels, less one for each effect after the first: the
    convention of R's fixest ("nested"), under which published cluster-robust errors are reproduced.
    """
    counts = []
    for effect in codes.T:
        nested = clusters is not None and pd.DataFrame({"e": effect, "c": clusters}).groupby("e")["c"].nunique().max() == 1
        counts.append(1 if nested else len(np.unique(effect)))
    return sum(counts) - max(len(counts) - 1, 0)


def within_sd(panel: pd.DataFrame, outcome: str, unit: str, time: str, untreated: pd.Series) -> float:
    """Return the s.d. of the outcome within units net of period means, over untreated observations.

    Source of the use: the smallest effect of interest is a tenth of it (config/claims.yaml).
    """
    data = panel.loc[untreated & panel[outcome].notna(), [outcome, unit, time]]
    codes = codes_of(data, [unit, time])
    n_units, n_times = (len(np.unique(effect)) for effect in codes.T) if len(data) else (0, 0)
    if len(data) <= n_units + n_times:
        return float("nan")
    values = residualize(data[outcome].to_numpy(float), codes)
    degrees = len(values) - n_units - n_times + 1
    return float(np.sqrt(np.sum(values**2) / degrees))
