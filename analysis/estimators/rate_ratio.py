"""Growth of a count of events within one published series: the later rate over the earlier one.

Given the total, the later count is binomial with the later share of the time if the rate did not change; p-value and
interval are exact if deals arrive independently. They come off shelves in clusters, so that both are too sharp (Przyborowski and Wilenski 1940, Biometrika 31: 313-323; Clopper-Pearson limits).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from analysis.core.estimates import NotIdentified, parameter
from analysis.core.method import Method, Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification

METHOD = Method(
    title="Growth of a count between two dates",
    citation="Przyborowski and Wilenski (1940), Biometrika 31: 313-323",
    library="statsmodels",
    needs=(),
    options={
        "flows": Option(False, "each row is a period of its own, not a running total"),
    },
    columns=("deals", "months", "as_of"),
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return 'log_rate_ratio' (later over earlier rate) and 'rate_first', 'rate_later' (events a month).

    The panel is one series: columns deals and months, two rows. A cumulative series compares what came by the first
    date with what came between the two; with the option `flows`, each row is a period of its own.
    """
    options = METHOD.read(specification)
    METHOD.need(panel, specification)
    series = panel.dropna(subset=["deals"]).sort_values("as_of")
    if len(series) != 2:
        raise NotIdentified("SERIES", f"counts at two dates are needed; the series has {len(series)}")
    first, later = series["deals"].astype(float)
    months, rest = series["months"].astype(float)
    if not options.flows:
        later, rest = later - first, rest - months
    if not (first % 1 == later % 1 == 0 and first >= 0 and later >= 0 and months > 0 and rest > 0):
        what = "counts and months may not fall in a running total (flows=true: each row is a period of its own)"
        raise NotIdentified("SERIES", f"{first:g} deals in {months:g} months, then {later:g} in {rest:g}: {what}")
    if not (first and later):
        raise NotIdentified("SUPPORT", f"{first:g} deals, then {later:g}: the ratio of rates is zero or without bound")
    return [
        _ratio(first, months, later, rest),
        parameter("rate_first", first / months, inference="none", n_obs=int(first)),
        parameter("rate_later", later / rest, inference="none", n_obs=int(later)),
    ]


def _ratio(first: int, months: float, later: int, rest: float) -> dict:
    share = rest / (months + rest)
    test = stats.binomtest(int(later), int(first + later), share)
    limits = {
        level: _log_ratio(np.array(proportion_confint(later, first + later, 1 - level, method="beta")), months, rest)
        for level in (0.95, 0.90)
    }
    return parameter(
        "log_rate_ratio", np.log(later / rest) - np.log(first / months), inference="exact", p_value=test.pvalue, n_obs=int(first + later),
        ci_low=limits[0.95][0], ci_high=limits[0.95][1], ci90_low=limits[0.90][0], ci90_high=limits[0.90][1],
    )  # fmt: skip


def _log_ratio(share: np.ndarray, months: float, rest: float) -> np.ndarray:
    return np.log(share / (1 - share)) + np.log(months / rest)
