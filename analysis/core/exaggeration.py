"""What a significant estimate of a noisy design is worth: its expected exaggeration and the chance of a wrong sign.

Gelman and Carlin (2014), Perspectives on Psychological Science 9: 641-651. Both are properties of a design at an effect
assumed from outside the data, never at the estimate itself, and no gate: they stand beside a reading and decide nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import special

from analysis.core.distributions import normal_quantile, t_quantile, t_tail


@dataclass(frozen=True)
class Design:
    """Power, expected |estimate| over effect given significance (type M), and share of significant estimates of the wrong sign (type S)."""

    power: float
    exaggeration: float
    sign_error: float


def design_of(effect: float, std_error: float, degrees: float = math.inf, level: float = 0.05) -> Design:
    """Return what a two-sided test at `level` of an estimate with this standard error does where the effect is `effect`.

    The estimate is effect + std_error · t with `degrees` (infinite: normal), in the unit of both. The expectation has a closed
    form (for the normal one Lu, Qiu and Deng 2019, British Journal of Mathematical and Statistical Psychology 72: 1-17); for t
    the integral of x·f(x) beyond c is (degrees + c²)/(degrees - 1)·f(c), so that `degrees` must exceed one. Raises ValueError
    for an effect of zero, of which nothing is a multiple, and for a standard error that is not positive.
    """
    if effect == 0 or not std_error > 0 or not degrees > 1:
        raise ValueError(f"effect {effect:g}, standard error {std_error:g}, degrees {degrees:g}: no exaggeration can be told")
    true = abs(effect) / std_error
    critical = t_quantile(1 - level / 2, degrees)
    right, wrong = t_tail(critical - true, degrees), t_tail(critical + true, degrees)
    mean = true * (right - wrong) + _mean_beyond(critical - true, degrees) + _mean_beyond(critical + true, degrees)
    return Design(right + wrong, mean / (right + wrong) / true, wrong / (right + wrong))


def _mean_beyond(point: float, degrees: float) -> float:
    """Return the integral of x·f(x) from `point` to infinity."""
    if math.isinf(degrees):
        return math.exp(-(point**2) / 2) / math.sqrt(2 * math.pi)
    log_density = special.gammaln((degrees + 1) / 2) - special.gammaln(degrees / 2) - math.log(degrees * math.pi) / 2
    density = math.exp(log_density - (degrees + 1) / 2 * math.log1p(point**2 / degrees))
    return (degrees + point**2) / (degrees - 1) * density


def implied_error(low: float, high: float) -> float:
    """Return the standard error that a 95 % interval implies on the normal scale, whatever inference made it."""
    return (high - low) / (2 * normal_quantile(0.975))
