"""A mean with its t interval (Student 1908, Biometrika 6: 1-25), for a handful of numbers that nothing else is known of."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from analysis.core.estimates import NotIdentified, parameter
from analysis.core.method import Method
from analysis.core.options import Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification

METHOD = Method(
    title="A mean with its t interval",
    citation="Student (1908), Biometrika 6: 1-25",
    library="scipy",
    needs=(),
    options={"column": Option("", "column of the numbers", columns=True)},
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return 'mean' with its t interval and p-value of zero, and 'lowest' and 'highest', in the unit of the column.

    Rows count as independent draws of one normal population. Raises NotIdentified for fewer than two rows, or equal ones.
    """
    options = METHOD.read(specification)
    METHOD.need(panel, specification, options.column)
    values = panel[options.column].dropna().to_numpy(float)
    if len(values) < 2 or np.ptp(values) == 0:
        raise NotIdentified("SUPPORT", f"{len(values)} numbers that do not differ have no interval")
    test = stats.ttest_1samp(values, 0.0)
    wide, narrow = test.confidence_interval(0.95), test.confidence_interval(0.90)
    mean = parameter(
        "mean", values.mean(), stats.sem(values), inference="t", degrees=len(values) - 1, library="scipy", n_obs=len(values),
        p_value=float(test.pvalue), ci_low=wide.low, ci_high=wide.high, ci90_low=narrow.low, ci90_high=narrow.high,
    )  # fmt: skip
    ends = (("lowest", values.min()), ("highest", values.max()))
    return [mean, *(parameter(term, value, inference="none", n_obs=len(values)) for term, value in ends)]
