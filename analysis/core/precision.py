"""How many digits of a result are archived: those that another processor gives too.

Sums in another order and iterative optimizers move the ninth or tenth digit from one processor, or version of a numerical
library, to the next; seven digits are more than any of the estimates bears.
"""

from __future__ import annotations

DIGITS = 7
# Digits in which a tie is seen as one: 0.12345675 may be computed as 0.12345674999999999 elsewhere.
TIE = 12


def rounded(value: float) -> float:
    """Return `value` with DIGITS significant digits; one that lies halfway but for noise of the machine is rounded as if it did."""
    return float(archived(value))


def archived(value: float) -> str:
    """Return `value` as archived files print it."""
    return f"{float(f'{value:.{TIE}g}'):.{DIGITS}g}"
