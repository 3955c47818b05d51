"""Difference GMM for panels with a lagged outcome (Arellano and Bond 1991, REStud 58: 277-297)."""

from __future__ import annotations

import pandas as pd

from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._dynamic_panel import declared, rows_of

METHOD = declared("Difference GMM", "Arellano and Bond (1991), REStud 58: 277-297")


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return the rows of _dynamic_panel.rows_of."""
    return rows_of(panel, specification, METHOD, levels=False)
