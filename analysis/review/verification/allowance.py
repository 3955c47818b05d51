"""By how much a cell that rests on random draws may differ: some standard errors of its Monte Carlo error.

A share p of B draws has the standard error sqrt(p (1 - p) / B). A quantile at q of B draws has sqrt(q (1 - q) / B) / f, where f
is the density there (Serfling 1980, section 2.3.3); f is that of a normal distribution whose 95 % interval is the row's own.
"""

from __future__ import annotations

import math
import re
from statistics import NormalDist

from analysis.core.precision import DIGITS

NORMAL = NormalDist()
# Estimates are archived with fewer digits: so many are those of a seed, a count or a day, of which none may differ.
COUNTED = re.compile(rf"-?\d{{{DIGITS + 1},}}")
LEVEL = 0.95  # of the interval between ci_low and ci_high


def parsed(text: str) -> float | None:
    """Return the finite number that a cell prints; nothing where it prints none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def agree(old: str, new: str, rules: dict, allowed: float = 0.0) -> bool:
    """Return whether two cells agree: equal text, or numbers within the `tolerance` of the larger one or within `allowed`, absolutely.

    Numbers that are `noise` may differ by `zero`, and no others: a small coefficient has its digits as any.
    """
    if old == new:
        return True
    first, second = parsed(old), parsed(new)
    if first is None or second is None or (COUNTED.fullmatch(old) and COUNTED.fullmatch(new)):
        return False
    larger = max(abs(first), abs(second))
    return abs(first - second) <= max(rules["tolerance"] * larger, allowed, rules["zero"] if larger <= rules["noise"] else 0.0)


def allowance(column: str, row: dict[str, str], rules: dict) -> float:
    """Return by how much a cell may differ for its random draws; `row` is column → archived cell."""
    for counted, columns in rules["drawn"].items():
        draws = parsed(row.get(counted, ""))
        if draws and column in columns["shares"]:
            return rules["standard_errors"] * _share_error(parsed(row[column]) or 0.0, draws)
        if draws and column in columns["ends"]:
            return rules["standard_errors"] * _end_error(columns["ends"][column], row, draws)
    return 0.0


def _share_error(share: float, draws: float) -> float:
    # A share of none or all has no error by the formula, but one draw more or less is possible.
    share = min(max(share, 1 / draws), 1 - 1 / draws)
    return math.sqrt(max(share * (1 - share), 0.0) / draws)


def _end_error(level: float, row: dict[str, str], draws: float) -> float:
    low, high = parsed(row.get("ci_low", "")), parsed(row.get("ci_high", ""))
    if low is None or high is None:
        return 0.0
    deviation = (high - low) / (2 * NORMAL.inv_cdf((1 + LEVEL) / 2))
    tail = (1 - level) / 2
    return deviation * math.sqrt(tail * (1 - tail) / draws) / NORMAL.pdf(NORMAL.inv_cdf(tail))
