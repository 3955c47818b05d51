"""System GMM for persistent outcomes (Blundell and Bond 1998, J. Econometrics 87: 115-143)."""

from __future__ import annotations

import pandas as pd

from analysis.core.method import Method
from analysis.core.sample import entrance
from analysis.estimators import _dynamic_panel

METHOD = Method(
    title="System GMM",
    citation="Blundell and Bond (1998), J. Econometrics 87: 115-143; Windmeijer (2005), J. Econometrics 126: 25-51",
    library="analysis",
    needs=("outcome", "unit", "time"),
    accepts=("treatment", "controls"),
    options=_dynamic_panel.OPTIONS,
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return the rows of _dynamic_panel.estimate with moments in differences and in levels; errors are robust, by unit."""
    return _dynamic_panel.estimate(panel, specification, METHOD, levels=True)
