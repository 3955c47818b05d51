"""The overall effect by the inference that an estimator has."""

from __future__ import annotations

import pandas as pd

from analysis.exhibits.cells import select_rows

# The inference of this paper first; clustered ones where an estimator has no randomization.
PREFERRED = {"randomization_t": "randomization", "analytic": "clustered", "cluster": "clustered"}


def overall(table: pd.DataFrame, outcome: str) -> pd.Series:
    """Return the overall effect of an outcome by the preferred inference that the estimator has."""
    own = select_rows(table, outcome=outcome, term="att")
    for inference in PREFERRED:
        if len(found := select_rows(own, inference=inference)):
            return found.iloc[0]
    return pd.Series(pd.NA, index=table.columns, dtype=object)
