"""System GMM for persistent outcomes (Blundell and Bond 1998, J. Econometrics 87: 115-143)."""

from __future__ import annotations

import pandas as pd

from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._dynamic_panel import declared, rows_of

METHOD = declared("System GMM", "Blundell and Bond (1998), J. Econometrics 87: 115-143")


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return the rows of _dynamic_panel.rows_of."""
    return rows_of(panel, specification, METHOD, levels=True)
