"""Tails and quantiles of the reference distributions, by the functions of scipy.special that scipy.stats itself calls.

Every job of the study starts a Python of its own; scipy.stats would be half of what it waits for.
"""

from __future__ import annotations

import math

from scipy import special


def normal_quantile(share: float) -> float:
    """Return the value below which a standard normal falls with probability `share`."""
    return float(special.ndtri(share))


def normal_tail(value: float) -> float:
    """Return the probability that a standard normal exceeds `value`."""
    return float(special.ndtr(-value))


def t_quantile(share: float, degrees: float) -> float:
    """Return the value below which a t with `degrees` falls with probability `share`; infinite degrees mean the normal."""
    return float(special.stdtrit(degrees, share)) if math.isfinite(degrees) else normal_quantile(share)


def t_tail(value: float, degrees: float) -> float:
    """Return the probability that a t with `degrees` exceeds `value`; infinite degrees mean the normal."""
    return float(special.stdtr(degrees, -value)) if math.isfinite(degrees) else normal_tail(value)


def chi2_tail(value: float, degrees: float) -> float:
    """Return the probability that a chi-squared with `degrees` exceeds `value`."""
    return float(special.chdtrc(degrees, value))
