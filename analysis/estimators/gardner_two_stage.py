"""Two-stage difference-in-differences (Gardner 2022, arXiv 2207.05943).

First stage: unit and period effects (and controls) from untreated observations. Second: what they leave of every
outcome is regressed on treatment. The variance carries the first stage's noise (his appendix, the GMM formula of Newey
and McFadden 1994, theorem 6.1).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.core.estimates import parameter
from analysis.core.method import Method
from analysis.core.options import ANTICIPATION, EVENT_WINDOW, Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.estimators._imputation import cells_of, impute, means_of

METHOD = Method(
    title="Two-stage difference-in-differences",
    citation="Gardner (2022), arXiv 2207.05943",
    library="analysis",
    needs=("outcome", "unit", "time", "cohort|treatment"),
    accepts=("controls", "cluster", "weights"),
    options={
        "aggregation": Option("simple", "which averages are reported beside the overall effect", ("simple", "dynamic", "group")),
        "anticipation": ANTICIPATION,
        "event_window": EVENT_WINDOW,
    },
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return 'att' (mean over treated observations) and 'event' or 'group' rows; errors by unit or `cluster`, no factor.

    Weights enter both stages. Event times before treatment are second-stage regressors too (dynamic), relative to the
    untreated fit; without one untreated event time left out they would sum to the fit's own mean. Treated observations whose
    unit or period has no untreated one are left out and named. Raises NotIdentified when none is left.
    """
    options = METHOD.read(specification)
    found = impute(panel, specification, options.anticipation)
    stages = [("att", [{}], np.where(found.treated, 0, -1))]
    if options.aggregation != "simple":
        term = "event" if options.aggregation == "dynamic" else "group"
        stages.append((term, *cells_of(found, options.aggregation, options.event_window, early=True)))
    rows = []
    for term, about, cell in stages:
        # Disjoint dummies: the second stage's coefficients are means of cells.
        beta = found.fit.means(cell, len(about))
        means = means_of(found, cell, len(about), np.append(beta, 0.0)[cell])
        rows += [parameter(term, **mean, **found.about | one) for one, mean in zip(about, means, strict=True)]
    return rows
