"""Growth of a count of events within one published series: the later rate over the earlier one.

Given the total, the later count is binomial with the later share of the time if the rate did not change; p-value and
interval are exact (Przyborowski and Wilenski 1940, Biometrika 31: 313-323; Clopper-Pearson limits).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimates import NotIdentified, parameter


def estimate(panel: pd.DataFrame, specification) -> list[dict]:
    """Return 'log_rate_ratio' (later over earlier rate) and 'rate_first', 'rate_later' (events a month).

    The panel is one cumulative series: columns deals and months since the market began, one row a date. Exactly two
    dates are compared: what came by the first, and what came between the first and the second.
    """
    specification.read_options()
    series = panel.dropna(subset=["deals"]).sort_values("months")
    if len(series) != 2:
        raise NotIdentified("SERIES", f"a cumulative count at two dates is needed; the series has {len(series)}")
    first, total = series["deals"].astype(int)
    months, end = series["months"].astype(float)
    later, rest = total - first, end - months
    return [
        _ratio(first, months, later, rest),
        parameter("rate_first", first / months, inference="none", n_obs=int(first)),
        parameter("rate_later", later / rest, inference="none", n_obs=int(later)),
    ]


def _ratio(first: int, months: float, later: int, rest: float) -> dict:
    share = rest / (months + rest)
    test = stats.binomtest(int(later), int(first + later), share)
    limits = {level: _log_ratio(np.array(test.proportion_ci(level)), months, rest) for level in (0.95, 0.90)}
    return parameter(
        "log_rate_ratio", np.log(later / rest) - np.log(first / months), inference="exact", p_value=test.pvalue, n_obs=int(first + later),
        ci_low=limits[0.95][0], ci_high=limits[0.95][1], ci90_low=limits[0.90][0], ci90_high=limits[0.90][1],
    )  # fmt: skip


def _log_ratio(share: np.ndarray, months: float, rest: float) -> np.ndarray:
    return np.log(share / (1 - share)) + np.log(months / rest)
