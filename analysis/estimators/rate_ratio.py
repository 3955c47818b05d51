"""Growth of a count of events within one published series: the later rate over the earlier one.

Given the total, the later count is binomial with the later share of the time if the rate did not change; p-value and
interval are exact if deals arrive independently (Przyborowski and Wilenski 1940, Biometrika 31: 313-323; Clopper-Pearson limits). Deals come
off shelves in clusters: with `dispersion`, the variance of counts over their mean, each count stands for so many times fewer independent arrivals
(the quasi-likelihood scale of McCullagh and Nelder 1989, section 4.5.2, in the limits), and `zero_dispersion` says how large it may be before
the 95 % interval holds zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize
from statsmodels.stats.proportion import proportion_confint

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified, parameter
from analysis.core.method import Method
from analysis.core.options import Option
from analysis.core.sample import entrance
from analysis.core.specification import Specification
from analysis.inference import exact_binomial

METHOD = Method(
    title="Growth of a count between two dates",
    citation="Przyborowski and Wilenski (1940), Biometrika 31: 313-323",
    library="statsmodels",
    needs=(),
    options={
        "flows": Option(False, "each row is a period of its own, not a running total"),
        "dispersion": Option(None, "variance of counts over their mean, 1 or more: a number, or a column that holds one", columns=True),
    },
    columns=("deals", "months", "as_of"),
)


@entrance(METHOD)
def estimate(panel: pd.DataFrame, specification: Specification) -> list[dict]:
    """Return 'log_rate_ratio' (later over earlier rate) and 'rate_first', 'rate_later' (events a month).

    The panel is one series: columns deals and months, two rows. A cumulative series compares what came by the first
    date with what came between the two; with the option `flows`, each row is a period of its own. With `dispersion` also
    'zero_dispersion', how large it may be before the 95 % interval holds zero.
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
    counts = _Counts(int(first), int(later), float(months), float(rest))
    rows = [
        counts.ratio(_dispersion(series, options.dispersion)),
        parameter("rate_first", first / months, inference="none", n_obs=int(first)),
        parameter("rate_later", later / rest, inference="none", n_obs=int(later)),
    ]
    if options.dispersion is not None:
        rows.append(parameter("zero_dispersion", counts.zero_dispersion(), inference="none", n_obs=int(first + later)))
    return rows


def _dispersion(series: pd.DataFrame, given: object) -> float:
    """Return the number that the option gives, or that its column holds in every row."""
    if given is None:
        return 1.0
    if isinstance(given, bool):
        raise BadOption("rate_ratio: the dispersion is a number or a column, not true or false", "dispersion", given, "1 or more")
    values = [float(given)] if isinstance(given, int | float) else series[given].astype(float).unique().tolist()
    if len(values) != 1 or not values[0] >= 1:
        raise BadOption(
            f"rate_ratio: the dispersion is {', '.join(map(str, values))}; it must be one number of at least 1",
            "dispersion",
            given,
            "1 or more",
        )
    return values[0]


@dataclass(frozen=True)
class _Counts:
    """Two counts and the months that each covers."""

    first: int
    later: int
    months: float
    rest: float

    @property
    def share(self) -> float:
        """Return the share of the later period in the time."""
        return self.rest / (self.months + self.rest)

    def limits(self, level: float, dispersion: float) -> np.ndarray:
        """Return the limits (2,) of the log ratio of rates if counts are `dispersion` times as variable as independent arrivals."""
        later, total = self.later / dispersion, (self.first + self.later) / dispersion
        share = np.array(proportion_confint(later, total, 1 - level, method="beta"))
        return np.log(share / (1 - share)) + np.log(self.months / self.rest)

    def ratio(self, dispersion: float) -> dict:
        wide, narrow = self.limits(0.95, dispersion), self.limits(0.90, dispersion)
        value = np.log(self.later / self.rest) - np.log(self.first / self.months)
        return parameter(
            "log_rate_ratio", value, inference="exact" if dispersion == 1 else "overdispersed", library="statsmodels",
            p_value=self.p_value(dispersion), n_obs=self.first + self.later, ci_low=wide[0], ci_high=wide[1], ci90_low=narrow[0],
            ci90_high=narrow[1],
        )  # fmt: skip

    def p_value(self, dispersion: float) -> float:
        """Return the two-sided p-value of equal rates, by the test to which the limits belong."""
        return exact_binomial.p_value(self.later / dispersion, (self.first + self.later) / dispersion, self.share)

    def zero_dispersion(self) -> float:
        """Return the dispersion at which the 95 % interval ends at zero; below 1 it holds zero even if arrivals are independent."""
        if self.later * self.months == self.first * self.rest:
            return 0.0
        side = 0 if self.later * self.months > self.first * self.rest else 1
        return float(optimize.brentq(lambda size: self.limits(0.95, size)[side], 1e-4, 4.0 * (self.first + self.later)))
